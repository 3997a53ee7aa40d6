"""What the tests of the register's pages share: a small register with somebody of every kind, and how a page is read."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from tests.conftest import Small

HERE = "/facilities/YT/"
CARD = "11010519491231002X"


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    small.bring(
        "people",
        "code,population,name,aliases,birth_date,identity_kind,identity_number\n"
        f"P4,prisoner,秦既明,阿明,1949-12-31,national_id,{CARD}\nP5,prisoner,,,1970,unknown,\nP8,prisoner,赵一,,1980-01-01,,",
        name="more.csv",
    )
    look_at(small.at)
    return small


def page_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(HERE + path)
    assert response.status_code == status, response
    return response.content.decode()


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/facilities/YT/people/([^/"]+)/"', page)


def sheet(response: Any) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()


def crowd(small: Small, n: int) -> None:
    rows = "\n".join(f"N{i:04d},prisoner,王{i % 97},W1" for i in range(n))
    assert not small.bring("people", "code,population,name,unit_code\n" + rows, name="crowd.csv").failures
    stays = "\n".join(f"N{i:04d},W1-102,2026-03-0{1 + i % 9} 08:00," for i in range(n))
    assert not small.bring("presence", "subject,place,from,to\n" + stays, name="crowd-stays.csv").failures

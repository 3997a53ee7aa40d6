"""The page of components: for administrators, in both languages and themes, drawn by the partials of the pages."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.console import picture
from lazaretto.web.words import STATE_GLYPHS, STATE_WORDS
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

OWN = re.compile(r'{% include "([^"]+)"')


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EPIDEMIC_LEAD, Role.BUREAU_VIEWER])
def test_administrators_see_it_and_find_it(small: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, small.facility.organisation)
    may = role == Role.ADMINISTRATOR
    assert client.get("/design/").status_code == (200 if may else 403)
    assert ('href="/design/"' in client.get("/me/").content.decode()) == may


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_state_stands_in_both_languages_and_themes(small: Small, sign_in: SignIn, language: str) -> None:
    client = sign_in(Role.ADMINISTRATOR, small.facility.organisation)
    for theme in ("light", "dark"):
        page = client.get(f"/design/?language={language}&theme={theme}").content.decode()
        assert f'data-bs-theme="{theme}"' in page
        assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page
        for state in STATE_WORDS:
            assert f"#s-{STATE_GLYPHS.get(state, state)}" in page, state
        assert ("on time" in page) == (language == "en")
        assert page.count('aria-current="true"') >= 1


def test_the_samples_are_the_partials_of_the_pages() -> None:
    """Each drawing is included from where the pages include it; a copy would not change with them."""
    folder = Path(get_template("console/design/page.html").origin.name).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.html"))
    parts = {name for name in OWN.findall(text) if "/design/" not in name}
    assert len(parts) >= 13
    pages = [p for p in folder.parent.rglob("*.html") if p.parent != folder]
    others = "".join(p.read_text(encoding="utf-8") for p in pages) + Path(picture.__file__).read_text(encoding="utf-8")
    drawn = {f"console/picture/{name}.html" for name in ("plan", "plan_table")}
    assert '("plan", "plan_table")' in others
    assert {name for name in parts - drawn - {"web/messages.html"} if f'"{name}"' not in others} == set()

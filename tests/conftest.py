"""Fixtures that every test may use; servers are shared by the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import DATA, Paper, Postgres, Servers


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

"""A gateway for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from stacks.local.ports import free_port
from stacks.local.valkey import ValkeyServer
from tests.integration.feed.rig import LiveDesk
from tests.servers import Postgres


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk(postgres: Postgres, valkey_url: str) -> AsyncIterator[LiveDesk]:
    async with LiveDesk(postgres, valkey_url).running() as running:
        yield running


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey that the test may kill."""
    with ValkeyServer(tmp_path / "valkey", port=free_port(), password="a-password-of-tests") as server:
        yield server

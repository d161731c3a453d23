"""A desk whose accounts nobody else's rules may sell, and whose market never ran ahead of the venues' reports."""

from collections.abc import Iterator

import pytest

from stacks.local.desk import Desk
from stacks.local.plan import Choices


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with its demo user, started as `make run` starts it."""
    running = Desk(tmp_path_factory.mktemp("five_venues"), Choices(port=0), report=print)
    try:
        yield running.start()
    finally:
        running.stop()
        running.servers.postgres.forget()

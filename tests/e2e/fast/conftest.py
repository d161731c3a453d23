"""A desk that streams one venue: five venues' markets at sixty times their pace are too much for one machine."""

from collections.abc import Iterator

import pytest

from stacks.local.desk import Desk
from stacks.local.plan import Choices


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with its demo user that streams Binance's markets alone."""
    running = Desk(tmp_path_factory.mktemp("fast"), Choices(port=0, streamed="binance"), report=print)
    try:
        yield running.start()
    finally:
        running.stop()
        running.servers.postgres.forget()

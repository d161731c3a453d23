from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.desk_accounts import DeskAccounts
from tests.servers import Paper, Postgres, Servers


class MovedClock:
    """Wall time, moved ahead by tests that would not wait for a minute's limit."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def own_paper(servers: Servers, tmp_path: Path) -> Paper:
    """A paper exchange of one test's own: its faults may be switched on and its weights used up.

    An account's own weight is unlimited there, for the time of tests is moved, not waited for.
    """
    paper = servers.start_paper(tmp_path / "paper")
    paper.admin("POST", "/limits", {"account_weight_a_minute": 10**9})
    return paper


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def desk(postgres: Postgres, own_paper: Paper, tmp_path: Path, clock: MovedClock) -> Iterator[DeskAccounts]:
    """A tenant of its own at a venue of its own."""
    made = DeskAccounts(postgres=postgres, paper=own_paper, key_file=tmp_path / "vault.key", clock=clock)
    yield made
    made.close()

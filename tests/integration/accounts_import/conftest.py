from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.desk_accounts import DeskAccounts
from tests.servers import Paper, Postgres, paper_exchange


class MovedClock:
    """Wall time, moved ahead by tests that would not wait for a minute's limit."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


LIMITS = ("weight_a_minute", "account_weight_a_minute", "wallet_weight_a_minute", "futures_weight_a_minute")


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange of a module's own: its faults may be switched on, and are off again after each test.

    Weights are unlimited there, for the time of tests is moved, not waited for; what it says was used is forgotten
    every second, for clients believe it and wait.
    """
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        paper.admin("POST", "/limits", {**dict.fromkeys(LIMITS, 10**9), "calendar_speed": 60})
        yield paper


@pytest.fixture(autouse=True)
def healthy(own_paper: Paper) -> Iterator[None]:
    yield
    own_paper.admin("DELETE", "/faults")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def desk(postgres: Postgres, own_paper: Paper, tmp_path: Path, clock: MovedClock) -> Iterator[DeskAccounts]:
    """A tenant of its own at a venue of its own."""
    made = DeskAccounts(postgres=postgres, paper=own_paper, key_file=tmp_path / "vault.key", clock=clock)
    yield made
    made.close()

"""Row 6: reading a history takes forever, and nobody says how long (rotki #1073, #2409, #12756).

Killed twenty times, an import loses and doubles no trade; what it says of the time to go is less than a quarter of the
whole wrong; and there is something to look at long before its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from functions.accounts_import.wiring import PostgresImportUnits
from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import Credential, ImportProgress, ImportState
from nightdesk.accounts.ports import ProgressChannel, VenueGateway
from nightdesk.adapters.exchange.venues import binance
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.killed_imports import kill_after_a_page
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration

KILLS = 20
ERROR_RATIO_MAX = 0.25
_COUNTED = "SELECT count(*), count(DISTINCT identity), max(sequence) FROM ledger_entries WHERE account_id = %s"
_SUMS = "SELECT asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY asset"


@dataclass(slots=True)
class Paced:
    """Time passes only while the venue is asked: a second a page."""

    gateway: Any = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def streams(self, *asked: Any) -> Any:
        return self.gateway.streams(*asked)

    def history_page(self, *asked: Any) -> Any:
        self.at += timedelta(seconds=1)
        return self.gateway.history_page(*asked)


@dataclass(slots=True)
class Told:
    """When what was told of the time to go, and what stood in the ledger then."""

    clock: Paced
    desk: DeskAccounts
    seen: list[tuple[datetime, float | None, ImportProgress]] = field(default_factory=list)

    def publish(self, progress: ImportProgress, eta_s: float | None) -> None:
        self.seen.append((self.clock.now(), eta_s, progress))


@pytest.fixture
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        paper.admin(
            "POST",
            "/limits",
            {
                "account_weight_a_minute": 10**9,
                "weight_a_minute": 10**9,
                "wallet_weight_a_minute": 10**9,
                "futures_weight_a_minute": 10**9,
            },
        )
        yield paper


@pytest.fixture
def desk(postgres: Postgres, own_paper: Paper, tmp_path: Path) -> Iterator[DeskAccounts]:
    made = DeskAccounts(postgres=postgres, paper=own_paper, key_file=tmp_path / "vault.key")
    yield made
    made.close()


def opened(desk: DeskAccounts, trades: int, symbols: list[str]) -> Credential:
    history = {"kind": "seeded", "seed": 21, "trades": trades, "symbols": symbols, "days": 20}
    return desk.open_at_venue(history)


def test_killed_twenty_times_it_loses_and_doubles_no_trade(desk: DeskAccounts) -> None:
    credential = opened(desk, 2000, ["BTC/USDT", "ETH/USDT"])
    account = desk.connect(credential)
    for _ in range(KILLS):
        kill_after_a_page(desk, account, page_rows=10)
    assert desk.progress(account).state is ImportState.RUNNING
    progress = desk.import_all(account)
    assert (progress.state, progress.rows_skipped) == (ImportState.DONE, 0)
    assert progress.attempts > KILLS
    assert desk.rows(_COUNTED, account.account_id) == [(progress.rows_recorded,) * 3]
    assert progress.rows_recorded >= 2000
    other = DeskAccounts(postgres=desk.postgres, paper=desk.paper, key_file=desk.key_file)
    try:
        undisturbed = other.connect(credential)
        other.import_all(undisturbed)
        assert sorted(other.rows(_SUMS, undisturbed.account_id)) == sorted(desk.rows(_SUMS, account.account_id))
    finally:
        other.close()


def test_it_says_how_long_it_takes_and_shows_something_long_before_its_end(
    desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binance, "PAGE_ROWS", 10)
    clock = Paced()
    told = Told(clock, desk)
    desk.clock = clock
    account = desk.connect(opened(desk, 1200, ["BTC/USDT"]))
    clock.gateway = desk.gateway
    ImportService(
        units=PostgresImportUnits(desk.app),
        gateway=cast("VenueGateway", clock),
        queue=desk.queue,
        channel=cast("ProgressChannel", told),
        clock=clock,
    ).run(desk.job(account), lambda: 600.0)
    assert desk.progress(account).state is ImportState.DONE
    began, ended = told.seen[0][0], told.seen[-1][0]
    whole_s = (ended - began).total_seconds()
    later = [(at, eta_s) for at, eta_s, _ in told.seen if (at - began).total_seconds() > whole_s / 4 and eta_s]
    wrong = [abs(eta_s - (ended - at).total_seconds()) / whole_s for at, eta_s in later]
    assert len(wrong) > 10
    assert max(wrong) < ERROR_RATIO_MAX
    first = next(at for at, _, progress in told.seen if progress.rows_recorded)
    assert (first - began).total_seconds() < whole_s / 10

"""Row 8: an incomplete page loses events but moves the cursor (rotki #10625; ccxt #5861, #8327, #18830).

Every answer on the way of an import is dropped once: the same history is read beside it by a tenant to whom nothing
happens. Facts and cursor are one transaction, so both ledgers tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from functions.accounts_import.wiring import PostgresImportUnits
from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import (
    Account,
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    ImportState,
    KnownHistory,
    StreamStart,
)
from nightdesk.accounts.ports import VenueGateway
from nightdesk.adapters.exchange.venues import binance, coinbase, htx
from nightdesk.kernel.errors import Unavailable
from tests.builders.desk_accounts import DeskAccounts, desk_accounts
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration

PAGE = {"binance": (binance, "PAGE_ROWS"), "coinbase": (coinbase, "FILLS_ROWS"), "htx": (htx, "PAGE_ROWS")}
SYMBOLS = {"binance": "BTC/USDT", "coinbase": "BTC/USD", "htx": "BTC/USDT"}
UNHURRIED = {
    "binance": {
        "account_weight_a_minute": 10**9,
        "weight_a_minute": 10**9,
        "wallet_weight_a_minute": 10**9,
        "futures_weight_a_minute": 10**9,
    },
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
}
_FACTS = """
    SELECT e.identity, e.kind, e.occurred_at, e.order_id, l.role, l.asset, l.amount, l.wallet
    FROM ledger_entries AS e JOIN ledger_legs AS l USING (tenant_id, account_id, sequence)
    WHERE e.account_id = %s ORDER BY e.identity, l.position
"""
_COUNTED = "SELECT count(*), count(DISTINCT identity), max(sequence) FROM ledger_entries WHERE account_id = %s"


@dataclass(slots=True)
class Lossy:
    """A gateway whose every answer is lost once, after the venue gave it."""

    gateway: Any
    dropped: set[object] = field(default_factory=set)

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:
        found: tuple[StreamStart, ...] = self.gateway.streams(account, known)
        self._drop(("streams", known.streams))
        return found

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
        page: HistoryPage = self.gateway.history_page(account, stream, cursor)
        self._drop((stream, tuple(sorted(cursor.items()))))
        return page

    def _drop(self, answer: object) -> None:
        if answer not in self.dropped:
            self.dropped.add(answer)
            raise Unavailable("venue.unavailable", "The answer was lost.", retry_after_s=0.01)


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        for venue, limits in UNHURRIED.items():
            paper.admin("POST", "/limits", limits if venue == "binance" else {"venue": venue, **limits})
        yield paper


@pytest.fixture
def desk(postgres: Postgres, own_paper: Paper, tmp_path: Path) -> Iterator[DeskAccounts]:
    with desk_accounts(postgres, own_paper, tmp_path) as made:
        yield made


def lossy_import(desk: DeskAccounts, account: Account) -> int:
    """Import until it is done; how many answers were lost on the way."""
    lossy = Lossy(desk.gateway)
    importer = ImportService(
        units=PostgresImportUnits(desk.app),
        gateway=cast("VenueGateway", lossy),
        queue=desk.queue,
        channel=desk.channel,
        clock=desk.clock,
    )
    while desk.progress(account).state.is_open:
        importer.run(desk.job(account), lambda: 600.0)
    assert desk.progress(account).state is ImportState.DONE
    return len(lossy.dropped)


@pytest.mark.parametrize("venue", sorted(PAGE))
def test_whatever_answer_is_dropped_the_ledger_is_the_same(
    desk: DeskAccounts, venue: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(*PAGE[venue], 20)
    history = {"kind": "seeded", "seed": 12, "trades": 90, "days": 20, "symbols": [SYMBOLS[venue]]}
    credential: Credential = desk.open_at_venue(history, venue=venue)
    account = desk.connect(credential, venue=venue)
    dropped = lossy_import(desk, account)
    assert dropped > 6
    counted = desk.rows(_COUNTED, account.account_id)
    assert counted == [(desk.progress(account).rows_recorded,) * 3]
    with desk_accounts(desk.postgres, desk.paper, tmp_path) as other:
        undisturbed = other.connect(credential, venue=venue)
        assert other.import_all(undisturbed).state is ImportState.DONE
        assert desk.rows(_FACTS, account.account_id) == other.rows(_FACTS, undisturbed.account_id)

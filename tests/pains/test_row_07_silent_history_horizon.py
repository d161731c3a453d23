"""Row 7: a venue that forgets trades says nothing of it (HTX tells 120 days; Bybit and Crypto.com do the like)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from functions.accounts_import.wiring import PostgresImportUnits
from nightdesk.accounts.horizon import SLACK, HistoryReach
from nightdesk.accounts.model import Account, AccountRef, ImportState
from nightdesk.adapters.exchange.account_stream_venue import VENUES
from nightdesk.contracts.api.present import account_shape
from nightdesk.kernel.assets import VenueId, asset_id
from nightdesk.kernel.instants import format_instant
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole
from tests.builders.desk_accounts import CORRELATION, DeskAccounts, desk_accounts
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration

DAYS = 300
UNHURRIED = {
    "binance": {
        "account_weight_a_minute": 10**9,
        "weight_a_minute": 10**9,
        "wallet_weight_a_minute": 10**9,
        "futures_weight_a_minute": 10**9,
    },
    "bitfinex": {"requests_permille": 1_000_000},
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
    "kraken": {"counter_max": 10_000, "public_max": 10_000},
}
SYMBOLS = {"htx": ["BTC/USDT"], "binance": ["BTC/USDT"]}
_TRADES = "SELECT min(occurred_at) FROM ledger_entries WHERE account_id = %s AND kind = 'trade'"
_BEGINS = "SELECT min(occurred_at) FROM ledger_entries WHERE account_id = %s"


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


def imported(desk: DeskAccounts, venue: str) -> Account:
    """An account with trades of ten months, imported."""
    history = {"kind": "seeded", "seed": 4, "trades": 60, "days": DAYS, "symbols": SYMBOLS.get(venue, ["BTC/USD"])}
    account = desk.connect(desk.open_at_venue(history, venue=venue), venue=venue)
    assert desk.import_all(account).state is ImportState.DONE
    return account


def told(desk: DeskAccounts, account: Account) -> HistoryReach | None:
    return desk.service().histories(desk.tenant_id).get(account.account_id)


@pytest.mark.parametrize("venue", sorted(UNHURRIED))
def test_what_a_connector_declares_is_what_its_venue_tells(desk: DeskAccounts, venue: str) -> None:
    account = imported(desk, venue)
    horizon = VENUES[VenueId(venue)].HISTORY_HORIZON
    ((oldest,),) = desk.rows(_TRADES, account.account_id)
    started = desk.progress(account).started_at
    assert started is not None
    if horizon is None:
        assert started - oldest > timedelta(days=DAYS / 2)
        assert told(desk, account) is None
    else:
        history = told(desk, account)
        assert history is not None
        assert history.since == started - horizon + SLACK
        assert oldest >= history.since - SLACK


def test_the_account_says_since_when_and_asks_for_the_missing_range_only(desk: DeskAccounts) -> None:
    account = imported(desk, "htx")
    history = told(desk, account)
    ((begins,),) = desk.rows(_BEGINS, account.account_id)
    assert history is not None
    assert history.missing is not None
    assert (history.missing.begins_at, history.missing.ends_at) == (begins, history.since)
    shown = account_shape(account, None, desk.clock.now(), history).model_dump(mode="json", by_alias=True)
    gap = {"begins_at": format_instant(begins), "ends_at": shown["history_since"]}
    assert shown["history_missing"] == gap

    last = history.missing.ends_at - timedelta(days=30)
    from_file(desk, account, last)
    shorter = told(desk, account)
    assert shorter is not None
    assert shorter.missing is not None
    assert (shorter.missing.begins_at, shorter.missing.ends_at) == (last, history.since)


def from_file(desk: DeskAccounts, account: Account, at: object) -> None:
    """What a file brings: one event of the missing range."""
    ref = AccountRef(
        tenant_id=desk.tenant_id, account_id=account.account_id, venue=account.venue, correlation_id=CORRELATION
    )
    fact = Fact(
        kind=EntryKind.DEPOSIT,
        identity=f"file:{uuid4().hex}:1",
        source="file.htx",
        occurred_at=at,  # type: ignore[arg-type]
        legs=(Leg(role=LegRole.MOVEMENT, asset=asset_id("USDT"), amount=Decimal("12.5")),),
    )
    with PostgresImportUnits(desk.app)(desk.tenant_id) as unit:
        unit.facts.record(ref, [fact], desk.clock.now())

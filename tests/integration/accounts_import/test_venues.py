"""Whole imports from the further venues: the same desk, other protocols."""

from __future__ import annotations

import pytest

from nightdesk.accounts.model import Credential, ImportState
from nightdesk.kernel.errors import InvalidInput
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.killed_imports import kill_after_a_page
from tests.integration.accounts_import.conftest import MovedClock
from tests.integration.accounts_import.test_history import ledger_totals, to_the_end, venue_totals

pytestmark = pytest.mark.integration

UNHURRIED = {
    "bitfinex": {"requests_permille": 1_000_000},
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
    "kraken": {"counter_max": 10_000, "public_max": 10_000},
}
SYMBOLS = {"htx": ["BTC/USDT", "ETH/USDT"]}


@pytest.mark.parametrize("venue", sorted(UNHURRIED))
def test_an_account_reconciles_to_zero(desk: DeskAccounts, clock: MovedClock, venue: str) -> None:
    desk.paper.admin("POST", "/limits", {"venue": venue, **UNHURRIED[venue]})
    symbols = SYMBOLS.get(venue, ["BTC/USD", "ETH/USD"])
    history = {"kind": "seeded", "seed": 3, "trades": 240, "days": 90, "symbols": symbols}
    credential = desk.open_at_venue(history, venue=venue)
    account = desk.connect(credential, venue=venue)
    progress = to_the_end(desk, clock, account)
    assert (progress.state, progress.rows_skipped, progress.rows_duplicate) == (ImportState.DONE, 0, 0)
    assert progress.rows_recorded > 240
    assert ledger_totals(desk, account) == venue_totals(desk, credential)


@pytest.mark.parametrize(("venue", "trades"), [("coinbase", 1_100), ("htx", 600)])
def test_a_worker_that_was_killed_loses_and_doubles_nothing(desk: DeskAccounts, venue: str, trades: int) -> None:
    desk.paper.admin("POST", "/limits", {"venue": venue, **UNHURRIED[venue]})
    symbols = SYMBOLS.get(venue, ["BTC/USD", "ETH/USD"])
    credential = desk.open_at_venue(
        {"kind": "seeded", "seed": 5, "trades": trades, "days": 90, "symbols": symbols}, venue=venue
    )
    account = desk.connect(credential, venue=venue)
    for _ in range(2):
        kill_after_a_page(desk, account)
    assert desk.progress(account).state is ImportState.RUNNING
    progress = desk.import_all(account)
    assert (progress.state, progress.rows_duplicate, progress.rows_skipped) == (ImportState.DONE, 0, 0)
    assert progress.attempts >= 3
    assert ledger_totals(desk, account) == venue_totals(desk, credential)


def test_a_key_of_coinbase_that_lost_its_line_breaks(desk: DeskAccounts) -> None:
    credential = desk.open_at_venue({"kind": "empty", "balances": {"USD": "10"}}, venue="coinbase")
    pasted = Credential(credential.key, credential.secret.replace("\n", ""))
    assert desk.connect(pasted, venue="coinbase").permissions is not None


@pytest.mark.parametrize("venue", ["bitfinex", "coinbase", "htx"])
def test_a_key_that_may_withdraw_is_refused(desk: DeskAccounts, venue: str) -> None:
    may = {"read": True, "trade": True, "withdraw": True}
    credential = desk.open_at_venue({"kind": "empty", "balances": {"BTC": "1"}}, may, venue=venue)
    with pytest.raises(InvalidInput) as refusal:
        desk.connect(credential, venue=venue)
    assert refusal.value.code == "accounts.key_may_withdraw"

"""Accounts at the further venues whose private streams are spoken: fills land as they happen, whatever goes wrong."""

from __future__ import annotations

import time

import pytest

from nightdesk.accounts.model import Account
from tests.integration.account_streamer.rig import Rig
from tests.integration.account_streamer.venues import QUOTES, at_venue, connected, fill

pytestmark = pytest.mark.integration

TELLS_NO_TRADES = {"coinbase", "htx"}
"""A fill has the history asked for."""

QUIET = {"account_streams_reconcile_every_s": "3600"}
"""So long between two looks that what lands meanwhile was told by the stream."""

_DEPOSITS = "SELECT count(*) FROM ledger_legs WHERE account_id = %s AND asset = 'BTC' AND amount = 0.75"
_LATE = "SELECT FROM holdings WHERE account_id = %s AND stale"


@pytest.fixture(params=sorted(QUOTES))
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def followed(rig: Rig, venue: str, **settings: str) -> Account:
    """An account that is followed live and was compared with its venue."""
    account = connected(rig, venue)
    rig.start(**QUIET | settings)
    rig.live()
    rig.reconciled()
    return account


def land(rig: Rig, account: Account, count: int) -> None:
    """Wait until so many trades are in the ledger, each once, and the books agree."""
    rig.wait(lambda: len(rig.trades(account)) >= count, f"{count} trades")
    assert len(set(rig.trades(account))) == len(rig.trades(account)) == count
    rig.wait(lambda: not rig.desk.rows(_LATE, account.account_id), "holdings")
    rig.agrees(account)


def holds(rig: Rig, account: Account) -> None:
    """Wait until we believe that the venue holds what it holds."""
    rig.wait(lambda: rig.reported(account) == rig.venue_balances(account), "balances")


def test_fills_and_movements_land_as_they_happen(rig: Rig, venue: str) -> None:
    account = followed(rig, venue)
    rounds = rig.rounds()
    fill(rig, account, count=3)
    land(rig, account, 3)
    assert rig.rounds() == rounds or venue in TELLS_NO_TRADES
    holds(rig, account)
    at_venue(rig, account, "deposits", asset="BTC", amount="0.75")
    rig.wait(lambda: rig.desk.rows(_DEPOSITS, account.account_id) == [(1,)], "the deposit")
    holds(rig, account)
    assert rig.end() == 0
    assert '"level":"ERROR"' not in rig.log()
    assert rig.credentials[account.account_id].secret not in rig.log()


def test_the_stream_tells_what_the_history_tells(rig: Rig, venue: str) -> None:
    account = followed(rig, venue)
    fill(rig, account, side="buy", quantity="0.01234567", price="43210.7", count=2)
    land(rig, account, 2)
    told = {entry.fact.identity: entry.fact for entry in rig.entries(account)}
    again = {entry.fact.identity: entry.fact for entry in rig.entries(rig.another_desk(account))}
    assert {name: (fact.legs, fact.occurred_at, fact.order_id) for name, fact in told.items()} == {
        name: (fact.legs, fact.occurred_at, fact.order_id) for name, fact in again.items()
    }


def test_fills_while_the_socket_is_dropped_again_and_again(rig: Rig, venue: str) -> None:
    account = followed(rig, venue)
    for number in range(3):
        rig.fault("socket_drop")
        fill(rig, account, side="sell" if number % 2 else "buy", price=str(50000 + number))
        time.sleep(0.2)
    land(rig, account, 3)


def test_a_socket_that_is_open_and_silent(rig: Rig, venue: str) -> None:
    account = followed(rig, venue)
    rig.fault("socket_half_open")
    fill(rig, account, count=2)
    rig.wait(lambda: '"error_code":"venue.silent"' in rig.log() or "stream ended" in rig.log(), "found silent")
    rig.mend()
    land(rig, account, 2)


@pytest.mark.parametrize("kind", ["socket_duplicate", "socket_out_of_order", "socket_late"])
def test_messages_that_come_twice_late_or_in_another_order(rig: Rig, venue: str, kind: str) -> None:
    account = followed(rig, venue, account_streams_reconcile_every_s="5")
    rig.fault(kind, delay_ms=800)
    for number in range(4):
        fill(rig, account, price=str(40000 + number), count=2)
    land(rig, account, 8)
    rig.mend()
    holds(rig, account)


@pytest.mark.parametrize("venue", ["bitfinex"], indirect=True)  # nonces, places and sockets at once
def test_under_the_shared_budget_a_missed_fill_is_found_too(rig: Rig, venue: str) -> None:
    account = followed(rig, venue, balancer="direct")
    fill(rig, account)
    land(rig, account, 1)
    rig.fault("socket_drop")
    fill(rig, account, side="buy")
    land(rig, account, 2)
    assert rig.end() == 0
    assert '"level":"ERROR"' not in rig.log()

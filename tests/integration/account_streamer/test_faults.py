"""What goes wrong between a venue and its ledger: no fill is lost, none is doubled."""

from __future__ import annotations

import time

import psycopg
import pytest

from nightdesk.accounts.model import Account
from tests.integration.account_streamer.rig import Rig

pytestmark = pytest.mark.integration


def followed(rig: Rig, **settings: str) -> Account:
    """An account that is followed live and was compared with its venue."""
    account = rig.account()
    rig.start(**settings)
    rig.live()
    rig.reconciled()
    return account


def test_fills_while_the_socket_is_dropped_again_and_again(rig: Rig) -> None:
    account = followed(rig)
    identities = rig.fill(account)
    for number in range(4):
        rig.fault("socket_drop")
        identities += rig.fill(account, side="sell" if number % 2 else "buy", price=str(50000 + number))
        time.sleep(0.3)
    rig.lands(account, identities, within_s=60)
    rig.agrees(account)


def test_a_half_open_socket_is_found(rig: Rig) -> None:
    account = followed(rig)
    rig.fault("socket_half_open")
    identities = rig.fill(account, count=3)
    rig.wait(lambda: '"error_code":"venue.silent"' in rig.log(), "found silent")
    rig.mend()
    rig.lands(account, identities)
    rig.live()
    rig.lands(account, identities + rig.fill(account))


@pytest.mark.parametrize("kind", ["socket_duplicate", "socket_late", "socket_out_of_order"])
def test_fills_that_come_twice_late_or_in_another_order(rig: Rig, kind: str) -> None:
    account = followed(rig)
    rig.fault(kind, delay_ms=1500)
    identities = [name for number in range(5) for name in rig.fill(account, price=str(40000 + number), count=2)]
    rig.lands(account, identities)
    rig.wait(lambda: not rig.desk.rows("SELECT FROM holdings WHERE account_id = %s AND stale", account.account_id), "")
    rig.agrees(account)
    rig.wait(lambda: rig.reported(account) == rig.venue_balances(account), "balances")


def test_rest_that_is_down_holds_up_no_fill_and_is_asked_again(rig: Rig) -> None:
    account = followed(rig)
    rig.fault("rest_down")
    identities = rig.fill(account)
    rig.lands(account, identities)
    rig.fault("socket_drop")
    identities += rig.fill(account)
    rig.wait(lambda: '"message":"not reconciled"' in rig.log(), "refused")
    rig.mend()
    rig.lands(account, identities, within_s=60)


def test_a_stream_that_withholds_a_fill_is_deaf(rig: Rig) -> None:
    account = followed(rig, account_streams_reconcile_every_s="1")
    rig.fault("socket_late", delay_ms=60_000)
    identities = rig.fill(account)
    rig.lands(account, identities)
    rig.wait(lambda: '"error_code":"venue.silent"' in rig.log(), "found deaf")


def test_killed_between_the_fill_and_its_commit(rig: Rig) -> None:
    account = followed(rig)
    first = rig.fill(account)
    rig.lands(account, first)
    with psycopg.connect(rig.desk.postgres.url("superuser")) as other:
        other.execute("SELECT FROM ledger_heads WHERE account_id = %s FOR UPDATE", (account.account_id,))
        lost = rig.fill(account, count=3)
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        rig.wait(lambda: rig.desk.rows(waits) == [(1,)], "the booking waits")
        rig.kill()
    assert rig.trades(account) == first
    missed = rig.fill(account)
    rig.start()
    rig.lands(account, first + lost + missed)
    rig.agrees(account)


def test_a_fill_in_a_market_never_traded_before_while_away(rig: Rig) -> None:
    account = followed(rig)
    rig.kill()
    identities = rig.fill(account, symbol="ETH/USDT", price="3000")
    rig.start()
    rig.lands(account, identities)


def test_a_database_that_is_away_for_a_while(rig: Rig) -> None:
    account = followed(rig)
    with rig.database_away():
        identities = rig.fill(account, count=5)
        rig.wait(lambda: '"message":"booking waits"' in rig.log(), "waiting")
    rig.lands(account, identities)
    rig.agrees(account)


def test_under_the_shared_budget_a_missed_fill_is_found_too(rig: Rig) -> None:
    account = followed(rig, balancer="direct")
    identities = rig.fill(account)
    rig.lands(account, identities)
    rig.fault("socket_drop")
    rig.lands(account, identities + rig.fill(account))
    rig.reconciled(since=1)
    assert rig.end() == 0
    assert '"level":"ERROR"' not in rig.log()

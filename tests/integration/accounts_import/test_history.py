"""Whole imports: paper exchange over TLS, unmodified ccxt, the gateway, PostgreSQL."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from nightdesk.accounts.model import Account, AccountState, Credential, ImportProgress, ImportState
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.kernel.instants import to_ms
from nightdesk.ledger.verify import verify_chain
from tests.builders.desk_accounts import DeskAccounts
from tests.integration.accounts_import.conftest import MovedClock

pytestmark = pytest.mark.integration

_LEGS = """
    SELECT e.identity, e.occurred_at, l.role, l.asset, l.amount
    FROM ledger_entries AS e JOIN ledger_legs AS l USING (tenant_id, account_id, sequence)
    WHERE e.account_id = %s AND e.kind = 'trade' ORDER BY e.identity, l.position
"""
_SUMS = "SELECT asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY asset"
_HOLDINGS = "SELECT asset, quantity FROM holdings WHERE account_id = %s"


def connected(desk: DeskAccounts, **history: object) -> tuple[Account, Credential]:
    credential = desk.open_at_venue(dict(history))
    return desk.connect(credential), credential


def to_the_end(desk: DeskAccounts, clock: MovedClock, account: Account) -> ImportProgress:
    """Import; where the venue's limits say wait, let the minutes pass."""
    progress = desk.import_all(account)
    while progress.state.is_open:
        assert progress.error_code == "venue.rate_limited", progress
        clock.ahead += timedelta(seconds=61)
        progress = desk.import_all(account)
    return progress


def venue_totals(desk: DeskAccounts, credential: Credential) -> dict[str, Decimal]:
    shown = desk.paper.admin("GET", f"/accounts/{quote(credential.key, safe='')}")
    assert isinstance(shown, dict)
    return {
        asset: Decimal(amounts["free"]) + Decimal(amounts["locked"]) for asset, amounts in shown["balances"].items()
    }


def ledger_totals(desk: DeskAccounts, account: Account) -> dict[str, Decimal]:
    return {asset: amount for asset, amount in desk.rows(_SUMS, account.account_id) if amount}


def test_ledger_adds_up_to_what_the_venue_holds(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="seeded", seed=3, trades=2500)
    progress = to_the_end(desk, clock, account)
    assert (progress.state, progress.rows_skipped) == (ImportState.DONE, 0)
    assert progress.rows_recorded > 2500
    assert ledger_totals(desk, account) == venue_totals(desk, credential)
    assert dict(desk.rows(_HOLDINGS, account.account_id)).items() >= ledger_totals(desk, account).items()


def test_deposits_and_withdrawals_with_their_fees(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="empty", balances={"USDT": "1000"})
    for path, asset, amount, fee in [("deposits", "BTC", "0.5", "0"), ("withdrawals", "USDT", "100.25", "1.5")]:
        body = {"asset": asset, "amount": amount, "fee": fee}
        desk.paper.admin("POST", f"/accounts/{credential.key}/{path}", body)
    to_the_end(desk, clock, account)
    assert ledger_totals(desk, account) == {"BTC": Decimal("0.5"), "USDT": Decimal("898.25")}
    assert ledger_totals(desk, account) == venue_totals(desk, credential)


def test_ten_equal_fills_stay_ten(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="empty", balances={"USDT": "1000000"})
    fill = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "price": "50000", "count": 10}
    made = desk.paper.admin("POST", f"/accounts/{credential.key}/fills", fill)
    assert isinstance(made, dict)
    to_the_end(desk, clock, account)
    identities = {identity for identity, *_ in desk.rows(_LEGS, account.account_id)}
    assert identities == {f"trade:BTCUSDT:{number}" for number in made["trade_ids"]}
    assert len(identities) == 10


def test_recorded_trades_digit_for_digit(desk: DeskAccounts, clock: MovedClock, recorded: Path) -> None:
    path = recorded / "trades" / "binance-XRP_ETH-trades-raw.json.gz"
    account, _ = connected(desk, kind="trades_file", path=str(path.resolve()))
    to_the_end(desk, clock, account)
    found: dict[str, dict[str, Decimal]] = {}
    times: dict[str, int] = {}
    for identity, occurred_at, role, _asset, amount in desk.rows(_LEGS, account.account_id):
        found.setdefault(identity, {})[role] = amount
        times[identity] = to_ms(occurred_at)
    with gzip.open(path) as file:
        rows = [row["info"] for row in json.load(file)]
    by_time = sorted(rows, key=lambda row: row["a"])
    in_order = sorted(found, key=lambda identity: int(identity.rsplit(":", 1)[1]))
    assert len(by_time) == len(in_order) == 12_477
    for row, identity in zip(by_time, in_order, strict=True):
        legs = found[identity]
        assert times[identity] == row["T"]
        assert abs(legs["base"]) == Decimal(row["q"])
        assert abs(legs["quote"]) == Decimal(row["p"]) * Decimal(row["q"])


def test_second_import_takes_only_what_is_new(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="seeded", seed=4, trades=300)
    first = to_the_end(desk, clock, account)
    fill = {"symbol": "ETH/USDT", "side": "sell", "quantity": "0.001", "count": 3}
    desk.paper.admin("POST", f"/accounts/{credential.key}/fills", fill)
    desk.service().start_import(desk.tenant_id, account.account_id, first.correlation_id)
    second = to_the_end(desk, clock, account)
    assert second.rows_recorded == 3
    assert ledger_totals(desk, account) == venue_totals(desk, credential)


def test_message_delivered_again_changes_nothing(desk: DeskAccounts, clock: MovedClock) -> None:
    account, _ = connected(desk, kind="seeded", seed=5, trades=200)
    before = to_the_end(desk, clock, account)
    entries = desk.rows(_LEGS, account.account_id)
    assert desk.import_all(account) == before
    assert desk.rows(_LEGS, account.account_id) == entries


def test_two_deliveries_at_once(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="seeded", seed=6, trades=3000)
    job = desk.job(account)
    workers = [Thread(target=lambda: desk.importer().run(job, lambda: 600.0)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    to_the_end(desk, clock, account)
    assert ledger_totals(desk, account) == venue_totals(desk, credential)
    recorded = desk.rows("SELECT count(*) FROM ledger_entries WHERE account_id = %s", account.account_id)
    progress = desk.progress(account)
    assert recorded == [(progress.rows_recorded,)]


def test_chain_of_an_import_is_whole(desk: DeskAccounts, clock: MovedClock) -> None:
    account, _ = connected(desk, kind="seeded", seed=8, trades=150)
    progress = to_the_end(desk, clock, account)
    with PostgresLedgerReads(desk.app)(desk.tenant_id) as store:
        chain = store.chain(desk.tenant_id, account.account_id)
        head = store.head(desk.tenant_id, account.account_id)
        report = verify_chain(desk.tenant_id, account.account_id, chain, head)
    assert report.ok
    assert report.entries == progress.rows_recorded


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "rest_down"}, "venue.unavailable"),
        ({"kind": "refuse"}, "venue.unavailable"),
        ({"kind": "rate_limited", "retry_after_s": 7}, "venue.rate_limited"),
        ({"kind": "banned", "retry_after_s": 7}, "venue.banned"),
    ],
)
def test_venue_in_trouble(desk: DeskAccounts, clock: MovedClock, fault: dict[str, object], code: str) -> None:
    account, credential = connected(desk, kind="seeded", seed=9, trades=120)
    desk.paper.admin("POST", "/faults", fault)
    waiting = desk.import_all(account)
    assert (waiting.state, waiting.error_code) == (ImportState.RUNNING, code)
    (_, delay_s) = desk.queue.waiting[0]
    assert delay_s >= 7
    desk.paper.admin("DELETE", "/faults")
    clock.ahead += timedelta(seconds=61)
    after = to_the_end(desk, clock, account)
    assert (after.state, after.error_code) == (ImportState.DONE, None)
    assert ledger_totals(desk, account) == venue_totals(desk, credential)


def test_venue_is_not_hammered_while_it_bans(desk: DeskAccounts) -> None:
    account, _ = connected(desk, kind="seeded", seed=9, trades=50)
    desk.paper.admin("POST", "/faults", {"kind": "banned", "retry_after_s": 60})
    desk.import_all(account)
    desk.paper.admin("DELETE", "/statistics")
    for _ in range(5):
        assert desk.import_all(account).error_code == "venue.banned"
    statistics = desk.paper.admin("GET", "/statistics")
    assert isinstance(statistics, dict)
    assert statistics["requests"] == 0, statistics


def test_key_that_was_taken_back_at_the_venue(desk: DeskAccounts, clock: MovedClock) -> None:
    account, credential = connected(desk, kind="seeded", seed=10, trades=60)
    to_the_end(desk, clock, account)
    desk.paper.admin("DELETE", f"/accounts/{credential.key}")
    desk.service().start_import(desk.tenant_id, account.account_id, desk.progress(account).correlation_id)
    progress = desk.import_all(account)
    assert (progress.state, progress.error_code) == (ImportState.FAILED, "accounts.key_wrong")
    failing = desk.service().get(desk.tenant_id, account.account_id)
    assert (failing.state, failing.state_code) == (AccountState.FAILING, "accounts.key_wrong")

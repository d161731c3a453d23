"""Fills at the venue appear in the ledger: unmodified ccxt.pro over TLS, PostgreSQL, Valkey, a process of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nightdesk.ledger.model import EntryKind
from tests.builders.desk_accounts import CORRELATION
from tests.integration.account_streamer.rig import Rig

pytestmark = pytest.mark.integration


def test_a_fill_is_in_the_ledger_the_holdings_and_the_news(rig: Rig) -> None:
    account = rig.account()
    rig.start()
    rig.live()
    rig.reconciled()
    with rig.news() as told:
        identities = rig.fill(account, quantity="0.12345")
        rig.lands(account, identities)
        rig.wait(lambda: bool(told()), "news")
    entry = told()[0]["entries"][0]
    assert (told()[0]["v"], told()[0]["count"], told()[0]["account_id"]) == (1, 1, str(account.account_id))
    assert (entry["identity"], entry["source"]) == (identities[0], "binance.stream")
    assert [leg["amount"] for leg in entry["legs"]][:2] == ["0.12345", "-6172.5"]
    rig.wait(lambda: rig.reported(account) == rig.venue_balances(account), "balances")
    rig.agrees(account)
    assert rig.end() == 0
    credential = rig.credentials[account.account_id]
    assert credential.key not in rig.log()
    assert credential.secret not in rig.log()


def test_ten_equal_fills_stay_ten_and_land_once_more_by_import(rig: Rig) -> None:
    account = rig.account()
    rig.start()
    rig.live()
    rig.reconciled()
    identities = rig.fill(account, count=10)
    rig.lands(account, identities)
    rig.desk.service().start_import(rig.desk.tenant_id, account.account_id, CORRELATION)
    progress = rig.desk.import_all(account)
    assert (progress.rows_duplicate >= 10, progress.rows_recorded) == (True, 0)
    assert rig.trades(account) == identities
    rig.agrees(account)


def test_the_stream_books_what_the_history_would_have(rig: Rig) -> None:
    account = rig.account()
    rig.start()
    rig.live()
    rig.reconciled()
    rig.fill(account, symbol="BTC/USDT", quantity="0.00012", price="43210.11")
    rig.fill(account, symbol="BTC/USDT", side="sell", quantity="0.5", price="43210.12", count=3)
    rig.wait(lambda: len(rig.trades(account)) == 4, "four trades")
    streamed = {entry.fact.identity: entry.fact for entry in rig.entries(account) if entry.fact.source.endswith("am")}
    other = rig.another_desk(account)
    fetched = {entry.fact.identity: entry.fact for entry in rig.entries(other) if entry.fact.kind is EntryKind.TRADE}
    assert len(streamed) == 4
    assert {name: replace(fact, source="binance.rest") for name, fact in streamed.items()} == fetched


def test_a_deposit_is_looked_up_as_soon_as_the_stream_tells_of_it(rig: Rig) -> None:
    account = rig.account()
    rig.start()
    rig.live()
    rig.reconciled()
    key = rig.credentials[account.account_id].key
    rig.desk.paper.admin("POST", f"/accounts/{key}/deposits", {"asset": "BTC", "amount": "0.75"})
    query = "SELECT count(*) FROM ledger_legs WHERE account_id = %s AND asset = 'BTC' AND amount = 0.75"
    rig.wait(lambda: rig.desk.rows(query, account.account_id) == [(1,)], "the deposit", within_s=5)
    rig.wait(lambda: rig.reported(account) == rig.venue_balances(account), "balances")


def test_accounts_come_and_go_within_seconds(rig: Rig) -> None:
    first = rig.account()
    rig.start()
    rig.live()
    second = rig.account()
    rig.live(2)
    rig.lands(second, rig.fill(second))
    rig.desk.service().disconnect(rig.desk.tenant_id, first.account_id, CORRELATION)
    rig.live(1)
    rig.fill(first)
    rig.lands(second, [*rig.trades(second), *rig.fill(second)])
    assert rig.trades(first) == []


def test_a_refused_key_fails_its_account_alone_and_heals(rig: Rig) -> None:
    bad, good = rig.account(), rig.account()
    permit = f"/accounts/{rig.credentials[bad.account_id].key}/permissions"
    rig.desk.paper.admin("POST", permit, {"read": False, "trade": True})
    rig.start()
    rig.wait(lambda: rig.health()["accounts"].get("failing") == 1, "failing")
    state = "SELECT state, state_code FROM accounts WHERE account_id = %s"
    assert rig.desk.rows(state, bad.account_id) == [("failing", "accounts.key_wrong")]
    rig.lands(good, rig.fill(good))
    rig.desk.paper.admin("POST", permit, {"read": True, "trade": True})
    rig.seal_again(bad)
    rig.wait(lambda: rig.desk.rows(state, bad.account_id) == [("active", None)], "healed")
    rig.live(2)
    rig.lands(bad, rig.fill(bad))

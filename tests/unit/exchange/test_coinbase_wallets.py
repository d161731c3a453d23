"""Coinbase's wallets as one stream: pages, sides of conversions that meet, what the next reading sees again."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues import coinbase_wallets

if TYPE_CHECKING:
    import pytest

    from nightdesk.accounts.model import Cursor, HistoryPage

Lists = dict[str, list[dict[str, Any]]]


class Wallets:
    """Coinbase's lists of transactions, newest first, and what was asked of them."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.asked: list[str] = []
        self.raw = SimpleNamespace(markets={"BTC/USDC": {}}, safe_currency_code=str.upper)

    async def call(self, method: str, ask: dict[str, str], **_weights: int) -> Any:
        assert method == "v2_private_get_accounts_account_id_transactions"
        self.asked.append(ask["account_id"])
        rows = sorted(self.lists[ask["account_id"]], key=lambda row: row["created_at"], reverse=True)
        names = [row["id"] for row in rows]
        begin = names.index(ask["starting_after"]) + 1 if "starting_after" in ask else 0
        end = begin + int(ask["limit"])
        following = names[end - 1] if end < len(rows) else None
        return {"data": rows[begin:end], "pagination": {"next_starting_after": following}}

    def page(self, cursor: Cursor) -> HistoryPage:
        return asyncio.run(coinbase_wallets.page(cast("VenueClient", self), sorted(self.lists), cursor))

    def read(self, cursor: Cursor | None = None) -> list[HistoryPage]:
        pages: list[HistoryPage] = []
        while not pages or not pages[-1].finished:
            kept = json.loads(json.dumps(dict(pages[-1].cursor if pages else cursor or {})))  # as a row keeps it
            pages.append(self.page(kept))
        return pages


def row(number: int, amount: str, day: int, **more: Any) -> dict[str, Any]:
    quantity, currency = amount.split()
    at = f"2026-03-{day:02d}T10:00:{number % 60:02d}Z"
    told = {"id": f"t{number}", "type": "send", "status": "completed", "created_at": at}
    return told | {"amount": {"amount": quantity, "currency": currency}} | more


def identities(pages: list[HistoryPage]) -> list[str]:
    return [fact.identity for page in pages for fact in page.facts]


def conversion(number: int, amount: str, day: int, deal: str = "T1") -> dict[str, Any]:
    return row(number, amount, day, type="trade", trade={"id": deal})


def test_lists_are_read_page_by_page_and_wallet_by_wallet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coinbase_wallets, "PAGE_ROWS", 2)
    venue = Wallets({"a": [row(n, "1 BTC", n) for n in range(1, 6)], "b": [], "c": [row(9, "-2 ETH", 9)]})
    pages = venue.read()
    assert identities(pages) == [f"transaction:t{n}" for n in (4, 5, 2, 3, 1, 9)]
    assert venue.asked == ["a", "a", "a", "b", "c"]
    assert [round(page.done_ratio, 2) for page in pages] == [0, 0, 0.33, 0.67, 1]
    assert pages[-1].cursor == {"since": "2026-03-08T10:00:09.000000Z"}


def test_the_sides_of_a_conversion_meet_over_wallets_and_become_one_trade() -> None:
    venue = Wallets({"a": [conversion(1, "0.001 BTC", 1)], "b": [conversion(2, "-50 USDC", 1)]})
    first, last = venue.read()
    assert first.facts == ()
    (fact,) = last.facts
    assert (fact.identity, str(fact.instrument)) == ("conversion:trade:T1", "COINBASE:BTC/USDC")
    assert [(leg.asset, str(leg.amount)) for leg in fact.legs] == [("BTC", "0.001"), ("USDC", "-50")]


def test_a_conversion_against_the_markets_order_and_one_without_a_market() -> None:
    sold = Wallets({"a": [conversion(1, "-0.001 BTC", 1)], "b": [conversion(2, "50 USDC", 1)]}).read()[-1].facts[0]
    assert [(leg.asset, str(leg.amount)) for leg in sold.legs] == [("BTC", "-0.001"), ("USDC", "50")]
    odd = Wallets({"a": [conversion(1, "-7 DOGE", 1)], "b": [conversion(2, "3 XLM", 1)]}).read()[-1].facts[0]
    assert str(odd.instrument) == "COINBASE:XLM/DOGE"


def test_a_side_that_stays_alone_is_kept_aside_unless_it_was_booked_before() -> None:
    venue = Wallets({"a": [conversion(1, "0.001 BTC", 5)]})
    (page,) = venue.read()
    assert [skip.reason for skip in page.skips] == ["import.conversion_half"]
    (again,) = venue.read({"since": "2026-03-05T10:00:00.500000Z"})
    assert (again.facts, again.skips) == ((), ())


def test_both_sides_of_one_sign_are_kept_aside() -> None:
    venue = Wallets({"a": [conversion(1, "1 BTC", 5)], "b": [conversion(2, "50 USDC", 5)]})
    assert [skip.reason for page in venue.read() for skip in page.skips] == ["ledger.legs_sides"]


def test_trades_of_the_exchange_are_left_to_the_fills_and_what_is_pending_is_looked_at_again() -> None:
    pending = row(1, "1 BTC", 2, status="pending")
    venue = Wallets({"a": [row(3, "1 BTC", 20), row(2, "1 BTC", 9, type="advanced_trade_fill"), pending]})
    (first,) = venue.read()
    assert identities([first]) == ["transaction:t3"]
    assert first.cursor == {"since": "2026-03-02T10:00:01.000000Z"}
    pending["status"] = "completed"
    (second,) = venue.read(first.cursor)
    assert identities([second]) == ["transaction:t1", "transaction:t3"]
    assert second.cursor == {"since": "2026-03-19T10:00:03.000000Z"}


def test_the_next_reading_stops_where_the_last_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coinbase_wallets, "PAGE_ROWS", 2)
    venue = Wallets({"a": [row(n, "1 BTC", n) for n in range(1, 9)]})
    cursor = venue.read()[-1].cursor
    venue.lists["a"] += [row(9, "1 BTC", 9), row(10, "1 BTC", 9)]
    venue.asked.clear()
    pages = venue.read(cursor)
    assert identities(pages) == [f"transaction:t{n}" for n in (9, 10, 8)]
    assert venue.asked == ["a", "a"]


def test_a_wallet_that_is_gone_and_an_account_without_wallets() -> None:
    venue = Wallets({"b": [row(1, "1 BTC", 1)]})
    assert identities([venue.page({"wallet": "a", "after": "t0"})]) == ["transaction:t1"]
    assert venue.page({"wallet": "c"}).finished
    assert Wallets({}).page({}).cursor == {}


def test_a_row_without_a_time_is_kept_aside() -> None:
    (page,) = Wallets({"a": [row(1, "1 BTC", 1, created_at="")]}).read()
    assert [skip.reason for skip in page.skips] == ["instant.malformed"]

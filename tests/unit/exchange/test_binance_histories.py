"""Windows of Binance's histories, looked through by a client that is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from nightdesk.accounts.model import Cursor, HistoryPage
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.errors import rate_limited
from nightdesk.adapters.exchange.venues.binance_histories import (
    DAY_MS,
    HISTORIES,
    OPENED_AT_MS,
    WINDOWS_A_CALL,
    History,
    history_page,
)
from nightdesk.kernel.errors import NightdeskError, RateLimited

NOW_MS = OPENED_AT_MS + 3_000 * DAY_MS


@dataclass
class Raw:
    """As much of ccxt's client as is looked at."""

    markets: Mapping[str, Any] = field(
        default_factory=lambda: {"BTC/USDT": {"id": "BTCUSDT", "spot": True, "active": True}}
    )

    def safe_currency_code(self, code: str) -> str:
        return code


@dataclass
class Scripted:
    """Gives its answers in turn, the last one for ever, and keeps what was asked."""

    answers: list[Any]
    asked: list[dict[str, Any]] = field(default_factory=list)
    raw: Raw = field(default_factory=Raw)

    async def call(self, method: str, params: Mapping[str, Any] | None = None, **_: Any) -> Any:
        if method == "public_get_time":
            return {"serverTime": NOW_MS}
        if method == "public_get_ticker_24hr":
            return {"closeTime": NOW_MS}
        self.asked.append(dict(params or {}))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(client: Scripted, history: History, cursor: Cursor) -> HistoryPage:
    return asyncio.run(history_page(cast("VenueClient", client), history, cursor))


def conversions(*times_ms: int) -> dict[str, Any]:
    rows = [
        {"orderId": number, "orderStatus": "SUCCESS", "fromAsset": "USDT", "fromAmount": "1", "toAsset": "BNB",
         "toAmount": "0.01", "createTime": at_ms}
        for number, at_ms in enumerate(times_ms)
    ]  # fmt: skip
    return {"list": rows}


CONVERSIONS = replace(HISTORIES["conversions"], rows=2)
INCOME = HISTORIES["futures:income"]


def test_empty_windows_are_passed_by_so_many_at_once() -> None:
    client = Scripted([conversions()])
    found = page(client, CONVERSIONS, {})
    assert (len(client.asked), found.finished, found.facts) == (WINDOWS_A_CALL, False, ())
    starts = [int(ask["startTime"]) for ask in client.asked]
    assert starts == [OPENED_AT_MS + 30 * DAY_MS * number for number in range(WINDOWS_A_CALL)]
    assert found.cursor["from_ms"] == OPENED_AT_MS + 30 * DAY_MS * WINDOWS_A_CALL
    assert 0 < found.done_ratio < 1


def test_what_was_looked_through_before_a_limit_is_kept() -> None:
    client = Scripted([conversions(), conversions(), rate_limited(60)])
    found = page(client, CONVERSIONS, {})
    assert found.cursor["from_ms"] == OPENED_AT_MS + 60 * DAY_MS
    with pytest.raises(RateLimited):
        page(client, CONVERSIONS, found.cursor)


def test_a_full_page_goes_on_from_its_last_instant_and_one_of_a_single_instant_is_passed_by() -> None:
    at_ms = NOW_MS - 20 * DAY_MS
    client = Scripted([conversions(at_ms, at_ms + 5), conversions(at_ms + 5, at_ms + 5)])
    first = page(client, CONVERSIONS, {"from_ms": at_ms})
    assert (first.cursor["from_ms"], len(first.facts)) == (at_ms + 5, 2)
    second = page(client, CONVERSIONS, first.cursor)
    assert int(second.cursor["from_ms"] or 0) > NOW_MS


def test_nothing_is_asked_for_that_the_venue_has_forgotten() -> None:
    client = Scripted([[]])
    found = page(client, INCOME, {"from_ms": OPENED_AT_MS})
    assert int(client.asked[0]["startTime"]) > NOW_MS - 90 * DAY_MS
    assert int(client.asked[0]["endTime"]) - int(client.asked[0]["startTime"]) < 7 * DAY_MS
    assert not found.finished


def test_the_last_window_ends_the_stream_and_the_next_import_looks_a_day_back() -> None:
    found = page(Scripted([conversions()]), CONVERSIONS, {"from_ms": NOW_MS - DAY_MS})
    assert (found.finished, found.cursor) == (True, {"from_ms": NOW_MS - DAY_MS})


def test_a_venue_without_markets_has_no_time() -> None:
    client = Scripted([[]], raw=Raw(markets={}))
    with pytest.raises(NightdeskError) as refusal:
        page(client, INCOME, {})
    assert refusal.value.code == "venue.answer_malformed"

"""How venues are asked for the past of their markets, and what is made of their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nightdesk.adapters.exchange.market_history import ExchangeHistory
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.errors import NotFound, Unavailable
from nightdesk.kernel.instants import to_ms
from tests.fakes.clock import FakeClock

LISTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Answer = Callable[[str, dict[str, Any]], Any]


class Asked:
    """Venues' sessions whose every answer is written; keeps what was asked."""

    def __init__(self, answer: Answer, *, spot: bool = True) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self._answer = answer
        self.raw = SimpleNamespace(markets={"BTC/USDT": {"id": "btcusdt", "spot": spot}})

    async def call(self, method: str, ask: dict[str, Any], *, weight: int) -> Any:
        assert weight > 0
        self.seen.append((method, ask))
        return self._answer(method, ask)

    def ask(self, venue: str, question: Callable[[Any], Any]) -> Any:
        del venue
        return asyncio.run(question(self))


def history(asked: Asked) -> ExchangeHistory:
    return ExchangeHistory(cast("ExchangeSessions", asked), FakeClock(NOW))


def klines(since_ms: int, until_ms: int, step: timedelta) -> list[list[Any]]:
    """What Binance has from the listing on."""
    step_ms = step // timedelta(milliseconds=1)
    first = max(since_ms, to_ms(LISTED) // step_ms * step_ms)
    starts = range(-(-first // step_ms) * step_ms, until_ms + 1, step_ms)
    return [[at, "1", "3", "0.5", "2", "7", at + step_ms - 1] for at in starts]


def binance(_method: str, ask: dict[str, Any]) -> list[list[Any]]:
    step = {"1d": timedelta(days=1), "1m": MINUTE}[ask["interval"]]
    return klines(ask["startTime"], ask["endTime"], step)[: ask["limit"]]


def test_a_full_page_is_told_up_to_its_last_bar_and_a_short_one_up_to_its_end() -> None:
    asked = Asked(binance)
    full = history(asked).page(parse_instrument("BINANCE:BTC/USDT"), LISTED, NOW)
    assert (len(full.bars), full.covered_until) == (1000, LISTED + 1000 * MINUTE)
    short = history(asked).page(parse_instrument("BINANCE:BTC/USDT"), LISTED, LISTED + 5 * MINUTE)
    assert (len(short.bars), short.covered_until) == (5, LISTED + 5 * MINUTE)


def test_the_listing_is_the_first_minute_of_the_first_day() -> None:
    listing = history(Asked(binance)).listing(parse_instrument("BINANCE:BTC/USDT"))
    assert (listing.listed_at, listing.horizon) == (LISTED, "")


def test_a_venue_that_keeps_minutes_for_less_than_days_has_a_horizon() -> None:
    since = datetime(2026, 3, 12, tzinfo=UTC)

    def forgetful(method: str, ask: dict[str, Any]) -> list[list[Any]]:
        rows = binance(method, ask)
        return rows if ask["interval"] == "1d" else [row for row in rows if row[0] >= to_ms(since)]

    listing = history(Asked(forgetful)).listing(parse_instrument("BINANCE:BTC/USDT"))
    assert listing.listed_at == since
    assert listing.horizon == "The venue tells days since 2026-03-01, minutes only since 2026-03-12."


@pytest.mark.parametrize("days", [True, False])
def test_a_market_without_a_past_is_not_found(days: bool) -> None:  # noqa: FBT001
    def empty(method: str, ask: dict[str, Any]) -> list[list[Any]]:
        return binance(method, ask) if days and ask["interval"] == "1d" else []

    with pytest.raises(NotFound) as caught:
        history(Asked(empty)).listing(parse_instrument("BINANCE:BTC/USDT"))
    assert caught.value.code == "candles.history_none"


def test_contracts_are_no_second_venue_and_no_market() -> None:
    asked = Asked(binance, spot=False)
    assert history(asked).others(parse_instrument("BINANCE:BTC/USDT")) == []
    with pytest.raises(NotFound):
        history(asked).page(parse_instrument("BINANCE:BTC/USDT"), LISTED, NOW)


def test_a_venue_that_does_not_answer_is_no_second_venue_now() -> None:
    class Silent(Asked):
        def ask(self, venue: str, question: Callable[[Any], Any]) -> Any:
            if venue == "htx":
                raise Unavailable("venue.unavailable", "Down.")
            return super().ask(venue, question)

    others = history(Silent(binance)).others(parse_instrument("BINANCE:BTC/USDT"))
    assert [each.venue for each in others] == ["coinbase", "kraken", "bitfinex"]


def trade_rows(count: int, start: datetime, step: timedelta, first: int = 1) -> list[list[Any]]:
    at = [start + index * step for index in range(count)]
    return [
        [str(100 + index % 5), "2", str(each.timestamp()), "b", "l", "", first + index] for index, each in enumerate(at)
    ]


def test_krakens_minutes_are_made_of_its_trades_and_the_last_waits_for_the_next_page() -> None:
    def trades(_method: str, _ask: dict[str, Any]) -> dict[str, Any]:
        return {
            "error": [],
            "result": {"XXBTZUSD": trade_rows(1000, LISTED, timedelta(seconds=2)), "last": str(to_ms(NOW) * 10**6)},
        }

    page = history(Asked(trades)).page(parse_instrument("KRAKEN:BTC/USDT"), LISTED, NOW)
    assert (page.covered_until, page.source) == (LISTED + 33 * MINUTE, "trades")
    first = page.bars[0]
    assert (first.open, first.high, first.low, first.close, first.volume) == (100.0, 104.0, 100.0, 104.0, 60.0)
    assert len(page.bars) == 33


def test_a_minute_that_fills_a_page_of_trades_is_asked_on() -> None:
    """The second page begins with a trade that the first ended with: it counts once."""
    pages = [
        trade_rows(1000, LISTED, timedelta(milliseconds=1)),
        trade_rows(500, LISTED + timedelta(milliseconds=999), timedelta(milliseconds=1), first=1000),
    ]

    def trades(_method: str, ask: dict[str, Any]) -> dict[str, Any]:
        rows = pages.pop(0)
        return {"result": {"XXBTZUSD": rows, "last": str(int(ask["since"]) + 1)}}

    page = history(Asked(trades)).page(parse_instrument("KRAKEN:BTC/USDT"), LISTED, LISTED + MINUTE)
    (bar,) = page.bars
    assert (bar.volume, page.covered_until) == (2.0 * 1499, LISTED + MINUTE)


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        ("BINANCE", {"code": 1}),
        ("BINANCE", [["soon", "1", "2", "1", "1", "1"]]),
        ("BITFINEX", [[1, 2]]),
        ("COINBASE", []),
        ("HTX", {"data": [{"id": 1}]}),
        ("KRAKEN", {"result": {"A": [], "B": [], "last": "1"}}),
        ("KRAKEN", {"result": {"A": [["1", "x", "2"]], "last": "1"}}),
        ("KRAKEN", {"result": {"A": [["1", "2", "3"]] * 1000, "last": "1"}}),
    ],
)
def test_an_answer_that_is_no_history_is_unavailable(venue: str, said: object) -> None:
    with pytest.raises(Unavailable) as caught:
        history(Asked(lambda _method, _ask: said)).page(parse_instrument(f"{venue}:BTC/USDT"), LISTED, NOW)
    assert caught.value.code == "venue.answer_malformed"


@pytest.mark.parametrize(("venue", "rows", "stamp"), [("COINBASE", 300, "start"), ("HTX", 1000, "id")])
def test_windows_touch_and_overlap_nowhere(venue: str, rows: int, stamp: str) -> None:
    def told(_method: str, ask: dict[str, Any]) -> dict[str, Any]:
        first, last = (int(ask[name]) for name in (("start", "end") if venue == "COINBASE" else ("from", "to")))
        names = ("open", "high", "low", "close", "volume", "amount")
        found = [{stamp: at, **dict.fromkeys(names, "1")} for at in range(first, last + 1, 60)]
        return {"candles": found[::-1], "data": found}

    page = history(Asked(told)).page(parse_instrument(f"{venue}:BTC/USDT"), LISTED, NOW)
    assert (len(page.bars), page.covered_until) == (rows, LISTED + rows * MINUTE)
    assert [bar.at for bar in page.bars] == [LISTED + index * MINUTE for index in range(rows)]


def test_bitfinex_tells_ten_thousand_bars_a_page_with_the_close_before_the_high() -> None:
    def told(_method: str, ask: dict[str, Any]) -> list[list[Any]]:
        assert (ask["sort"], ask["symbol"]) == (1, "btcusdt")
        return [[ask["start"], 1, 2, 3, 0.5, 7]]

    page = history(Asked(told)).page(parse_instrument("BITFINEX:BTC/USDT"), LISTED, NOW)
    (bar,) = page.bars
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (1.0, 3.0, 0.5, 2.0, 7.0)
    assert page.covered_until == NOW

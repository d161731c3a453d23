"""What faces share: counters, rates, nonces, numbers that don't look like numbers, feeds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.faces.bitfinex.names import cut, pair_name
from fargate.paper_exchange.faces.coinbase import names as coinbase
from fargate.paper_exchange.faces.feeds import BarFeed, BookFeed, QuoteFeed, TradeFeed
from fargate.paper_exchange.faces.htx.market_rest import opening
from fargate.paper_exchange.faces.kraken import names as kraken
from fargate.paper_exchange.faces.kraken.limits import Limits
from fargate.paper_exchange.faces.limits import Counters, Rates, adjust
from fargate.paper_exchange.faces.listing import finer, listed
from fargate.paper_exchange.faces.nonces import Nonces
from fargate.paper_exchange.faces.numbers import decimals, positive
from fargate.paper_exchange.faces.spelling import TradeNumbers

if TYPE_CHECKING:
    from .conftest import Desk

DAY_MS = 86_400_000
NUMBERS = st.integers(min_value=0, max_value=(1 << 62) - 1)


@given(NUMBERS)
def test_ids_are_spelt_one_to_one(number: int) -> None:
    assert kraken.order_of(kraken.order_name(number)) == number
    assert coinbase.order_of(coinbase.order_name(number)) == number
    assert kraken.order_name(number).count("-") == 2


@pytest.mark.parametrize("name", ["", "O", "OQCLML-BW3P3-BUCMWé", "TQCLML-BW3P3-BUCMWZ", "12345"])
def test_what_is_no_id_is_none(name: str) -> None:
    assert kraken.order_of(name) is None
    assert coinbase.order_of(name) is None


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(["A/B", "C/D"]))
def test_trades_of_markets_have_numbers_of_their_own(trade_id: int, symbol: str) -> None:
    numbers = TradeNumbers(["A/B", "C/D"])
    assert numbers.place(numbers.number(symbol, trade_id)) == (symbol, trade_id)
    assert numbers.place(numbers.number("C/D", trade_id) + 1) is None


def test_a_counter_sinks_and_a_refused_call_costs_nothing() -> None:
    counters = Counters()

    def add(cost: int, at_ms: int) -> bool:
        return counters.add("key", cost, most=15, decay_milli_per_s=330, now_ms=at_ms)

    assert all(add(1, 0) for _ in range(15))
    assert not add(1, 0)
    assert not add(1, 3_000)
    assert add(1, 3_100)
    assert counters.add("another", 1, most=15, decay_milli_per_s=330, now_ms=3_100)
    counters.forgive()
    assert add(15, 3_100)


def test_a_rate_looks_back_over_any_stretch() -> None:
    rates = Rates()
    granted = [rates.add("key", most=2, period_ms=1_000, now_ms=at_ms) for at_ms in (0, 600, 900, 1_000, 1_500, 1_600)]
    assert granted == [True, True, False, True, False, True]
    assert rates.left("key", 2) == 0


def test_limits_are_changed_by_name_only() -> None:
    limits = Limits()
    adjust(limits, {"counter_max": 20})
    assert limits.counter_max == 20
    for settings in ({"nonsense": 1}, {"counter_max": 0}):
        with pytest.raises(ValueError, match="limit"):
            adjust(limits, settings)


def test_nonces_rise_over_restarts_too(desk: Desk) -> None:
    nonces = Nonces(desk.exchange.store.settings)
    assert [nonces.use("a", nonce) for nonce in ("5", "5", "4", "6", "x", "", "9" * 30)] == [
        True, False, False, True, False, False, False,
    ]  # fmt: skip
    assert nonces.use("b", "1")
    desk.restart()
    again = Nonces(desk.exchange.store.settings)
    assert [again.use("a", nonce) for nonce in ("6", "7")] == [False, True]


def test_listings_and_steps() -> None:
    symbols = ["BTC/USD", "BNB/FDUSD", "USD/USDT", "ETH/EUR"]
    assert listed(symbols, without={"FDUSD"}) == ["BTC/USD", "ETH/EUR"]
    assert listed(symbols, quotes={"EUR"}) == ["ETH/EUR"]
    cheap = Instrument("PEPE", "USDT", Decimal("1e-8"), Decimal(1), Decimal(5), Decimal(10**10))
    assert decimals(finer(cheap, "1").lot) == 7
    assert pair_name("DOGE/USD") == "DOGE:USD"
    assert cut(Decimal("91512.99")) == Decimal(91512)
    assert [positive(text) for text in ("1.5", "0", "-1", "x", None, "1e40")] == [Decimal("1.5"), *[None] * 5]


@given(st.integers(min_value=0, max_value=2 * 10**12))
def test_days_in_singapore_hold_their_instants(at_ms: int) -> None:
    for step_ms in (DAY_MS, 7 * DAY_MS):
        opened = opening(at_ms, step_ms)
        assert opened <= at_ms < opened + step_ms
        assert opened % DAY_MS == 16 * 3_600_000


def test_feeds_say_only_what_is_new(desk: Desk) -> None:
    exchange, symbol = desk.exchange, "ETH/USDT"
    feeds = (
        TradeFeed(exchange, symbol, lambda rows: [("trades", len(rows))]),
        QuoteFeed(exchange, symbol, lambda quote: ("last", quote.last.price)),
        BookFeed(exchange, symbol, 10, lambda change: ("book", change.version)),
        BarFeed(exchange, symbol, 60_000, lambda bar: ("close", bar.close)),
    )

    def told() -> list[str]:
        return [event[0] for feed in feeds for event in feed()]

    assert told() == ["close"]
    assert told() == []
    desk.trade("101")
    assert told() == ["trades", "last", "book", "close"]
    assert told() == []
    desk.clock.forward(60_000)
    assert told() == ["close", "close"]


def test_a_bar_that_closed_between_two_looks_is_told_before_the_new_one(desk: Desk) -> None:
    feed = BarFeed(desk.exchange, "ETH/USDT", 60_000, lambda bar: (bar.open_at_ms, bar.close))
    opened = next(iter(feed()))[0]
    desk.clock.forward(50_000)
    desk.trade("105")
    desk.clock.forward(15_000)
    assert list(feed()) == [(opened, Decimal(105)), (opened + 60_000, Decimal(105))]

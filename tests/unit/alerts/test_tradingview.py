"""What TradingView's messages say, by our template, by others', or as text."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.contracts.tradingview import TEMPLATE, incoming_of
from nightdesk.kernel.errors import InvalidInput, TooLarge

FILLED = {
    "signal": "trend",
    "exchange": "BINANCE",
    "ticker": "BTCUSDT",
    "time": "2026-11-21T10:00:00Z",
    "timenow": "2026-11-21T10:15:02Z",
    "close": "64000.5",
    "order_id": "Long",
    "action": "buy",
    "contracts": 0.25,
    "price": "64000.1",
    "position": "long",
    "previous_position": "flat",
}


def test_our_template_is_understood_whole() -> None:
    assert json.loads(TEMPLATE).keys() == FILLED.keys()
    said = incoming_of(json.dumps(FILLED))
    assert (said.name, said.instrument, said.action, said.order_id) == ("trend", "BINANCE:BTC/USDT", "buy", "Long")
    assert (said.price, said.quantity) == (Decimal("64000.1"), Decimal("0.25"))
    assert (said.previous_position, said.position) == ("flat", "long")
    assert said.said_at == datetime(2026, 11, 21, 10, 15, 2, tzinfo=UTC)
    assert said.is_exact


def test_order_and_time_tell_signals_apart_and_nothing_else_does() -> None:
    first = incoming_of(json.dumps(FILLED))
    assert incoming_of(json.dumps(FILLED | {"timenow": "2026-11-21T10:15:09Z"})).identity == first.identity
    for change in ({"order_id": "Short"}, {"time": "2026-11-21T11:00:00Z"}, {"action": "sell"}):
        assert incoming_of(json.dumps(FILLED | change)).identity != first.identity


@pytest.mark.parametrize(
    ("ticker", "exchange", "wanted"),
    [
        ("BTCUSDT", "BINANCE", "BINANCE:BTC/USDT"),
        ("KRAKEN:ETHEUR", "", "KRAKEN:ETH/EUR"),
        ("BTC/USDT", "BINANCE", "BINANCE:BTC/USDT"),
        ("BTCUSDT.P", "BYBIT", "BYBIT:BTCUSDT.P"),
        ("AAPL", None, "AAPL"),
    ],
)
def test_a_market_is_named_as_the_desk_names_it(ticker: str, exchange: str | None, wanted: str) -> None:
    assert incoming_of(json.dumps({"ticker": ticker, "exchange": exchange})).instrument == wanted


def test_placeholders_that_were_not_filled_say_nothing() -> None:
    said = incoming_of(TEMPLATE)
    assert (said.instrument, said.action, said.order_id, said.said_at, said.is_exact) == (None, None, None, None, False)


@pytest.mark.parametrize(("time", "year"), [("1763719200", 2025), (1763719200000, 2025), ("yesterday", None)])
def test_numbers_are_seconds_or_milliseconds(time: object, year: int | None) -> None:
    said_at = incoming_of(json.dumps({"timenow": time})).said_at
    assert (said_at.year if said_at else None) == year


def test_a_text_may_begin_with_what_to_do() -> None:
    assert incoming_of("Sell, it crossed").action == "sell"
    assert incoming_of("BTC crossed 50,000").action is None


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(InvalidInput):
        incoming_of(" \n")
    with pytest.raises(TooLarge):
        incoming_of("x" * 20_000)


@given(
    st.text(min_size=1, max_size=300).filter(str.strip)
    | st.recursive(
        st.none() | st.text() | st.floats() | st.integers() | st.booleans(),
        lambda inner: st.dictionaries(st.sampled_from([*FILLED, "value"]), inner),
        max_leaves=8,
    ).map(json.dumps)
)
def test_nothing_that_is_sent_breaks_it(text: str) -> None:
    assert incoming_of(text).payload == text

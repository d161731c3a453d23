from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from nightdesk.adapters.exchange.venues import binance_orders
from nightdesk.adapters.exchange.venues import binance_rows as rows
from nightdesk.adapters.exchange.venues.binance_stream import trade_row
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.ledger.model import Fact
from nightdesk.markets.orders import VenueOrderState

GOLDEN = Path(__file__).parents[2] / "golden" / "binance"
TRADE: dict[str, Any] = json.loads((GOLDEN / "my_trades.json").read_text())["rows"][0]
BNB_BTC = Instrument(VenueId("binance"), AssetId("BNB"), AssetId("BTC"))
EXECUTION = {
    "e": "executionReport",
    "x": "TRADE",
    "s": "BNBBTC",
    "t": 28457,
    "i": 100234,
    "S": "BUY",
    "l": "12.00000000",
    "L": "4.00000100",
    "Y": "48.000012",
    "n": "10.10000000",
    "N": "BNB",
    "T": 1499865549590,
}


def test_an_execution_is_the_fact_that_the_history_tells() -> None:
    told = rows.trade(trade_row(EXECUTION), BNB_BTC, str)
    assert isinstance(told, Fact)
    assert told == rows.trade(TRADE, BNB_BTC, str)


def test_an_execution_tells_of_its_order() -> None:
    whole = {"c": "nd-1", "C": "", "o": "LIMIT", "X": "PARTIALLY_FILLED", "f": "GTC", "q": "20.0", "z": "12.0"}
    prices = {"Z": "48.000012", "p": "4.1", "P": "0.00000000", "O": 1499865549000}
    order = binance_orders.streamed(EXECUTION | whole | prices, BNB_BTC)
    assert order is not None
    assert (order.client_order_id, order.venue_order_id) == ("nd-1", "100234")
    assert (order.state, order.filled) == (VenueOrderState.PARTIALLY_FILLED, Decimal(12))
    assert order.price == Decimal("4.1")
    assert order.stop_price is None
    cancelled = EXECUTION | whole | prices | {"C": "nd-1", "c": "web_7", "X": "CANCELED"}
    again = binance_orders.streamed(cancelled, BNB_BTC)
    assert again is not None
    assert (again.client_order_id, again.state) == ("nd-1", VenueOrderState.CANCELLED)


def test_an_execution_of_an_unknown_form_tells_of_no_order() -> None:
    assert binance_orders.streamed(EXECUTION, BNB_BTC) is None


def test_an_execution_without_a_fee_has_no_fee_leg() -> None:
    told = rows.trade(trade_row(EXECUTION | {"n": "0", "N": None}), BNB_BTC, str)
    assert isinstance(told, Fact)
    assert len(told.legs) == 2

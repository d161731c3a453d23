from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nightdesk.adapters.exchange.account_stream import _trade_row
from nightdesk.adapters.exchange.venues import binance_rows as rows
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.ledger.model import Fact

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
    told = rows.trade(_trade_row(EXECUTION), BNB_BTC, str)
    assert isinstance(told, Fact)
    assert told == rows.trade(TRADE, BNB_BTC, str)


def test_an_execution_without_a_fee_has_no_fee_leg() -> None:
    told = rows.trade(_trade_row(EXECUTION | {"n": "0", "N": None}), BNB_BTC, str)
    assert isinstance(told, Fact)
    assert len(told.legs) == 2

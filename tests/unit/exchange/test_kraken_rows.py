import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues import kraken_rows as rows
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.ledger.model import EntryKind, Fact, LegRole

GOLDEN = Path(__file__).parents[2] / "golden" / "kraken"
TRADES: dict[str, Any] = json.loads((GOLDEN / "trades_history.json").read_text())["trades"]
MOVEMENTS: dict[str, Any] = json.loads((GOLDEN / "movements.json").read_text())
BTC_EUR = Instrument(VenueId("kraken"), AssetId("BTC"), AssetId("EUR"))
SALE = TRADES["TTEUX3-HDAAA-RC2RUO"]


def code(name: str) -> str:
    return {"XXBT": "BTC", "XETH": "ETH"}[name]


def legs(fact: Fact | Skip) -> list[tuple[LegRole, str, Decimal]]:
    assert isinstance(fact, Fact), fact
    return [(leg.role, leg.asset, leg.amount) for leg in fact.legs]


def reason(result: Fact | Skip) -> str:
    assert isinstance(result, Skip), result
    return result.reason


def test_documented_sale() -> None:
    fact = rows.trade("TTEUX3-HDAAA-RC2RUO", SALE, BTC_EUR)
    assert legs(fact) == [
        (LegRole.BASE, "BTC", Decimal("-0.00020000")),
        (LegRole.QUOTE, "EUR", Decimal("0.20020")),
        (LegRole.FEE, "EUR", Decimal("-0.00020")),
    ]
    assert isinstance(fact, Fact)
    assert (fact.identity, fact.order_id) == ("trade:TTEUX3-HDAAA-RC2RUO", "OH76VO-UKWAD-PSBDX6")
    assert fact.occurred_at == datetime(2023, 6, 29, 23, 49, 9, 313_800, tzinfo=UTC)


def test_a_buy_without_a_fee() -> None:
    found = legs(rows.trade("T", TRADES["THVRQM-33VKH-UCI7BS"], BTC_EUR))
    assert [amount for *_, amount in found] == [Decimal("0.02"), Decimal("-600.2")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"vol": 0.5}, "import.row_malformed"),
        ({"time": None}, "import.row_malformed"),
        ({"time": "yesterday"}, "import.row_malformed"),
        ({"type": "hold"}, "import.row_malformed"),
        ({"cost": "many"}, "amount.malformed"),
        ({"vol": "0"}, "ledger.leg_zero"),
    ],
)
def test_row_that_cannot_be_booked_is_kept_with_its_reason(change: dict[str, Any], expected: str) -> None:
    assert reason(rows.trade("T", {**SALE, **change}, BTC_EUR)) == expected


def test_a_trade_of_an_unknown_market_is_kept() -> None:
    assert reason(rows.trade("T", SALE, None)) == "import.instrument_unknown"


def test_movements() -> None:
    credited, settling = MOVEMENTS["deposits"]
    assert legs(rows.deposit(credited, code)) == [(LegRole.MOVEMENT, "BTC", Decimal("0.78125"))]
    assert [rows.is_pending(row) for row in (credited, settling)] == [False, True]
    gone, failed = MOVEMENTS["withdrawals"]
    fact = rows.withdrawal(gone, code)
    assert legs(fact) == [
        (LegRole.MOVEMENT, "BTC", Decimal("-0.72485")),
        (LegRole.FEE, "BTC", Decimal("-0.0002")),
    ]
    assert isinstance(fact, Fact)
    assert (fact.kind, fact.identity) == (EntryKind.WITHDRAWAL, "withdrawal:FTQcuak-V6Za8qrWnhzTx67yYHz8Tg")
    assert reason(rows.withdrawal(failed, code)) == "import.not_executed"
    assert reason(rows.deposit({**credited, "asset": None}, code)) == "import.row_malformed"

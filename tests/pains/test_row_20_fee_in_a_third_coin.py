"""Row 20: a fee paid in a third coin breaks the quantity (freqtrade #4710, #528, #1371)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.lots.average_cost import fold
from tests.builders.desk_files import DeskFiles
from tests.builders.ledger import movement, trade
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
HISTORY = [
    movement(1, "USDT", "1000"),
    trade(2, "0.3", "-90", symbol="BNB/USDT"),
    trade(3, "0.02", "-800", ("BNB", "-0.0012"), symbol="BTC/USDT"),
    trade(4, "0.00250000", "-100", ("BTC", "-0.0000025"), symbol="BTC/USDT"),
    trade(5, "-0.01", "410", ("BNB", "-0.0006"), symbol="BTC/USDT"),
]


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def held(files: DeskFiles) -> dict[str, Decimal]:
    page = files.caller.call("GET", f"/api/v1/ledger/balances?account_id={files.account_id}").json
    return {balance["asset"]: Decimal(balance["quantity"]) for balance in page["items"]}


def test_what_can_be_sold_is_what_the_ledger_holds(files: DeskFiles) -> None:
    files.tell(HISTORY)
    assert held(files) == {
        "USDT": Decimal(420),
        "BNB": Decimal("0.2982"),
        "BTC": Decimal("0.0124975"),
    }


@pytest.mark.parametrize("asset", ["BTC", "BNB"])
def test_selling_all_of_it_leaves_exactly_nothing(files: DeskFiles, asset: str) -> None:
    files.tell(HISTORY)
    whole = held(files)[asset]
    files.tell([trade(6, -whole, "500", symbol=f"{asset}/USDT")])
    assert asset not in held(files)


def test_fee_has_a_cost_of_its_own_coin_and_lowers_no_other_quantity() -> None:
    bnb, btc = (fold(HISTORY, AssetId(asset)) for asset in ("BNB", "BTC"))
    assert (bnb.quantity, btc.quantity) == (Decimal("0.2982"), Decimal("0.0124975"))
    assert bnb.realised[AssetId("USDT")] == Decimal("-0.54")
    assert not btc.history_missing

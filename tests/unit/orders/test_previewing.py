from __future__ import annotations

from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import Preview
from nightdesk.orders.previewing import PreviewWish
from tests.unit.orders.rig import Rig


def preview(
    rig: Rig, side: Side = Side.BUY, value: str | None = None, ratio: str | None = None, **more: object
) -> Preview:
    request = rig.request(side, **more)  # type: ignore[arg-type]
    wish = PreviewWish(
        request=request,
        value=None if value is None else Decimal(value),
        ratio=None if ratio is None else Decimal(ratio),
    )
    return rig.previewer.preview(wish)


def test_quantity_as_it_is(rig: Rig) -> None:
    told = preview(rig, quantity="0.12345")
    assert (told.quantity, told.residue, told.notional) == (Decimal("0.123"), Decimal("0.00045"), Decimal(6150))
    assert (told.value, told.fee, told.fee_asset) == (Decimal(6150), Decimal("0.000246"), AssetId("BTC"))
    assert (told.free, told.code, told.reference_price) == (Decimal(100_000), None, Decimal(50_000))
    assert told.priced_at is not None
    assert rig.store.orders == {}


def test_value_is_divided_by_the_price_that_counts(rig: Rig) -> None:
    assert preview(rig, value="1000").quantity == Decimal("0.02")
    limited = preview(rig, value="1000", type=OrderType.LIMIT, price=Decimal(40_000))
    assert (limited.quantity, limited.priced_at, limited.price) == (Decimal("0.025"), None, Decimal(40_000))
    stopped = preview(rig, Side.SELL, value="1000", type=OrderType.STOP_LOSS, stop_price=Decimal(40_000))
    assert (stopped.quantity, stopped.stop_price) == (Decimal("0.025"), Decimal(40_000))


def test_part_of_what_is_free(rig: Rig) -> None:
    assert preview(rig, Side.SELL, ratio="0.25").quantity == Decimal("0.5")
    assert preview(rig, Side.BUY, ratio="1").quantity == Decimal("1.996")
    assert preview(rig, Side.BUY, ratio="1", type=OrderType.LIMIT, price=Decimal(50_000)).quantity == Decimal(2)


def test_sell_pays_its_fee_in_what_it_brings(rig: Rig) -> None:
    told = preview(rig, Side.SELL, quantity="0.1", type=OrderType.LIMIT_MAKER, price=Decimal(60_000))
    assert (told.fee, told.fee_asset) == (Decimal(6), AssetId("USDT"))


def test_nothing_is_known_without_a_price(rig: Rig) -> None:
    rig.prices.prices.clear()
    rig.store.balances.clear()
    told = preview(rig, value="1000")
    assert (told.quantity, told.code, told.fee) == (Decimal(0), "orders.quantity_malformed", Decimal(0))
    assert told.notional is None
    assert told.value is None
    assert told.free is None
    assert preview(rig, ratio="0.5").quantity == 0
    assert preview(rig, Side.SELL, quantity="0.1").fee is None


def test_refusal_is_told_with_what_would_have_been_sent(rig: Rig) -> None:
    rig.switch.engage(rig.request().tenant_id, rig.halt())
    told = preview(rig, quantity="0.5")
    assert (told.code, told.quantity) == ("orders.halted", Decimal("0.5"))


def test_market_that_is_not_there(rig: Rig) -> None:
    rig.venue.rules.clear()
    with pytest.raises(NotFound):
        preview(rig)

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import Side
from nightdesk.orders.limiting import reducible
from nightdesk.orders.model import Limits
from tests.fakes.clock import NOON
from tests.fakes.orders import BTC_USDT, RULES
from tests.unit.orders.rig import ACCOUNT, CORRELATION, TENANT, Rig

ETH_BTC = parse_instrument("BINANCE:ETH/BTC")
ETH_USDT = parse_instrument("BINANCE:ETH/USDT")
OTHER = AccountId(UUID(int=3))


def limit(rig: Rig, account_id: AccountId | None = None, **limits: Any) -> None:
    rig.limits.put(TENANT, account_id, Limits(**limits), actor="user:1", correlation_id=CORRELATION)


def refusal(rig: Rig, **request: object) -> str:
    with pytest.raises(NightdeskError) as refused:
        rig.desk.submit(rig.request(**request))  # type: ignore[arg-type]
    assert rig.venue.placed == []
    return refused.value.code


def test_size_of_one_order(rig: Rig) -> None:
    limit(rig, notional_max=Decimal(4999))
    assert refusal(rig) == "orders.limit_notional"
    limit(rig, notional_max=Decimal(5000))
    rig.desk.submit(rig.request())


def test_limit_price_counts_where_there_is_one(rig: Rig) -> None:
    limit(rig, notional_max=Decimal(4000))
    rig.desk.submit(rig.limit(price="40000"))


def test_exposure_to_an_asset_counts_what_is_held_and_being_bought(rig: Rig) -> None:
    limit(rig, asset_exposures={AssetId("BTC"): Decimal(109_000)})
    rig.desk.submit(rig.limit(price="40000"))
    assert len(rig.venue.placed) == 1
    rig.venue.placed.clear()
    assert refusal(rig) == "orders.limit_asset_exposure"
    rig.desk.submit(rig.request(Side.SELL))


def test_exposure_to_any_asset(rig: Rig) -> None:
    limit(rig, asset_exposure_max=Decimal(104_999))
    assert refusal(rig) == "orders.limit_asset_exposure"
    limit(rig, asset_exposure_max=Decimal(1), asset_exposures={AssetId("BTC"): Decimal(1_000_000)})
    rig.desk.submit(rig.request())


def test_whole_exposure_leaves_cash_out_and_what_has_no_price(rig: Rig) -> None:
    rig.hold("NOPRICE", "1000000")
    limit(rig, exposure_max=Decimal(104_999))
    assert refusal(rig) == "orders.limit_exposure"
    limit(rig, exposure_max=Decimal(105_000))
    rig.desk.submit(rig.request())


def test_swapping_one_asset_for_another_adds_nothing_to_the_whole(rig: Rig) -> None:
    rig.venue.rules[ETH_BTC] = replace(RULES, instrument=ETH_BTC, notional_min=Decimal(0))
    rig.prices.put(
        [
            Price(instrument=ETH_BTC, last=Decimal("0.05"), at=NOON),
            Price(instrument=ETH_USDT, last=Decimal(2500), at=NOON),
        ]
    )
    limit(rig, exposure_max=Decimal(100_000))
    rig.desk.submit(rig.request(instrument=ETH_BTC, quantity="1"))


def test_reductions_pass_what_limits_size_and_exposure(rig: Rig) -> None:
    limit(rig, notional_max=Decimal(1), exposure_max=Decimal(1), reduce_only=True)
    assert refusal(rig) == "orders.limit_reduce_only"
    rig.desk.submit(rig.request(Side.SELL, reduce_only=True))


def test_limits_that_need_a_price_refuse_without_one(rig: Rig) -> None:
    rig.prices.prices.clear()
    limit(rig, notional_max=Decimal(1_000_000))
    assert refusal(rig) == "orders.price_unknown"


def test_orders_a_minute(rig: Rig) -> None:
    limit(rig, orders_per_minute_max=1)
    rig.desk.submit(rig.request())
    rig.venue.placed.clear()
    assert refusal(rig) == "orders.limit_rate"
    rig.clock.advance(61)
    rig.desk.submit(rig.request())


def test_limits_of_an_account_stand_beside_the_desks(rig: Rig) -> None:
    rig.account(OTHER)
    limit(rig, OTHER, notional_max=Decimal(1))
    rig.desk.submit(rig.request())
    rig.venue.placed.clear()
    assert refusal(rig, account_id=OTHER) == "orders.limit_notional"


@pytest.mark.parametrize(
    "limits",
    [
        {"notional_max": Decimal(-1)},
        {"asset_exposures": {AssetId("BTC"): Decimal(-1)}},
        {"orders_per_minute_max": -1},
    ],
)
def test_limits_that_can_not_be_meant(rig: Rig, limits: dict[str, Any]) -> None:
    with pytest.raises(NightdeskError) as refused:
        limit(rig, **limits)
    assert refused.value.code == "orders.limit_malformed"


def test_limits_of_no_account(rig: Rig) -> None:
    with pytest.raises(NightdeskError) as refused:
        limit(rig, AccountId(UUID(int=9)))
    assert refused.value.code == "accounts.not_found"


def test_every_change_is_in_the_audit(rig: Rig) -> None:
    limit(rig, notional_max=Decimal(5))
    limit(rig, notional_max=Decimal(6))
    newest, oldest = rig.limits.audit(TENANT)
    assert newest.details["before"] == oldest.details["after"]
    assert rig.limits.all(TENANT)[None].notional_max == Decimal(6)
    assert rig.events == ["limits.changed.v1"] * 2


def test_what_can_be_reduced_counts_what_is_being_sold() -> None:
    rig = Rig()
    rig.desk.submit(rig.limit(Side.SELL, "0.5", price="60000"))
    rig.desk.submit(rig.limit(Side.BUY, "0.5"))
    live = rig.desk.open_orders(TENANT)
    held = next(each for each in rig.store.balances if each.asset == "BTC")
    assert reducible(held, live, Decimal("0.25")) == Decimal("1.25")
    assert reducible(held, live, Decimal(5)) == 0
    assert reducible(None, live, Decimal(0)) == 0
    assert held.account_id == ACCOUNT
    assert BTC_USDT in {order.instrument for order in live}

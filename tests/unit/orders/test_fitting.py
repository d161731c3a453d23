from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.errors import NightdeskError
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.fitting import Wanted, fit, require_size, require_whole, to_step
from tests.fakes.orders import RULES

AMOUNTS = st.decimals(min_value="0.000001", max_value="100000", places=8)


def wanted(kind: OrderType = OrderType.LIMIT, side: Side = Side.BUY, quantity: str = "1", **prices: str) -> Wanted:
    told = {name: Decimal(price) for name, price in prices.items()}
    return Wanted(side=side, type=kind, quantity=Decimal(quantity), **told)


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(NightdeskError) as refused:
        call(*arguments)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize(
    ("order", "rules", "code"),
    [
        (wanted(), RULES, "orders.price_missing"),
        (wanted(price="0"), RULES, "orders.price_missing"),
        (wanted(OrderType.MARKET, price="1"), RULES, "orders.price_unwanted"),
        (wanted(OrderType.STOP_LOSS), RULES, "orders.price_missing"),
        (wanted(price="1", stop_price="1"), RULES, "orders.price_unwanted"),
        (wanted(price="1", quantity="0"), RULES, "orders.quantity_malformed"),
        (wanted(price="1"), replace(RULES, is_open=False), "orders.market_closed"),
        (wanted(price="1"), replace(RULES, types=frozenset({OrderType.MARKET})), "orders.type_refused"),
    ],
)
def test_what_is_not_whole_is_refused(order: Wanted, rules: object, code: str) -> None:
    assert code_of(require_whole, order, rules) == code


def test_whole_orders_pass() -> None:
    require_whole(wanted(price="1"), RULES)
    require_whole(wanted(OrderType.MARKET), RULES)
    require_whole(wanted(OrderType.STOP_LOSS_LIMIT, price="1", stop_price="1"), RULES)


def test_prices_are_never_worse_than_wanted() -> None:
    buy = fit(wanted(price="100.019", stop_price="99.999", kind=OrderType.STOP_LOSS_LIMIT), RULES)
    assert (buy.price, buy.stop_price) == (Decimal("100.01"), Decimal("99.99"))
    sell = fit(wanted(side=Side.SELL, price="100.011"), RULES)
    assert sell.price == Decimal("100.02")


def test_market_orders_have_lots_of_their_own() -> None:
    assert fit(wanted(OrderType.MARKET, quantity="1.23456"), RULES).quantity == Decimal("1.234")
    assert fit(wanted(quantity="1.23456", price="1"), RULES).quantity == Decimal("1.2345")
    assert fit(wanted(OrderType.MARKET, quantity="1.23456"), replace(RULES, market_lot=None)).quantity == Decimal(
        "1.2345"
    )


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (wanted(quantity="0", price="1"), "orders.quantity_too_small"),
        (wanted(quantity="1001", price="1"), "orders.quantity_too_large"),
        (wanted(OrderType.MARKET, quantity="11"), "orders.quantity_too_large"),
        (wanted(quantity="0.0001", price="1"), "orders.notional_too_small"),
    ],
)
def test_sizes_that_the_market_does_not_take(order: Wanted, code: str) -> None:
    assert code_of(require_size, order, RULES, Decimal(1)) == code


def test_what_the_venue_does_not_state_is_left_to_it() -> None:
    unlimited = replace(RULES, quantity_max=None, market_quantity_max=None)
    require_size(wanted(OrderType.MARKET, quantity="1000000"), unlimited, None)
    require_size(wanted(OrderType.MARKET, quantity="100"), replace(RULES, market_quantity_max=None), Decimal(1))


@given(amount=AMOUNTS, step=st.decimals(min_value="0.0001", max_value="10", places=4))
def test_rounding_down_leaves_less_than_a_step(amount: Decimal, step: Decimal) -> None:
    rounded = to_step(amount, step, ROUND_FLOOR)
    assert rounded % step == 0
    assert 0 <= amount - rounded < step


def test_no_step_rounds_nothing() -> None:
    assert to_step(Decimal("1.23"), Decimal(0), ROUND_FLOOR) == Decimal("1.23")


def test_a_long_amount_is_never_rounded_up() -> None:
    assert to_step(Decimal("99999999999.999999999999999999"), Decimal(1), ROUND_FLOOR) == Decimal(99_999_999_999)
    long = Decimal("12345678901.123456789012345678")
    assert to_step(long, Decimal("1E-17"), ROUND_FLOOR) == Decimal("12345678901.12345678901234567")


@pytest.mark.parametrize(
    ("side", "price", "fitted"),
    [
        (Side.BUY, "51234.7", "51234"),
        (Side.SELL, "51234.1", "51235"),
        (Side.SELL, "99999.1", "100000"),
        (Side.BUY, "0.00123456789", "0.0012345"),
        (Side.BUY, "1.5", "1.5"),
    ],
)
def test_a_price_has_no_more_digits_than_the_market_takes(side: Side, price: str, fitted: str) -> None:
    rules = replace(RULES, tick=Decimal("1e-8"), price_digits=5)
    assert fit(wanted(side=side, price=price), rules).price == Decimal(fitted)

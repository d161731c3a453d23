from decimal import Decimal

import pytest

from nightdesk.kernel.assets import parse_instrument
from nightdesk.markets.orders import MarketRules
from nightdesk.markets.price_steps import PriceStep, step_of, step_of_market, step_of_value

BTC = parse_instrument("BITFINEX:BTC/USD")


@pytest.mark.parametrize(
    ("tick", "step"),
    [
        ("0.01", PriceStep(1, 100)),
        ("0.010000", PriceStep(1, 100)),
        ("0.05", PriceStep(5, 100)),
        ("0.25", PriceStep(25, 100)),
        ("1", PriceStep(1, 1)),
        ("10", PriceStep(10, 1)),
        ("1E-8", PriceStep(1, 10**8)),
        ("1E-18", PriceStep(1, 10**15)),
    ],
)
def test_a_tick_is_a_whole_number_of_a_power_of_ten(tick: str, step: PriceStep) -> None:
    assert step_of(Decimal(tick)) == step


@pytest.mark.parametrize(
    ("last", "step"),
    [
        ("61234", PriceStep(1, 1)),
        ("161234", PriceStep(10, 1)),
        ("3.1234", PriceStep(1, 10**4)),
        (None, PriceStep(1, 10**8)),
    ],
)
def test_where_digits_are_counted_the_step_follows_the_price(last: str | None, step: PriceStep) -> None:
    rules = MarketRules(instrument=BTC, tick=Decimal("0.00000001"), lot=Decimal(1), price_digits=5)
    assert step_of_market(rules, Decimal(last) if last else None) == step


def test_where_nothing_is_told_the_value_suggests_a_step() -> None:
    told = {value: step_of_value(Decimal(value)).pricescale for value in ("63250.12", "1.0842", "0.0000102", "0")}
    assert told == {"63250.12": 100, "1.0842": 10**5, "0.0000102": 10**10, "0": 100}

from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.lots.average_cost import Position, fold
from nightdesk.lots.scaled import ScaledPool, scaled
from tests.builders.ledger import trade

BTC, USDT = AssetId("BTC"), AssetId("USDT")
ONE = 10**18


def test_fee_that_takes_more_than_was_bought() -> None:
    pool = ScaledPool()
    pool.trade(ONE, -2 * ONE, {USDT: -100 * ONE})
    assert pool.position() == fold([trade(1, "1", "-100", ("BTC", "-2"))], BTC)


def test_rebate_that_gives_back_more_than_was_sold() -> None:
    pool = ScaledPool()
    pool.trade(5 * ONE, 0, {USDT: -100 * ONE})
    pool.trade(-ONE, 2 * ONE, {USDT: 30 * ONE})
    assert pool.position() == fold([trade(1, "5", "-100"), trade(2, "-1", "30", ("BTC", "2"))], BTC)


def test_paying_nothing_changes_nothing() -> None:
    pool = ScaledPool()
    pool.pay(USDT, 0)
    assert pool.position() == Position()


def test_amounts_are_numbers_of_the_smallest_part() -> None:
    assert scaled(Decimal("-1.000000000000000001")) == -ONE - 1

"""What is kept beside a bar explains its close, whatever came late."""

from datetime import timedelta
from decimal import Decimal
from math import isclose

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.money import ZERO, add, multiply
from nightdesk.markets.model import Price
from nightdesk.portfolio.provenance import Provenance
from nightdesk.portfolio.rebuilding import PastBooks, rebuild
from nightdesk.portfolio.tracking import PortfolioTracker
from tests.property.portfolio.test_tracking import BAR, EXPOSURE, FIRST, HELD, START, USDT, ticks


def recomputed(told: Provenance) -> Decimal:
    """An independent sum over what was held, at the prices that are told."""
    prices = {each.asset: each.value for each in told.prices if each.into == USDT}
    total = ZERO
    for asset, quantity in HELD.items():
        total = add(total, multiply(quantity, prices[asset]))
    return total


@settings(max_examples=60, deadline=None)
@given(prices=ticks, data=st.data())
def test_provenance_of_each_bar_adds_up_to_its_close(prices: list[Price], data: st.DataObject) -> None:
    tracker = PortfolioTracker(timedelta(milliseconds=1))
    tracker.hold([EXPOSURE])
    closes: dict[object, float] = {}
    kept: dict[object, Provenance] = {}
    end = Price(instrument=FIRST[0].instrument, last=Decimal(3), at=START + timedelta(hours=2))
    for number, price in enumerate([*FIRST, *data.draw(st.permutations(prices)), end]):
        tracker.hear(price, START + timedelta(seconds=2 * number))
        rows = tracker.advance(START + timedelta(seconds=2 * number + 1))
        closes |= {row.candle.at + BAR: row.candle.close for row in rows}
        kept |= {told.at: told for told in tracker.told()}
    rows = tracker.settle()
    closes |= {row.candle.at + BAR: row.candle.close for row in rows}
    kept |= {told.at: told for told in tracker.told()}
    assert closes.keys() == kept.keys()
    for at, close in closes.items():
        (mine,) = kept[at].portfolios
        assert mine.value == recomputed(kept[at])
        assert isclose(float(mine.value), close, rel_tol=1e-12)


def test_bar_made_afterwards_is_explained_too() -> None:
    prices = [Price(instrument=each.instrument, last=Decimal(5), at=START + BAR) for each in FIRST]
    books = PastBooks(exposure=EXPOSURE, moves=[], prices=[*FIRST, *prices])
    (made,) = rebuild(books, [START])
    assert made.provenance.at == START + BAR
    assert float(recomputed(made.provenance)) == made.row.candle.close

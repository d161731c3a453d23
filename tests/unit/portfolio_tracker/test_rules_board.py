"""Figures as floats stay within their bounds of the exact ones, and past values are those of the steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from fargate.portfolio_tracker.rules_board import Board, NoLines
from fargate.portfolio_tracker.rules_pasts import PastValues
from nightdesk.execution.scope import Scope
from nightdesk.indicators.model import Expression
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Holding
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import Operand
from nightdesk.rules.slots import Past, Present, SlotKey, SlotTable, Worth
from tests.builders.rules import PRICE, TENANT, at

ONE = AccountId(UUID(int=1))
RSI = Operand("RSI(BINANCE:BTC/USDT,15m,14)")
HOUR = timedelta(hours=1)


def held(**amounts: str) -> Held:
    holdings = tuple(
        Holding(
            account_id=ONE,
            asset=AssetId(asset),
            position=Position(quantity=Decimal(amount)),
            folded_at=None,
            folded_sequence=0,
            stale=False,
        )
        for asset, amount in amounts.items()
    )
    return Held(books=Books(base_asset=AssetId("USDT"), accounts=(), holdings=holdings, reported=()), heads={ONE: 1})


def price(last: str, seconds: float, market: str = "BINANCE:BTC/USDT") -> Price:
    return Price(instrument=parse_instrument(market), last=Decimal(last), at=at(seconds))


class FakeLines(NoLines):
    """One figure."""

    def __init__(self) -> None:
        self.watched: list[str] = []

    def watch(self, expressions: Iterable[Expression]) -> None:
        self.watched = [each.text for each in expressions if each.bars]

    def figures(self) -> Mapping[str, float]:
        return {RSI: 29.5}


def board(*keys: SlotKey) -> Board:
    slots = SlotTable()
    for key in keys:
        slots.take(key)
    return Board(slots)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (PRICE, 100.1),
        ("30", 30.0),
        (RSI, 29.5),
        (f"{RSI} * 2", 59.0),
        (f"value(PORTFOLIO:{TENANT})", 250.2),
        (f"value(PORTFOLIO:{TENANT},BTC)", 200.2),
        (f"value(ACCOUNT:{ONE})", 250.2),
        (f"balance(PORTFOLIO:{TENANT},BTC)", 2.0),
        (f"value(ACCOUNT:{UUID(int=9)})", None),
        ("price(BINANCE:ETH/USDT)", None),
    ],
)
def test_every_kind_of_figure_is_near_the_exact_one(text: str, value: float | None) -> None:
    made, lines = board(Present(Operand(text))), FakeLines()
    made.follow(lines)
    made.hold(TENANT, held(BTC="2", USDT="50"))
    made.hear(price("100.1", 0))
    ticked = made.tick()
    assert ticked is not None
    tick, known = ticked
    exact = known.value(Operand(text))
    if value is None:
        assert exact is None
        assert tick.values[0] != tick.values[0]
        return
    assert exact is not None
    assert abs(Decimal(float(tick.values[0])) - exact) <= Decimal(float(tick.bounds[0])) + abs(exact) * Decimal("1e-15")
    assert float(exact) == pytest.approx(value)


def test_a_scope_is_known_once_its_books_are() -> None:
    made = board(Worth(TENANT, Scope(asset=AssetId("BTC")), None), Worth(TENANT, Scope(), "a bot"))
    assert made.tick() is None
    made.hear(price("100", 0))
    first = made.tick()
    made.hold(TENANT, held(BTC="2", USDT="50"))
    second = made.tick()
    made.hold(TENANT, None)
    assert first is not None
    assert second is not None
    assert str(first[0].values[0]) == "nan"
    assert second[0].values[0] == 200
    assert str(second[0].values[1]) == "nan"
    assert second[1].instant > first[1].instant


def test_a_late_price_changes_nothing() -> None:
    made = board(Present(PRICE))
    for last, second in (("100", 10), ("90", 5)):
        made.hear(price(last, second))
    ticked = made.tick()
    assert ticked is not None
    assert ticked[0].values[0] == 100
    assert made.market_at == made.instant == at(10)


def test_only_what_moved_is_marked() -> None:
    made = board(Present(PRICE), Present(Operand("price(BINANCE:ETH/USDT)")))
    made.hear(price("100", 0))
    made.tick()
    made.hear(price("5", 1, "BINANCE:ETH/USDT"))
    ticked = made.tick()
    assert ticked is not None
    assert ticked[0].moved.tolist() == [False, True]


def test_past_values_are_of_the_last_instant_at_or_before_each_step() -> None:
    made = board(Past(PRICE, HOUR), Present(PRICE))
    told = {}
    for second, last in ((0, "1"), (59, "2"), (60, "3"), (130, "4"), (3600, "5"), (3661, "6"), (3790, "7")):
        made.hear(price(last, second))
        ticked = made.tick()
        assert ticked is not None
        told[second] = str(ticked[0].values[0])
    assert told == {0: "nan", 59: "nan", 60: "nan", 130: "nan", 3600: "1.0", 3661: "3.0", 3790: "4.0"}


def test_samples_are_kept_as_long_as_a_window_wants_them() -> None:
    pasts = PastValues()
    pasts.want([Past(PRICE, timedelta(minutes=5))])
    assert pasts.pass_over(None, at(0), lambda _: Decimal(1)) is False
    assert pasts.pass_over(at(0), at(30), lambda _: Decimal(1)) is True
    assert pasts.pass_over(at(30), at(40), lambda _: Decimal(2)) is False
    pasts.put(PRICE, at(-60), Decimal(9))
    pasts.put(PRICE, at(0), Decimal(9))
    pasts.put(RSI, at(0), Decimal(9))
    assert (pasts.at(PRICE, at(-60)), pasts.at(PRICE, at(0)), pasts.at(RSI, at(0))) == (Decimal(9), Decimal(1), None)
    pasts.pass_over(at(40), at(3600), lambda _: Decimal(3))
    assert (pasts.at(PRICE, at(0)), pasts.at(PRICE, at(3540))) == (None, Decimal(3))


def test_nobodys_places_are_left_alone() -> None:
    slots = SlotTable()
    slots.take(Present(PRICE))
    slots.take(Present(Operand("1")))
    slots.give_back(0)
    made = Board(slots)
    made.hear(price("100", 0))
    ticked = made.tick()
    assert ticked is not None
    assert str(ticked[0].values[0]) == "nan"
    made.warmed()


def test_nothing_is_wanted_of_a_stranger() -> None:
    made = board(Worth(TENANT, Scope(), None))
    made.hear(price("100", 0))
    made.hold(TenantId(UUID(int=77)), held(BTC="1"))
    ticked = made.tick()
    assert ticked is not None
    assert str(ticked[0].values[0]) == "nan"

"""Matching keeps price-time priority and never gives what is not there."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fargate.paper_exchange.engine.matching import Quote, match_notional, match_quantity, match_tape, priority
from fargate.paper_exchange.engine.model import Order, OrderStatus, OrderType, Side, TapeTrade, TimeInForce

_amounts = st.integers(1, 500).map(lambda lots: Decimal(lots) / 10)
_quotes = st.lists(st.builds(Quote, _amounts, _amounts, st.integers(1, 100), st.integers(1, 100)), max_size=12)
_sides = st.sampled_from(Side)


@given(side=_sides, quantity=_amounts, limit=st.none() | _amounts, quotes=_quotes)
def test_a_taker_meets_the_best_price_first_and_the_earliest_of_a_price(
    side: Side, quantity: Decimal, limit: Decimal | None, quotes: list[Quote]
) -> None:
    matches = match_quantity(side, quantity, limit, quotes)
    ranked = sorted(quotes, key=lambda quote: priority(side, quote))
    assert [(m.price, m.order_id) for m in matches] == [(q.price, q.order_id) for q in ranked[: len(matches)]]
    assert all(m.quantity == q.quantity for m, q in zip(matches[:-1], ranked, strict=False))
    assert sum(m.quantity for m in matches) <= quantity
    if limit is not None:
        assert all(m.price <= limit if side is Side.BUY else m.price >= limit for m in matches)


@given(side=_sides, quantity=_amounts, quotes=_quotes)
def test_a_taker_without_limit_gets_all_there_is_up_to_its_quantity(
    side: Side, quantity: Decimal, quotes: list[Quote]
) -> None:
    there = sum((quote.quantity for quote in quotes), Decimal(0))
    assert sum(m.quantity for m in match_quantity(side, quantity, None, quotes)) == min(quantity, there)


@given(side=_sides, notional=_amounts, quotes=_quotes)
def test_a_taker_by_notional_never_spends_more(side: Side, notional: Decimal, quotes: list[Quote]) -> None:
    lot = Decimal("0.01")
    matches = match_notional(side, notional, lot, quotes)
    assert sum(m.quantity * m.price for m in matches) <= notional
    assert all(m.quantity % lot == 0 for m in matches)


def _order(number: int, side: Side, price: str, quantity: str = "1") -> Order:
    zero = Decimal(0)
    return Order(
        number, 1, "", "ETH/USDT", side, OrderType.LIMIT, TimeInForce.GOOD_TILL_CANCELLED, OrderStatus.NEW,
        Decimal(price), Decimal(quantity), zero, zero, zero, 0, 0,
    )  # fmt: skip


def _tape(price: str, quantity: str, *, buyer_is_maker: bool) -> TapeTrade:
    return TapeTrade(1, 1, Decimal(price), Decimal(quantity), buyer_is_maker)


def test_what_the_market_trades_through_fills_whole() -> None:
    found = match_tape(_tape("99", "0.1", buyer_is_maker=False), [_order(1, Side.BUY, "100", "5")])
    assert [(order.order_id, quantity) for order, quantity in found] == [(1, Decimal(5))]


def test_at_its_own_price_an_order_shares_the_trade_by_time() -> None:
    resting = [_order(2, Side.BUY, "100"), _order(1, Side.BUY, "100")]
    found = match_tape(_tape("100", "1.5", buyer_is_maker=True), resting)
    assert [(order.order_id, quantity) for order, quantity in found] == [(1, Decimal(1)), (2, Decimal("0.5"))]


def test_a_trade_of_the_other_side_leaves_an_order_at_its_price() -> None:
    assert match_tape(_tape("100", "9", buyer_is_maker=False), [_order(1, Side.BUY, "100")]) == []
    assert match_tape(_tape("100", "9", buyer_is_maker=True), [_order(1, Side.SELL, "100")]) == []

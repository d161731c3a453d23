"""Matching: which resting liquidity a taker meets, at what price and in what order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from fargate.paper_exchange.engine.model import Order, Side, TapeTrade
from nightdesk.kernel.money import ZERO


class Quote(NamedTuple):
    """Something a taker can meet: an account's resting order, or a level of the made book.

    Attributes:
        arrival: Time priority within a price; accounts' orders by their number, the made book after them.
        order_id: The resting order, or None for the made book.
    """

    price: Decimal
    quantity: Decimal
    arrival: int
    order_id: int | None


class Match(NamedTuple):
    """One meeting of a taker and a quote."""

    price: Decimal
    quantity: Decimal
    order_id: int | None


MADE_BOOK_ARRIVAL = 1 << 62


def priority(side: Side, quote: Quote) -> tuple[Decimal, int]:
    """Sort key of quotes that a taker of this side meets: best price first, then the earliest."""
    return (quote.price if side is Side.BUY else -quote.price, quote.arrival)


def acceptable(side: Side, price: Decimal, limit: Decimal | None) -> bool:
    """Whether a taker with this limit takes this price."""
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit


def match_quantity(side: Side, quantity: Decimal, limit: Decimal | None, quotes: Iterable[Quote]) -> list[Match]:
    """What a taker of so much base gets, in price-time priority, never beyond its limit."""
    matches, left = [], quantity
    for quote in sorted(quotes, key=lambda quote: priority(side, quote)):
        if left <= 0 or not acceptable(side, quote.price, limit):
            break
        taken = min(left, quote.quantity)
        matches.append(Match(quote.price, taken, quote.order_id))
        left -= taken
    return matches


def match_notional(side: Side, notional: Decimal, lot: Decimal, quotes: Iterable[Quote]) -> list[Match]:
    """What a taker who spends or wants so much quote gets, in whole lots, never more than the notional."""
    matches, left = [], notional
    for quote in sorted(quotes, key=lambda quote: priority(side, quote)):
        taken = min(quote.quantity, left / quote.price // lot * lot)
        if taken <= 0:
            break
        matches.append(Match(quote.price, taken, quote.order_id))
        left -= taken * quote.price
    return matches


def match_tape(trade: TapeTrade, resting: Iterable[Order]) -> list[tuple[Order, Decimal]]:
    """Which resting orders a trade of the tape fills, and how far, in price-time priority.

    An order whose price the market traded through fills whole; at its own price it fills from the trade's quantity
    when the trade hit its side.
    """
    found, left = [], trade.quantity
    for order in sorted(resting, key=_tape_priority):
        through = trade.price < order.price if order.side is Side.BUY else trade.price > order.price
        hit = trade.price == order.price and trade.buyer_is_maker == (order.side is Side.BUY)
        if not (through or hit):
            continue
        quantity = order.remaining if through else min(order.remaining, left)
        if quantity > 0:
            found.append((order, quantity))
        left = max(ZERO, left - quantity)
    return found


def _tape_priority(order: Order) -> tuple[Decimal, int]:
    return (-order.price if order.side is Side.BUY else order.price, order.order_id)

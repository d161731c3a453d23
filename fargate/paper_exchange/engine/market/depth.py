"""The order book that stands around the last trade: made, not recorded, and the same for the same trade."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import NamedTuple

from fargate.paper_exchange.engine.model import Instrument, Level, TapeTrade

LEVELS = 200
_SPREAD = Decimal("0.0001")
_GAP = Decimal("0.00008")


class Depth(NamedTuple):
    """Bids from the highest, asks from the lowest."""

    bids: list[Level]
    asks: list[Level]


def depth_around(instrument: Instrument, last: TapeTrade, levels: int = LEVELS) -> Depth:
    """The book as the last trade left it: the trade's price is the best price of the side that was hit."""
    random = Random(f"{instrument.symbol}:{last.trade_id}")  # noqa: S311 - a model, no secret
    spread = max(_steps(last.price * _SPREAD, instrument.tick), 1)
    tick = _steps(last.price, instrument.tick)
    bid, ask = (tick, tick + spread) if last.buyer_is_maker else (tick - spread, tick)
    gap = max(_steps(last.price * _GAP, instrument.tick), 1)
    size = max(_steps(last.quantity, instrument.lot), 4)
    bids = _side(instrument, max(bid, 1), -gap, size, (random, levels))
    asks = _side(instrument, ask, gap, size, (random, levels))
    return Depth(bids, asks)


def _side(instrument: Instrument, best: int, gap: int, size: int, shape: tuple[Random, int]) -> list[Level]:
    random, levels = shape
    made, price = [], best
    for number in range(levels):
        if price < 1:
            break
        lots = max(1, int(size * (0.4 + random.random() * 1.6) * (1 + number * 0.15)))
        made.append(Level(instrument.tick * price, instrument.lot * lots))
        price += gap
    return made


def _steps(amount: Decimal, step: Decimal) -> int:
    return int(amount / step)

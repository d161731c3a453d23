"""Rows of trades, made into bars of a minute as live ones are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from nightdesk.candles.builder import BarBuilder, Outcome
from nightdesk.candles.files.bars import instant_cell
from nightdesk.candles.files.columns import Layout
from nightdesk.candles.files.instants import ZoneNeeded, read_instant
from nightdesk.candles.files.model import Cell, Field, FileTerms, Rejected, Row
from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.errors import InvalidInput


def build(rows: Sequence[Row], layout: Layout, terms: FileTerms) -> tuple[list[Candle], list[Rejected], int]:
    """The bars of a file's trades, the rows that are none, and how many were there twice.

    Minutes in which nothing was traded repeat the close before. Trades without numbers can't be told from each
    other: each counts.

    Raises:
        ZoneNeeded: The instants have no offset and no zone was promised.
        InvalidInput: No row is a trade.
    """
    trades: list[Trade] = []
    rejected: list[Rejected] = []
    for number, cells in rows:
        try:
            layout.require_width(cells)
            trades.append(_trade(cells, layout, terms))
        except ZoneNeeded:
            raise
        except InvalidInput as error:
            rejected.append(Rejected(number, error.message))
    if not trades:
        first = rejected[0]
        raise InvalidInput("candle_files.no_bars", f"No row is a trade; of row {first.number}, {first.reason}.")
    candles, doubles = _built(sorted(trades, key=lambda trade: (trade.at, trade.identity or 0)))
    return candles, rejected, doubles


def _built(trades: Sequence[Trade]) -> tuple[list[Candle], int]:
    builder = BarBuilder()
    doubles = sum(builder.add(trade) is Outcome.DOUBLE for trade in trades)
    return builder.settle(trades[-1].at + timedelta(minutes=1)), doubles


def _trade(cells: Sequence[Cell], layout: Layout, terms: FileTerms) -> Trade:
    price = _exact(layout.cell(cells, Field.PRICE), Field.PRICE)
    amount = _exact(layout.cell(cells, Field.AMOUNT), Field.AMOUNT)
    if price <= 0 or amount <= 0:
        raise InvalidInput("candle_files.price", "a price or an amount is zero or negative")
    return Trade(read_instant(instant_cell(cells, layout), terms), price, amount, _identity(cells, layout))


def _identity(cells: Sequence[Cell], layout: Layout) -> int | None:
    text = str(layout.cell(cells, Field.IDENTITY)).strip()
    return int(text) if text.isdecimal() else None


def _exact(cell: Cell, column: Field) -> Decimal:
    try:
        number = cell if isinstance(cell, Decimal) else Decimal(str(cell).strip())
    except InvalidOperation:
        raise InvalidInput("candle_files.number", f"the {column} is no number") from None
    if not number.is_finite():
        raise InvalidInput("candle_files.number", f"the {column} is not finite")
    return number


RESOLUTION = Resolution.MINUTE
"""Of the bars that trades become."""

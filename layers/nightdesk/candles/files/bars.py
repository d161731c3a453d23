"""Rows of bars, checked one by one: a bar for each that can be one, a reason for each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from nightdesk.candles.files.columns import Layout
from nightdesk.candles.files.instants import ZoneNeeded, read_instant
from nightdesk.candles.files.model import Cell, Field, FileTerms, Rejected, Row, Stamp
from nightdesk.candles.model import Candle, CandleRow, require_row
from nightdesk.candles.resolutions import STORED, BarLength, Resolution, Unit, bar_start, parse_length
from nightdesk.kernel.errors import InvalidInput

_INSTANT = timedelta(microseconds=1)
_PRICES = (Field.OPEN, Field.HIGH, Field.LOW, Field.CLOSE)
_MONTH = (timedelta(days=28), timedelta(days=31))


@dataclass(frozen=True, slots=True)
class Stamped:
    """A row whose cells are an instant and numbers."""

    number: int
    at: datetime
    prices: tuple[float, float, float, float]
    volume: float


@dataclass(slots=True)
class Sifted:
    """Bars by their start with the number of their row, and the rows that are none."""

    bars: dict[datetime, tuple[int, Candle]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    doubles: int = 0


def sift(rows: Sequence[Row], layout: Layout, terms: FileTerms) -> tuple[Resolution, Sifted]:
    """The file's bars and their resolution.

    Raises:
        ZoneNeeded: Its instants have no offset and no zone was promised.
        InvalidInput: No row is a bar, or most are not so far apart as was said, or as bars are stored.
    """
    sifted = Sifted()
    stamped = list(_stamped(rows, layout, terms, sifted.rejected))
    if not stamped:
        first = sifted.rejected[0]
        raise InvalidInput("candle_files.no_bars", f"No row is a bar; of row {first.number}, {first.reason}.")
    resolution = _resolution(sorted({row.at for row in stamped}), terms)
    for row in stamped:
        _take(row, resolution, terms, sifted)
    return resolution, sifted


def _stamped(rows: Sequence[Row], layout: Layout, terms: FileTerms, rejected: list[Rejected]) -> Iterator[Stamped]:
    for number, cells in rows:
        try:
            layout.require_width(cells)
            yield _one(number, cells, layout, terms)
        except ZoneNeeded:
            raise
        except InvalidInput as error:
            rejected.append(Rejected(number, error.message))


def _one(number: int, cells: Sequence[Cell], layout: Layout, terms: FileTerms) -> Stamped:
    at = read_instant(instant_cell(cells, layout), terms)
    first, high, low, last = (read_number(layout.cell(cells, each), each) for each in _PRICES)
    volume = read_number(layout.cell(cells, Field.VOLUME), Field.VOLUME) if Field.VOLUME in layout.places else 0.0
    if min(first, high, low, last) <= 0:
        raise InvalidInput("candle_files.price", "a price is zero or negative")
    return Stamped(number, at, (first, high, low, last), volume)


def instant_cell(cells: Sequence[Cell], layout: Layout) -> Cell:
    """The cell of the instant, put together where date and time stand apart."""
    if Field.DATE in layout.places:
        return f"{layout.cell(cells, Field.DATE)} {layout.cell(cells, Field.TIME)}"
    return layout.cell(cells, Field.AT)


def read_number(cell: Cell, column: Field) -> float:
    """A finite number.

    Raises:
        InvalidInput: It is none.
    """
    try:
        number = float(str(cell).strip()) if not isinstance(cell, float) else cell
    except ValueError:
        raise InvalidInput("candle_files.number", f"the {column} is no number") from None
    if not math.isfinite(number):
        raise InvalidInput("candle_files.number", f"the {column} is not finite")
    return number


def _resolution(starts: Sequence[datetime], terms: FileTerms) -> Resolution:
    steps = Counter(late - early for early, late in pairwise(starts))
    if not steps:
        if terms.resolution is None:
            raise InvalidInput("candle_files.resolution_needed", "How long a bar is can't be seen in the file: say it.")
        return terms.resolution
    found = _length(steps.most_common(1)[0][0])
    resolution = terms.resolution or found
    if str(found) != str(resolution):
        raise InvalidInput("candle_files.resolution_differs", f"Most bars are {found} apart, not {resolution}.")
    if resolution not in STORED:
        kept = ", ".join(STORED)
        raise InvalidInput("candle_files.resolution_unknown", f"Bars of {resolution} are not stored, but {kept} are.")
    return Resolution(str(resolution))


def _length(step: timedelta) -> Resolution | BarLength | str:
    if _MONTH[0] <= step <= _MONTH[1]:
        return Resolution.MONTH
    minutes, rest = divmod(step, timedelta(minutes=1))
    if rest:
        return str(step)
    days, rest_of_day = divmod(step, timedelta(days=1))
    if not rest_of_day:
        return parse_length(f"{days}d") if days != 1 else Resolution.DAY
    return parse_length(f"{minutes}m") if minutes <= 1440 else BarLength(minutes, Unit.MINUTE)  # noqa: PLR2004


def _take(row: Stamped, resolution: Resolution, terms: FileTerms, sifted: Sifted) -> None:
    at = _start(row.at, resolution, terms.stamped)
    candle = Candle(at, *row.prices, row.volume)
    try:
        require_row(CandleRow(terms.series, resolution, candle, ""))
    except InvalidInput as error:
        sifted.rejected.append(Rejected(row.number, error.message))
        return
    other = sifted.bars.setdefault(at, (row.number, candle))
    if other[0] == row.number:
        return
    if other[1] == candle:
        sifted.doubles += 1
    else:
        sifted.rejected.append(Rejected(row.number, f"row {other[0]} tells this bar otherwise"))


def _start(at: datetime, resolution: Resolution, stamped: Stamp) -> datetime:
    if stamped is Stamp.INSIDE:
        return bar_start(at, resolution)
    if stamped is Stamp.START:
        return at
    start = bar_start(at - _INSTANT, resolution)
    return start if bar_start(at, resolution) == at else at  # a crooked end stays crooked, and is rejected

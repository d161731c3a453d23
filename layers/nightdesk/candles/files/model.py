"""Files as tables, what is promised about them, and what became of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.candles.gaps import Gap
from nightdesk.candles.resolutions import Resolution

Cell = str | int | float | Decimal | datetime | None
"""What stands in a file's cell: text in a CSV, already a number or an instant elsewhere."""

Row = tuple[int, Sequence[Cell]]
"""A row after its number in the file, counted from 1; in a text file the number of its line."""


class Field(StrEnum):
    """What a column can be."""

    AT = "at"
    DATE = "date"
    TIME = "time"
    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    VOLUME = "volume"
    PRICE = "price"
    AMOUNT = "amount"
    IDENTITY = "id"


class Stamp(StrEnum):
    """Which instant of its bar a row is stamped with."""

    START = "start"
    END = "end"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Table:
    """A file's content.

    Attributes:
        name: Of the file.
        columns: As its header names them; None where it has none.
        fingerprint: SHA-256 of the file's bytes, in hexadecimal.
    """

    name: str
    columns: tuple[str, ...] | None
    rows: Sequence[Row]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTerms:
    """What whoever loads a file says of it; nothing of this is ever guessed.

    Attributes:
        series: Whose bars they are, `BINANCE:ETH/BTC`.
        resolution: Of the bars; None takes what most rows are apart. Trades become bars of a minute.
        zone: In which instants without an offset are written; None refuses a file that has such.
        stamped: Which instant of a bar is written.
        date_format: How instants are written, as `strptime` has it, where it is no ISO 8601 and no number.
        columns: By what they are the columns' names, or places from 0; empty where the header tells.
        origin: Whose file it is, such as a data vendor; kept with the bars.
    """

    series: str
    resolution: Resolution | None = None
    zone: tzinfo | None = None
    stamped: Stamp = Stamp.START
    date_format: str | None = None
    columns: Mapping[Field, str] = field(default_factory=lambda: MappingProxyType({}))
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that became nothing, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of every row: `rows == imported + skipped + len(rejected)`.

    Attributes:
        imported: Rows whose bar is stored, or whose trade is in one.
        skipped: Rows that told nothing new: they stand in the file twice, or their bar was there already.
        bars: So many bars were stored.
        resolution: Of the bars.
        gaps: Runs of bars that are missing between the file's first and last, while its market was open.
    """

    name: str
    rows: int
    imported: int
    skipped: int
    rejected: tuple[Rejected, ...]
    bars: int
    resolution: Resolution
    since: datetime | None
    until: datetime | None
    gaps: tuple[Gap, ...]

    @property
    def reasons(self) -> Counter[str]:
        """How many rows were rejected for each reason."""
        return Counter(each.reason for each in self.rejected)

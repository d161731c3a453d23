"""What a file says, row by row, before it is booked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import AssetId
from nightdesk.ledger.model import EntryKind, Fact, Leg

Cells = tuple[str, ...]


class ZoneRule(StrEnum):
    """How a format's times are to be read."""

    UTC = "utc"
    UNSAID = "unsaid"


class ColumnRole(StrEnum):
    """What a column of a mapped file means."""

    DATE = "date"
    TYPE = "type"
    SENT_AMOUNT = "sent_amount"
    SENT_ASSET = "sent_asset"
    RECEIVED_AMOUNT = "received_amount"
    RECEIVED_ASSET = "received_asset"
    AMOUNT = "amount"
    ASSET = "asset"
    FEE_AMOUNT = "fee_amount"
    FEE_ASSET = "fee_asset"
    TX_HASH = "tx_hash"
    IDENTITY = "identity"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table as it stands in the file.

    Attributes:
        line: The line of the file on which it begins; the header has one too.
    """

    line: int
    cells: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file as rows.

    Attributes:
        delimiter: `,`, `;` or a tab.
        decimal_comma: Whether `1,5` is one and a half; None when no number of the file tells.
    """

    header: Cells
    rows: tuple[Row, ...]
    delimiter: str
    decimal_comma: bool | None = False


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of an asset, always positive: which way it went is said by where it stands."""

    quantity: Decimal
    asset: AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDetails:
    """What a row says beside its amounts; kept next to the entry.

    Attributes:
        told_id: The id that the file gives the event.
    """

    tx_hash: str | None = None
    sent_from: str | None = None
    sent_to: str | None = None
    told_id: str | None = None

    def __bool__(self) -> bool:
        return any((self.tx_hash, self.sent_from, self.sent_to, self.told_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One event that one or more rows tell of.

    Attributes:
        rows: Those that tell it; the first one's line names it.
        at: With an offset where the file says one, else the wall clock of the file's zone.
    """

    rows: tuple[Row, ...]
    at: datetime
    kind: EntryKind
    legs: tuple[Leg, ...]
    details: TransferDetails = field(default_factory=TransferDetails)
    note: str | None = None

    @property
    def line(self) -> int:
        """Where the event stands in the file."""
        return self.rows[0].line


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows that became no event.

    Attributes:
        rejected: The row should have been one and could not be read; else it is rightly none.
        detail: What is wrong, for a person.
    """

    rows: tuple[Row, ...]
    reason: str
    rejected: bool
    detail: str = ""


Reading = Said | LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A way in which files are written.

    Attributes:
        name: Stable: `koinly.universal`.
        title: For people.
        fits: Whether a header, in lower case and without spaces at its ends, is of this format.
        read: Every row of a table, as an event or with why it is none.
    """

    name: str
    title: str
    zone: ZoneRule
    fits: Callable[[Cells], bool]
    read: Callable[[Table], Iterable[Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """A fact of a file with the rows it comes from.

    Attributes:
        rank: 1 for the first of equal facts of the file, 2 for the second …
    """

    fact: Fact
    rows: tuple[Row, ...]
    rank: int
    details: TransferDetails = field(default_factory=TransferDetails)
    note: str | None = None

    @property
    def line(self) -> int:
        """Where the event stands in the file."""
        return self.rows[0].line

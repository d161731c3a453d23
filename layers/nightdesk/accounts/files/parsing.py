"""A file's bytes as events: one way to read it for the preview and for the import, so both see the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from nightdesk.accounts.files.facts import Origin, file_facts
from nightdesk.accounts.files.mapping import ColumnMapping, format_of
from nightdesk.accounts.files.model import FileFact, FileFormat, LeftOut, Reading, Said, Table
from nightdesk.accounts.files.registry import detect
from nightdesk.accounts.files.stored import KeptRow
from nightdesk.accounts.files.table import read_table
from nightdesk.kernel.assets import VenueId

SECOND = timedelta(seconds=1)
_DETAIL_LENGTH_MAX = 300
_CELL_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file, read without a zone.

    Attributes:
        form: None if nobody knows what the header means.
    """

    table: Table
    form: FileFormat | None
    readings: tuple[Reading, ...]

    @property
    def said(self) -> tuple[Said, ...]:
        """The events."""
        return tuple(each for each in self.readings if isinstance(each, Said))


@dataclass(frozen=True, slots=True)
class Dated:
    """A file, its times known.

    Attributes:
        facts: By instant, then line: the order in which they are booked.
    """

    facts: tuple[FileFact, ...]
    left_out: tuple[LeftOut, ...]


def parse(content: bytes, mapping: ColumnMapping | None) -> Parsed:
    """Read the file as the mapping says, or else as its header does.

    Raises:
        InvalidInput: `files.not_text`, `files.no_header`.
        TooLarge: `files.too_many_rows`.
    """
    table = read_table(content)
    form = detect(table) if mapping is None else format_of(mapping)
    return Parsed(table, form, tuple(form.read(table)) if form else ())


def dated(parsed: Parsed, sha256: str, venue: VenueId, zone: ZoneInfo) -> Dated:
    """The events at their instants; those whose wall clock's time was none are left out."""
    found = tuple(file_facts(parsed.readings, Origin(sha256=sha256, venue=venue, zone=zone)))
    facts = sorted(
        (each for each in found if isinstance(each, FileFact)), key=lambda each: (each.fact.occurred_at, each.line)
    )
    return Dated(tuple(facts), tuple(each for each in found if isinstance(each, LeftOut)))


def kept_rows(left_out: Sequence[LeftOut]) -> list[KeptRow]:
    """Every row of what is left out, as it is kept for its user."""
    return [
        KeptRow(
            line=row.line,
            reason=each.reason,
            rejected=each.rejected,
            detail=_clean(each.detail, _DETAIL_LENGTH_MAX),
            cells=tuple(_clean(cell, _CELL_LENGTH_MAX) for cell in row.cells),
        )
        for each in left_out
        for row in each.rows
    ]


def _clean(text: str, length: int) -> str:
    return text.replace("\x00", "")[:length]

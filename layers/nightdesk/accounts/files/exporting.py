"""The ledger in other tools' formats, with a list of what each can't say.

What a format can't say is found by reading every written row back with the format's own reader: where the events read
are not the one that was written, the difference is reported with its entry.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from enum import StrEnum

from nightdesk.accounts.files.model import Amount, FileFormat, Row, Said, Table
from nightdesk.accounts.files.multiset import moved
from nightdesk.ledger.model import Entry, EntryKind, Fact, Leg, LegRole

ENTRIES_A_PAGE = 1000


class Unsaid(StrEnum):
    """Why what is read back isn't what was written."""

    ENTRY = "entry"
    TIME = "time"
    KIND = "kind"
    SPLIT = "split"
    LEGS = "legs"
    BALANCES = "balances"


UNSAID_WORDS = {
    Unsaid.ENTRY: "The format has no row for such an event; it is left out.",
    Unsaid.TIME: "The format has no fractions of a second.",
    Unsaid.KIND: "The format has no word for this kind of event.",
    Unsaid.SPLIT: "The event takes several rows of the format.",
    Unsaid.LEGS: "The format doesn't say which leg is what, or in which wallet.",
    Unsaid.BALANCES: "The format can't say all that moved.",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What one row of a two-sided table can say."""

    kind: EntryKind
    sent: Amount | None = None
    received: Amount | None = None
    fee: Amount | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing about one entry that the format can't say."""

    account_id: str
    sequence: int
    reason: Unsaid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A way to write the ledger.

    Attributes:
        separator: Stands between two parts' bodies.
    """

    name: str
    title: str
    file_name: str
    media_type: str
    head: str
    tail: str
    separator: str
    write: Callable[[Entry, str], tuple[str, tuple[Unsaid, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A part of an export: the whole is head, the parts' bodies with separators between, tail."""

    body: str
    entries: int
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """A table to write, and the reader it must please."""

    header: tuple[str, ...]
    row: Callable[[Fact, Telling, str], tuple[str, ...] | None]
    reads: FileFormat


def exported(form: ExportFormat, entries: Iterable[Entry], places: Callable[[Entry], str]) -> Exported:
    """The entries in the format.

    Args:
        form: What to write.
        entries: In the order to write them.
        places: What to call the account of an entry.
    """
    bodies: list[str] = []
    losses: list[Loss] = []
    count = 0
    for entry in entries:
        body, unsaid = form.write(entry, places(entry))
        count += 1
        if body:
            bodies.append(body)
        losses.extend(Loss(str(entry.account_id), entry.sequence, reason) for reason in unsaid)
    return Exported(body=form.separator.join(bodies), entries=count, losses=tuple(losses))


def table_writer(table: TableFormat) -> Callable[[Entry, str], tuple[str, tuple[Unsaid, ...]]]:
    """Writes entries as rows of the table and reads them back."""

    def write(entry: Entry, place: str) -> tuple[str, tuple[Unsaid, ...]]:
        rows = [table.row(entry.fact, telling, place) for telling in tellings(entry.fact)]
        said = [row for row in rows if row is not None]
        return csv_text(said), _unsaid(entry.fact, _read_back(table, said))

    return write


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def tellings(fact: Fact) -> list[Telling]:
    """The fact as rows with a side that goes, one that comes and a fee; what doesn't fit one row takes more."""
    went = [leg for leg in fact.legs if leg.role is not LegRole.FEE and leg.amount < 0]
    came = [leg for leg in fact.legs if leg.role is not LegRole.FEE and leg.amount > 0]
    fees = [leg for leg in fact.legs if leg.role is LegRole.FEE and leg.amount < 0]
    returned = [leg for leg in fact.legs if leg.role is LegRole.FEE and leg.amount > 0]
    if len(went) == len(came) == 1:
        rows = [Telling(fact.kind, _amount(went[0]), _amount(came[0]))]
    else:
        rows = [Telling(fact.kind, sent=_amount(leg)) for leg in went]
        rows += [Telling(fact.kind, received=_amount(leg)) for leg in came]
    if rows and fees:
        rows[0] = replace(rows[0], fee=_amount(fees.pop(0)))
    rows += [Telling(EntryKind.FEE if rows else fact.kind, fee=_amount(leg)) for leg in fees]
    return rows + [Telling(EntryKind.REWARD, received=_amount(leg)) for leg in returned]


def _amount(leg: Leg) -> Amount:
    return Amount(leg.amount.copy_abs(), leg.asset)


def _read_back(table: TableFormat, rows: Sequence[tuple[str, ...]]) -> list[Said]:
    readable = Table(header=table.header, rows=tuple(Row(line, row) for line, row in enumerate(rows, 2)), delimiter=",")
    return [reading for reading in table.reads.read(readable) if isinstance(reading, Said)]


def _unsaid(fact: Fact, said: Sequence[Said]) -> tuple[Unsaid, ...]:
    if not said:
        return (Unsaid.ENTRY,)
    found = []
    if said[0].at.replace(tzinfo=UTC) != fact.occurred_at:
        found.append(Unsaid.TIME)
    legs = [leg for each in said for leg in each.legs]
    if moved(legs) != moved(fact.legs):
        found.append(Unsaid.BALANCES)
    if len(said) > 1:
        found.append(Unsaid.SPLIT)
    else:
        if said[0].kind is not fact.kind:
            found.append(Unsaid.KIND)
        if said[0].legs != fact.legs and Unsaid.BALANCES not in found:
            found.append(Unsaid.LEGS)
    return tuple(found)

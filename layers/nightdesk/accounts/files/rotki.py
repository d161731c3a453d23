"""rotki's generic files: trades, and every other event; times are milliseconds since 1970.

Source: rotki `docs/files/rotki_generic_trades.csv`, `docs/files/rotki_generic_events.csv`,
`importers/rotki_events.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.cells import Columns, read_instant
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.labels import kind_named
from nightdesk.accounts.files.model import Cells, FileFormat, Reading, Row, Said, Table, ZoneRule
from nightdesk.ledger.model import EntryKind

_EVENTS: Final = frozenset({"type", "location", "currency", "amount", "timestamp"})
_TRADES: Final = frozenset({"spend currency", "receive currency", "receive amount", "spend amount", "timestamp"})
_KINDS: Final[Mapping[str, EntryKind]] = {
    "deposit": EntryKind.DEPOSIT,
    "withdrawal": EntryKind.WITHDRAWAL,
    "income": EntryKind.REWARD,
    "staking": EntryKind.REWARD,
    "loss": EntryKind.ADJUSTMENT,
    "spend": EntryKind.WITHDRAWAL,
}
_GOES: Final = frozenset({"withdrawal", "loss", "spend"})


def _fits(names: frozenset[str], header: Cells) -> bool:
    return names <= set(header)


def _read_trades(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_trade, Columns(table)))


def _trade(columns: Columns, row: Row) -> Said:
    sent = columns.amount(row, "spend amount", "spend currency")
    received = columns.amount(row, "receive amount", "receive currency")
    if sent is None or received is None:
        raise RowRefused(errors.CELLS_MISSING, "A trade spends one currency and receives another.")
    kind, legs = legs_of(sent, received, (columns.amount(row, "fee", "fee currency"),))
    return _told(columns, row, Said(rows=(row,), at=_at(columns, row), kind=kind, legs=legs))


def _read_events(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_event, Columns(table)))


def _event(columns: Columns, row: Row) -> Said:
    word = columns.text(row, "type").lower()
    kind = kind_named(word, _KINDS)
    amount = columns.amount(row, "amount", "currency")
    goes = word in _GOES
    _, legs = legs_of(amount if goes else None, None if goes else amount, (columns.amount(row, "fee", "fee currency"),))
    return _told(columns, row, Said(rows=(row,), at=_at(columns, row), kind=kind, legs=legs))


def _at(columns: Columns, row: Row) -> datetime:
    return read_instant(columns.text(row, "timestamp"))


def _told(columns: Columns, row: Row, said: Said) -> Said:
    return replace(said, note=columns.text(row, "description") or None)


EVENTS = FileFormat(
    name="rotki.events",
    title="rotki generic events",
    zone=ZoneRule.UTC,
    fits=partial(_fits, _EVENTS),
    read=_read_events,
)
TRADES = FileFormat(
    name="rotki.trades",
    title="rotki generic trades",
    zone=ZoneRule.UTC,
    fits=partial(_fits, _TRADES),
    read=_read_trades,
)

"""Mappings: what the columns of a file that nobody knows mean, as its user said once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.cells import Columns, read_asset, read_instant
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.labels import KINDS, labelled
from nightdesk.accounts.files.model import (
    Amount,
    ColumnRole,
    FileFormat,
    Reading,
    Row,
    Said,
    Table,
    TransferDetails,
    ZoneRule,
)
from nightdesk.accounts.files.registry import fingerprint
from nightdesk.accounts.files.zones import require_zone
from nightdesk.ledger.model import EntryKind

MAPPED: Final = "mapped"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_PATTERN_LENGTH_MAX = 60
_TYPES_MAX = 200
_AMOUNTS: Final = (
    (ColumnRole.SENT_AMOUNT, ColumnRole.SENT_ASSET),
    (ColumnRole.RECEIVED_AMOUNT, ColumnRole.RECEIVED_ASSET),
    (ColumnRole.AMOUNT, ColumnRole.ASSET),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """What the columns of files with one header mean.

    Attributes:
        fingerprint: Of the header it is for.
        header: The columns' names, in their order.
        columns: Where each role stands, counted from 0.
        zone: An IANA name the times are in; None to have it proven or asked for each file.
        date_pattern: As in strptime; empty for the usual ones.
        types: What the words in the column of types mean; others mean what they usually do.
    """

    name: str
    fingerprint: str
    header: tuple[str, ...]
    columns: Mapping[ColumnRole, int]
    zone: str | None = None
    date_pattern: str = ""
    types: Mapping[str, EntryKind] = field(default_factory=dict)


def require_mapping(mapping: ColumnMapping) -> ColumnMapping:
    """The mapping itself.

    Raises:
        InvalidInput: `files.mapping_malformed`, `files.zone_unknown`.
    """
    columns = mapping.columns
    if not _NAME.fullmatch(mapping.name):
        raise errors.mapping_malformed("A mapping's name has 1 to 80 characters.")
    if any(not 0 <= place < len(mapping.header) for place in columns.values()):
        raise errors.mapping_malformed("A mapping names columns that the file has.")
    if ColumnRole.DATE not in columns:
        raise errors.mapping_malformed("Say which column holds the date.")
    if not any(amount in columns and asset in columns for amount, asset in _AMOUNTS):
        raise errors.mapping_malformed("Say which columns hold an amount and its asset.")
    if len(mapping.date_pattern) > _PATTERN_LENGTH_MAX or len(mapping.types) > _TYPES_MAX:
        raise errors.mapping_malformed("The pattern of dates or the list of types is too long.")
    if mapping.zone is not None:
        require_zone(mapping.zone)
    return mapping


def format_of(mapping: ColumnMapping) -> FileFormat:
    """The format that the mapping makes of its header."""
    return FileFormat(
        name=MAPPED,
        title=mapping.name,
        zone=ZoneRule.UTC if mapping.zone == "UTC" else ZoneRule.UNSAID,
        fits=lambda _: False,  # found by its fingerprint
        read=partial(_read, mapping),
    )


def fits(mapping: ColumnMapping, table: Table) -> bool:
    """Whether it is for this table's header."""
    return mapping.fingerprint == fingerprint(table)


def _read(mapping: ColumnMapping, table: Table) -> Iterable[Reading]:
    places = {role.value: place for role, place in mapping.columns.items()}
    return each_row(table.rows, partial(_said, mapping, Columns(table, places)))


def _said(mapping: ColumnMapping, columns: Columns, row: Row) -> Said:
    word = " ".join(columns.text(row, ColumnRole.TYPE).split()).lower()
    sent = columns.amount(row, ColumnRole.SENT_AMOUNT, ColumnRole.SENT_ASSET)
    received = columns.amount(row, ColumnRole.RECEIVED_AMOUNT, ColumnRole.RECEIVED_ASSET)
    if sent is None and received is None:
        sent, received = _one_sided(columns, row, _kind(mapping, word))
    kind, legs = legs_of(sent, received, (_fee(columns, row, sent or received),))
    patterns = (mapping.date_pattern,) if mapping.date_pattern else ()
    said = Said(
        rows=(row,),
        at=read_instant(columns.text(row, ColumnRole.DATE), patterns),
        kind=kind,
        legs=legs,
        details=TransferDetails(
            tx_hash=columns.text(row, ColumnRole.TX_HASH) or None,
            told_id=columns.text(row, ColumnRole.IDENTITY) or None,
        ),
        note=columns.text(row, ColumnRole.NOTE) or None,
    )
    meant = mapping.types.get(word)
    return labelled(said, word if meant is None else meant.value)


def _kind(mapping: ColumnMapping, word: str) -> EntryKind | None:
    return mapping.types.get(word) or KINDS.get(word)


def _one_sided(columns: Columns, row: Row, kind: EntryKind | None) -> tuple[Amount | None, Amount | None]:
    number = columns.number(row, ColumnRole.AMOUNT)
    if not number:
        return None, None
    if kind is EntryKind.TRADE:
        raise RowRefused(errors.SIDES_UNCLEAR, "A trade needs what was sent and what was received.")
    amount = Amount(number.copy_abs(), read_asset(columns.text(row, ColumnRole.ASSET)))
    goes = number < 0 or kind is EntryKind.WITHDRAWAL
    return (amount, None) if goes else (None, amount)


def _fee(columns: Columns, row: Row, moved: Amount | None) -> Amount | None:
    number = columns.number(row, ColumnRole.FEE_AMOUNT)
    if not number:
        return None
    named = columns.text(row, ColumnRole.FEE_ASSET)
    if not named and moved is None:
        raise RowRefused(errors.ASSET_MALFORMED, "The fee names no asset.")
    return Amount(number.copy_abs(), read_asset(named) if named or moved is None else moved.asset)

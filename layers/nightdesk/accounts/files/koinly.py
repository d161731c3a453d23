"""Koinly's files: universal, simple, and its full export. All are in UTC by Koinly's word.

Source: support.koinly.io, article 9489976 "How to create a custom CSV file with your data"; BittyTax
`parsers/koinly.py` for the full export.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nightdesk.accounts.files.cells import Columns, read_asset, read_instant
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.labels import labelled
from nightdesk.accounts.files.model import (
    Amount,
    Cells,
    FileFormat,
    Reading,
    Row,
    Said,
    Table,
    TransferDetails,
    ZoneRule,
)

_UNIVERSAL = frozenset({"date", "sent amount", "sent currency", "received amount", "received currency"})
_FULL = _UNIVERSAL | {"type", "sending wallet", "receiving wallet"}
_SIMPLE = frozenset({"koinly date", "amount", "currency"})


def _read(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_two_sided, Columns(table)))


def _two_sided(columns: Columns, row: Row) -> Said:
    sent = columns.amount(row, "sent amount", "sent currency")
    received = columns.amount(row, "received amount", "received currency")
    fee = columns.amount(row, "fee amount", "fee currency")
    kind, legs = legs_of(sent, received, (fee,))
    said = Said(
        rows=(row,),
        at=read_instant(columns.text(row, "date")),
        kind=kind,
        legs=legs,
        details=_details(columns, row),
        note=columns.text(row, "description") or None,
    )
    return labelled(said, _word(columns, row))


def _word(columns: Columns, row: Row) -> str:
    return columns.text(row, "label", "tag", "label/tag").lower().replace("_", " ")


def _details(columns: Columns, row: Row) -> TransferDetails:
    return TransferDetails(
        tx_hash=columns.text(row, "txhash") or None,
        sent_from=columns.text(row, "txsrc") or None,
        sent_to=columns.text(row, "txdest") or None,
    )


def _read_simple(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_one_sided, Columns(table)))


def _one_sided(columns: Columns, row: Row) -> Said:
    number = columns.number(row, "amount")
    amount = Amount(number.copy_abs(), read_asset(columns.text(row, "currency"))) if number else None
    came = number is not None and number > 0
    kind, legs = legs_of(None if came else amount, amount if came else None)
    said = Said(
        rows=(row,),
        at=read_instant(columns.text(row, "koinly date")),
        kind=kind,
        legs=legs,
        details=_details(columns, row),
        note=columns.text(row, "description") or None,
    )
    return labelled(said, _word(columns, row))


def _has(names: frozenset[str], header: Cells) -> bool:
    return names <= set(header)


FULL = FileFormat(
    name="koinly.full", title="Koinly, full export", zone=ZoneRule.UTC, fits=partial(_has, _FULL), read=_read
)
UNIVERSAL = FileFormat(
    name="koinly.universal", title="Koinly universal", zone=ZoneRule.UTC, fits=partial(_has, _UNIVERSAL), read=_read
)
SIMPLE = FileFormat(
    name="koinly.simple", title="Koinly simple", zone=ZoneRule.UTC, fits=partial(_has, _SIMPLE), read=_read_simple
)

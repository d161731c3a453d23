"""CoinTracker's universal file; its times are UTC.

Source: support.cointracker.io, article 4413071299729 "Convert your transaction history to CoinTracker CSV".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from nightdesk.accounts.files.cells import Columns, read_instant
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.labels import labelled
from nightdesk.accounts.files.model import Cells, FileFormat, Reading, Row, Said, Table, ZoneRule

_HEADER: Final = frozenset({"date", "received quantity", "received currency", "sent quantity", "sent currency"})
_PATTERNS: Final = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
_WORDS: Final[Mapping[str, str]] = {"staked": "staking", "mined": "mining", "forked": "fork", "airdropped": "airdrop"}


def _fits(header: Cells) -> bool:
    return set(header) >= _HEADER


def _read(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_said, Columns(table)))


def _said(columns: Columns, row: Row) -> Said:
    sent = columns.amount(row, "sent quantity", "sent currency")
    received = columns.amount(row, "received quantity", "received currency")
    kind, legs = legs_of(sent, received, (columns.amount(row, "fee amount", "fee currency"),))
    said = Said(rows=(row,), at=read_instant(columns.text(row, "date"), _PATTERNS), kind=kind, legs=legs)
    word = columns.text(row, "tag").lower().replace("_", " ")
    return labelled(said, _WORDS.get(word, word))


UNIVERSAL = FileFormat(name="cointracker.universal", title="CoinTracker", zone=ZoneRule.UTC, fits=_fits, read=_read)

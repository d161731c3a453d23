"""CoinTracking's tables: three headers are all `Cur.`, so columns are found by their places.

Its times are of the zone the user chose there, which the file doesn't say.
Source: rotki `importers/cointracking.py` (`remap_header`); BittyTax `parsers/cointracking.py` for the one with values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from nightdesk.accounts.files.cells import Columns, read_instant
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.labels import labelled
from nightdesk.accounts.files.model import (
    Cells,
    FileFormat,
    Reading,
    Row,
    Said,
    Table,
    TransferDetails,
    ZoneRule,
)
from nightdesk.accounts.files.table import normalised

# English and German headers.
_NAMES: Final[Mapping[str, str]] = {
    "type": "type",
    "typ": "type",
    "buy": "buy",
    "kauf": "buy",
    "sell": "sell",
    "verkauf": "sell",
    "fee": "fee",
    "gebühr": "fee",
    "comment": "comment",
    "kommentar": "comment",
    "date": "date",
    "datum": "date",
    "trade date": "date",
    "tx-id": "tx",
    "tx id": "tx",
}
_CURRENCY: Final = frozenset({"cur.", "currency", "währung"})
_SIDES: Final = ("buy", "sell", "fee")
_WORDS: Final[Mapping[str, str]] = {
    "gift/tip": "income",
    "reward / bonus": "reward",
    "interest income": "interest",
    "lending income": "interest",
    "mining (commercial)": "mining",
    "staking reward": "staking",
    "borrowing fee": "loan fee",
    "derivatives / futures profit": "realized gain",
    "derivatives / futures loss": "realized gain",
    "einzahlung": "deposit",
    "auszahlung": "withdrawal",
    "airdrop (non taxable)": "airdrop",
    "hard fork": "fork",
}


def places(header: Cells) -> dict[str, int]:
    """Where each column stands; the asset of a side stands right behind its amount."""
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        meant = _NAMES.get(name)
        if meant is not None and meant not in found:
            found[meant] = place
            if meant in _SIDES and place + 1 < len(header) and header[place + 1] in _CURRENCY:
                found[f"{meant} currency"] = place + 1
    return found


def _fits(header: Cells, *, valued: bool) -> bool:
    found = places(header)
    has_values = any(name.startswith("value in") for name in header)
    needed = {"type", "buy", "buy currency", "sell", "sell currency", "date"}
    return needed <= found.keys() and has_values is valued


def _read(table: Table) -> Iterable[Reading]:
    columns = Columns(table, places(normalised(table.header)))
    return each_row(table.rows, partial(_said, columns))


def _said(columns: Columns, row: Row) -> Said:
    received = columns.amount(row, "buy", "buy currency")
    sent = columns.amount(row, "sell", "sell currency")
    fee = columns.amount(row, "fee", "fee currency") if columns.has("fee") else None
    kind, legs = legs_of(sent, received, (fee,))
    said = Said(
        rows=(row,),
        at=read_instant(columns.text(row, "date")),
        kind=kind,
        legs=legs,
        details=TransferDetails(tx_hash=columns.text(row, "tx") or None),
        note=columns.text(row, "comment") or None,
    )
    word = columns.text(row, "type").lower()
    return labelled(said, _WORDS.get(word, word))


TRADES = FileFormat(
    name="cointracking.trades",
    title="CoinTracking trade table",
    zone=ZoneRule.UNSAID,
    fits=partial(_fits, valued=False),
    read=_read,
)
VALUES = FileFormat(
    name="cointracking.values",
    title="CoinTracking table with values",
    zone=ZoneRule.UNSAID,
    fits=partial(_fits, valued=True),
    read=_read,
)

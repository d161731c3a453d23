"""What one cell means: an exact number, an asset, an instant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.model import Amount, Row, Table
from nightdesk.accounts.files.table import normalised
from nightdesk.kernel.assets import AssetId, asset_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import parse_amount

_BLANK: Final = frozenset({"", "-", "--", "n/a", "null", "none"})
_SPACES = re.compile(r"[\s'\u00a0\u202f]")
_UNCLEAR = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_POINTED = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_SWAPPED = str.maketrans(",.", ".,")
_DIGITS = re.compile(r"[0-9]{10}|[0-9]{13}")
_INNER_ID = re.compile(r"(?P<code>[^;]+);[0-9]+")
_SECONDS_DIGITS = 10
_PATTERNS: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)


class Columns:
    """Reads a table's cells by the names of its columns."""

    def __init__(self, table: Table, names: Mapping[str, int] | None = None) -> None:
        found = {name: index for index, name in reversed(list(enumerate(normalised(table.header))))}
        self._places = found if names is None else dict(names)
        self._comma = table.decimal_comma

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._places

    def text(self, row: Row, *names: str) -> str:
        """The cell of the first of the columns that the table has; empty for none."""
        for name in names:
            place = self._places.get(name)
            if place is not None:
                return row.cells[place].strip() if place < len(row.cells) else ""
        return ""

    def number(self, row: Row, *names: str) -> Decimal | None:
        """The cell as an exact number with its sign; None for a blank one.

        Raises:
            RowRefused: `files.number_malformed`, `files.number_ambiguous`.
        """
        return read_number(self.text(row, *names), comma=self._comma)

    def amount(self, row: Row, quantity: str, asset: str) -> Amount | None:
        """So much of an asset, its sign dropped; None for nothing.

        Raises:
            RowRefused: One of the two is there and can't be read.
        """
        number = self.number(row, quantity)
        if not number:
            return None
        return Amount(number.copy_abs(), read_asset(self.text(row, asset)))


def read_number(text: str, *, comma: bool | None) -> Decimal | None:
    """The exact number a cell means; None for a blank one.

    Args:
        text: As it stands in the file.
        comma: Whether the file's decimals stand behind a comma; None where it doesn't tell.

    Raises:
        RowRefused: `files.number_malformed`, `files.number_ambiguous`.
    """
    plain = _SPACES.sub("", text)
    if plain.lower() in _BLANK:
        return None
    if comma is None and _UNCLEAR.fullmatch(plain):
        raise RowRefused(errors.NUMBER_AMBIGUOUS, f"{text[:40]!r} can be read in two ways.")
    if comma:
        plain = plain.translate(_SWAPPED)
    if not _POINTED.fullmatch(plain):
        raise RowRefused(errors.NUMBER_MALFORMED, f"{text[:40]!r} is not a decimal number.")
    try:
        return parse_amount(plain.replace(",", ""))
    except InvalidInput as error:
        raise RowRefused(errors.NUMBER_MALFORMED, error.message) from None


def read_asset(text: str) -> AssetId:
    """The asset a cell names; Koinly's `BTC;1` is `BTC`.

    Raises:
        RowRefused: `files.asset_malformed`.
    """
    inner = _INNER_ID.fullmatch(text.strip())
    try:
        return asset_id(inner["code"] if inner else text)
    except InvalidInput as error:
        raise RowRefused(errors.ASSET_MALFORMED, error.message) from None


def read_instant(text: str, patterns: Sequence[str] = ()) -> datetime:
    """The instant a cell tells: with UTC where the cell itself says so, else a wall clock's.

    Raises:
        RowRefused: `files.instant_malformed`.
    """
    plain = text.strip()
    if _DIGITS.fullmatch(plain):
        return from_ms(int(plain) * (1000 if len(plain) == _SECONDS_DIGITS else 1))
    for mark in (" UTC", " GMT"):
        if plain.upper().endswith(mark):
            return _wall(plain[: -len(mark)], patterns).replace(tzinfo=UTC)
    found = _wall(plain, patterns)
    return found if found.tzinfo is None else found.astimezone(UTC)


def _wall(text: str, patterns: Sequence[str]) -> datetime:
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - a wall clock's, its zone is found later
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - a wall clock's, its zone is found later
        except ValueError:
            continue
    raise RowRefused(errors.INSTANT_MALFORMED, f"{text[:40]!r} is no date with a time.")

"""Bytes as a table: encoding, delimiter, header, and how the file writes its numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.model import Cells, Row, Table

ROWS_MAX: Final = 100_000
"""More would not be read within the time of a request."""

_DELIMITERS: Final = (",", ";", "\t")
_HEADER_WITHIN = 20
"""Some exports begin with lines of title; the header is the first line with as many columns as most have."""

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,'\u00a0\u202f ]*(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+")


def read_table(content: bytes) -> Table:
    """The table that the bytes are.

    Raises:
        InvalidInput: `files.not_text`, `files.no_header`.
        TooLarge: `files.too_many_rows`.
    """
    text = decode(content)
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    start = _header_at(rows)
    header = tuple(cell.strip() for cell in rows[start].cells)
    body = tuple(rows[start + 1 :])
    return Table(
        header=header, rows=body, delimiter=delimiter, decimal_comma=_decimal_comma(body, semicolons=delimiter == ";")
    )


def decode(content: bytes) -> str:
    """The text, whatever mark it begins with.

    Raises:
        InvalidInput: `files.not_text`.
    """
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text or not text.strip():
        raise errors.not_text()
    return text


def normalised(header: Iterable[str]) -> Cells:
    """A header as formats know it: lower case, single spaces."""
    return tuple(" ".join(cell.split()).lower() for cell in header)


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most columns, alike."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:_HEADER_WITHIN]
    return max(_DELIMITERS, key=lambda each: _evenness(lines, each))


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
    if not widths:
        return 0, 0
    width, times = widths.most_common(1)[0]
    return times, width


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number > ROWS_MAX + _HEADER_WITHIN:
                raise errors.too_many_rows(ROWS_MAX)
            yield Row(line, tuple(cells))
            line = reader.line_num + 1
    except csv.Error:
        raise errors.not_text() from None


def _header_at(rows: Sequence[Row]) -> int:
    first = rows[:_HEADER_WITHIN]
    widths = [_width(row) for row in first]
    widest = max(widths, default=0)
    if widest < 2:  # noqa: PLR2004 - a table has two columns at least
        raise errors.no_header()
    return next(index for index, width in enumerate(widths) if width * 2 > widest)


def _width(row: Row) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _decimal_comma(rows: Sequence[Row], *, semicolons: bool) -> bool | None:
    """How the file writes numbers, as its own numbers prove it; None when each could be read both ways."""
    unclear = False
    for row in rows:
        for cell in row.cells:
            if "," not in cell and "." not in cell:
                continue
            proof = _proof(cell.strip())
            if proof is not None:
                return proof
            unclear = unclear or ("," in cell and _NUMBER.fullmatch(cell.strip()) is not None)
    if not unclear:
        return False
    return True if semicolons else None


def _proof(text: str) -> bool | None:
    """Whether the number can only be one with a decimal comma (True) or a decimal point (False)."""
    if not _NUMBER.fullmatch(text):
        return None
    dot, comma = text.rfind("."), text.rfind(",")
    if min(dot, comma) >= 0:
        return comma > dot
    if _THOUSANDS.fullmatch(text) and not text.lstrip("+-").startswith("0"):
        return None
    if text.count(",") + text.count(".") > 1:
        return None  # a date, or nothing we know
    return comma >= 0

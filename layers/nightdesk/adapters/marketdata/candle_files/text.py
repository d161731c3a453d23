"""CSV of any delimiter, with or without a header; and JSON as exchange libraries keep trades and bars."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from nightdesk.candles.files.model import Cell, Row
from nightdesk.kernel.errors import InvalidInput

Content = tuple[tuple[str, ...] | None, Sequence[Row]]
"""The columns' names, and the rows by number."""

_DELIMITERS: Final = ",;\t|"
_BOM: Final = "\ufeff"
_TRADE: Final = ("timestamp", "id", "type", "side", "price", "amount", "cost")
_BAR: Final = ("timestamp", "open", "high", "low", "close", "volume")


def read_csv(content: bytes) -> Content:
    """A CSV; the delimiter is the one that parts the first line most, the first line a header unless it has numbers."""
    text = content.decode("utf-8").removeprefix(_BOM)
    if "\0" in text:
        raise InvalidInput("candle_files.damaged", "The file is neither text nor a format that is known.")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows = [(reader.line_num, row) for row in reader if row]
    if not rows or _is_data(rows[0][1]):
        return None, rows
    return tuple(rows[0][1]), rows[1:]


def _is_data(cells: Sequence[str]) -> bool:
    return any(_is_number(cell) for cell in cells[1:])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_json(content: bytes) -> Content:
    """A list of trades or bars, each a list or an object; trades as exchanges told them are read exactly."""
    told = json.loads(content, parse_float=Decimal)
    if isinstance(told, dict):
        told = next((each for each in told.values() if isinstance(each, list)), None)
    if not isinstance(told, list) or not told:
        raise InvalidInput("candle_files.json", "The file is no list of trades or bars.")
    if all(isinstance(each, dict) for each in told):
        return ("timestamp", "id", "price", "amount"), [(place + 1, _trade(each)) for place, each in enumerate(told)]
    if not all(isinstance(each, list) for each in told):
        raise InvalidInput("candle_files.json", "The file is no list of trades or bars.")
    columns = _BAR if len(told[0]) == len(_BAR) else _TRADE
    return columns, [(place + 1, row) for place, row in enumerate(told)]


def _trade(told: dict[str, Any]) -> list[Cell]:
    """A trade of ccxt's: what the exchange wrote as text is exact, the number beside it went through a float."""
    info = told.get("info")
    raw = info if isinstance(info, dict) else {}
    price, amount = raw.get("p", told.get("price")), raw.get("q", told.get("amount"))
    return [told.get("timestamp"), told.get("id"), price, amount]

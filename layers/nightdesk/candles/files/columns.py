"""Which column of a file is what: as it was said, as the header says, or as the known layouts without one have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nightdesk.candles.files.model import Cell, Field, FileTerms, Table
from nightdesk.kernel.errors import InvalidInput

_NAMES: Final[Mapping[str, Field]] = {
    name: field
    for field, names in {
        Field.AT: "timestamp date datetime time at ts opentime open_time unix unixtime unix_timestamp gmttime gmt_time "
        "timestamp_utc date_time opened_at start",
        Field.OPEN: "open o open_price",
        Field.HIGH: "high h high_price max",
        Field.LOW: "low l low_price min",
        Field.CLOSE: "close c close_price last",
        Field.VOLUME: "volume v vol base_volume volume_base tick_volume",
        Field.PRICE: "price p rate",
        Field.AMOUNT: "amount quantity qty size q base_qty",
        Field.IDENTITY: "id trade_id tradeid tid agg_trade_id a t",
    }.items()
    for name in names.split()
}
_BARS: Final = (Field.AT, Field.OPEN, Field.HIGH, Field.LOW, Field.CLOSE)
_TRADES: Final = (Field.AT, Field.PRICE, Field.AMOUNT)
# Files without a header, by how many columns they have. Binance's bars, trades and aggregated trades
# (data.binance.vision, 2025-01-01), Kraken's trades, and plain bars with or without a volume; MetaTrader's bars stand
# below, with date and time apart.
_LAYOUTS: Final[Mapping[int, Mapping[Field, int]]] = {
    12: dict(zip((*_BARS, Field.VOLUME), range(6), strict=True)),
    8: {Field.IDENTITY: 0, Field.PRICE: 1, Field.AMOUNT: 2, Field.AT: 5},
    7: {Field.IDENTITY: 0, Field.PRICE: 1, Field.AMOUNT: 2, Field.AT: 4},
    6: dict(zip((*_BARS, Field.VOLUME), range(6), strict=True)),
    5: dict(zip(_BARS, range(5), strict=True)),
    3: dict(zip(_TRADES, range(3), strict=True)),
}
_APART: Final = {
    Field.DATE: 0,
    Field.TIME: 1,
    Field.OPEN: 2,
    Field.HIGH: 3,
    Field.LOW: 4,
    Field.CLOSE: 5,
    Field.VOLUME: 6,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The place of each column that counts.

    Attributes:
        width: So many cells has every row.
    """

    places: Mapping[Field, int]
    width: int

    @property
    def is_trades(self) -> bool:
        """Whether the rows are trades rather than bars."""
        return Field.PRICE in self.places

    def require_width(self, cells: Sequence[Cell]) -> None:
        """Pass if the row has all its cells and no more.

        Raises:
            InvalidInput: It has not.
        """
        if len(cells) != self.width:
            raise InvalidInput("candle_files.width", f"has {len(cells)} cells, not {self.width}")

    def cell(self, cells: Sequence[Cell], field: Field) -> Cell:
        """What stands in the column; None where the file has none such."""
        place = self.places.get(field)
        return None if place is None else cells[place]


def layout_of(table: Table, terms: FileTerms) -> Layout:
    """Which column is what.

    Raises:
        InvalidInput: The file is empty, or neither bars nor trades can be seen in it.
    """
    if not table.rows:
        raise InvalidInput("candle_files.empty", f"There is no row in {table.name}.")
    width = len(table.columns or table.rows[0][1])
    places: Mapping[Field, int]
    if terms.columns:
        places = {field: _place(table, name) for field, name in terms.columns.items()}
    elif table.columns is not None:
        places = _by_name(table.columns)
    else:
        places = _by_width(table)
    return Layout(_complete(table, places), width)


def _place(table: Table, name: str) -> int:
    if table.columns is not None and name in table.columns:
        return table.columns.index(name)
    if name.isdecimal() and int(name) < len(table.columns or table.rows[0][1]):
        return int(name)
    raise InvalidInput("candle_files.column_unknown", f"There is no column {name[:40]!r} in {table.name}.")


def _by_name(columns: tuple[str, ...]) -> dict[Field, int]:
    places: dict[Field, int] = {}
    for place, column in enumerate(columns):
        name = column.strip().strip("<>").lower().replace(" ", "_")
        field = Field.AT if not name and place == 0 else _NAMES.get(name)  # an index is written without a name
        if field is not None:
            places.setdefault(field, place)
    names = [column.strip().strip("<>").lower() for column in columns]
    if "date" in names and "time" in names:
        del places[Field.AT]
        places |= {Field.DATE: names.index("date"), Field.TIME: names.index("time")}
    return places


def _by_width(table: Table) -> Mapping[Field, int]:
    first = table.rows[0][1]
    if len(first) == len(_APART) and ":" in str(first[1]):
        return _APART
    return _LAYOUTS.get(len(first), {})


def _complete(table: Table, places: Mapping[Field, int]) -> Mapping[Field, int]:
    present = places.keys() | ({Field.AT} if Field.DATE in places and Field.TIME in places else set())
    no_bars, no_trades = set(_BARS) - present, set(_TRADES) - present
    if not no_bars or not no_trades:
        return places
    wanted = ", ".join(sorted(no_bars if len(no_bars) <= len(no_trades) else no_trades))
    raise InvalidInput("candle_files.columns_missing", f"No column of {table.name} is known to be {wanted}: name it.")

"""Reads recordings: trades as ccxt rows with the venue's raw message, or candles as CSV."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.model import Instrument, TapeTrade
from nightdesk.kernel.instants import to_ms


class RecordedTrade(NamedTuple):
    """A row of a recording, digit for digit."""

    symbol: str
    trade: TapeTrade


def read_trades(path: Path) -> list[RecordedTrade]:
    """The recorded trades in the file's order.

    The file is (gzipped) JSON: a list of ccxt trades whose `info` is the venue's raw aggregate trade
    (`a` id, `p` price, `q` quantity, `T` time, `m` whether the buyer was the maker).

    Raises:
        HistoryUnusable: It can't be read, or is not of this form.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return [_recorded(row) for row in orjson.loads(data)]
    except (OSError, EOFError, ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise HistoryUnusable(f"{path.name} is no recording of trades: {type(error).__name__}.") from error


def _recorded(row: Mapping[str, Any]) -> RecordedTrade:
    raw = row["info"]
    trade = TapeTrade(int(raw["a"]), int(raw["T"]), Decimal(raw["p"]), Decimal(raw["q"]), bool(raw["m"]))
    return RecordedTrade(row["symbol"], trade)


def read_candles(path: Path, instrument: Instrument, *, first_id: int) -> Iterator[TapeTrade]:
    """Four trades for every row of a CSV of candles: open, both extremes, close; ids count from `first_id`.

    Raises:
        HistoryUnusable: It has no columns open, high, low, close, or a row can't be read.
    """
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    names = [name.strip().lower() or "timestamp" for name in rows[0]] if rows else []
    if not {"timestamp", "open", "high", "low", "close"} <= set(names):
        raise HistoryUnusable(f"{path.name} has no columns timestamp, open, high, low, close.")
    table = [dict(zip(names, row, strict=False)) for row in rows[1:]]
    step_ms = _instant_ms(table[1]["timestamp"]) - _instant_ms(table[0]["timestamp"]) if len(table) > 1 else 60_000
    for number, row in enumerate(table):
        yield from _four_trades(first_id + number * 4, row, step_ms, instrument)


def _four_trades(first_id: int, row: Mapping[str, str], step_ms: int, instrument: Instrument) -> Iterator[TapeTrade]:
    opened, high, low, closed = (_to_step(row[name], instrument.tick) for name in ("open", "high", "low", "close"))
    path = (opened, low, high, closed) if closed >= opened else (opened, high, low, closed)
    quantity = max(_to_step(row.get("volume") or "0", instrument.lot * 4) / 4, instrument.lot)
    start_ms = _instant_ms(row["timestamp"])
    for part, price in enumerate(path):
        falls = part > 0 and price < path[part - 1]
        yield TapeTrade(first_id + part, start_ms + step_ms * part // 4, price, quantity, falls)


def _to_step(text: str, step: Decimal) -> Decimal:
    return (Decimal(text) / step).to_integral_value() * step


def _instant_ms(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return to_ms(instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC))

"""Files written for a test, and what stands in for the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nightdesk.adapters.marketdata.candle_files.opening import open_tables
from nightdesk.candles.files.model import FileReport, FileTerms
from nightdesk.candles.files.service import CandleFileService
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Loaded, Origin, Refused

START = datetime(2025, 3, 1, tzinfo=UTC)
SERIES = "BINANCE:ETH/BTC"
TERMS = FileTerms(series=SERIES)
PLAIN = "timestamp,open,high,low,close,volume"


class Loader:
    """`BarLoader` in memory: a bar that is there stays."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, datetime], CandleRow] = {}
        self.known: list[Origin] = []
        self.revisions: list[int] = []

    def load(self, rows: Sequence[CandleRow], *, revision: int) -> Loaded:
        self.revisions.append(revision)
        refused = [Refused(row, "shorter bars of this time are stored") for row in rows if row.candle.open == 99]
        fresh = [row for row in rows if row.candle.open != 99 and (row.series, row.candle.at) not in self.rows]
        self.rows |= {(row.series, row.candle.at): row for row in fresh}
        if fresh:
            at = fresh[0].candle.at
            self.known.append(
                Origin(
                    revision=revision, source=fresh[0].source, resolution=fresh[0].resolution, since=at, until=at,
                    bars=len(fresh), loaded_at=at,
                )
            )  # fmt: skip
        return Loaded(stored=len(fresh), kept=len(rows) - len(fresh) - len(refused), refused=tuple(refused))

    def origins(self, series: str) -> list[Origin]:
        return [origin for origin in self.known if series]

    @property
    def bars(self) -> list[Candle]:
        return [self.rows[key].candle for key in sorted(self.rows)]


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def bar(index: int, span: timedelta = timedelta(minutes=1)) -> Candle:
    return Candle(START + index * span, 1.0 + index, 3.0 + index, 0.5, 2.0 + index, 7.0)


def lines(count: int, span: timedelta = timedelta(minutes=1)) -> list[str]:
    bars = [bar(index, span) for index in range(count)]
    return [f"{one.at.isoformat()},{one.open},{one.high},{one.low},{one.close},{one.volume}" for one in bars]


def write(folder: Path, content: bytes | str | Sequence[str], name: str = "bars.csv") -> Path:
    path = folder / name
    if not isinstance(content, bytes | str):
        content = "\n".join(content) + "\n"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(service: CandleFileService, path: Path, terms: FileTerms = TERMS) -> FileReport:
    (table,) = open_tables(path)
    report = service.load(table, terms)
    assert report.rows == report.imported + report.skipped + len(report.rejected)
    return report

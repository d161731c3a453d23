"""Loads files of bars and of trades; every row of a file is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.candles.files import bars, trades
from nightdesk.candles.files.columns import layout_of
from nightdesk.candles.files.model import FileReport, FileTerms, Rejected, Table
from nightdesk.candles.gaps import Gap, find_gaps
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import BarLoader
from nightdesk.candles.resolutions import Resolution, bar_end
from nightdesk.candles.revisions import file_revision
from nightdesk.candles.sessions import open_parts
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.instants import Clock

ROWS_AT_A_TIME = 20_000
"""So many bars are stored in one transaction; a load that died halfway is run again and only adds the rest."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What a file says.

    Attributes:
        numbers: By start of a bar the number of its row; empty where bars are made of several rows.
    """

    resolution: Resolution
    candles: Sequence[Candle]
    numbers: dict[datetime, int]
    rejected: list[Rejected]
    doubles: int


class CandleFileService:
    """Brings files to the store through its loader."""

    def __init__(self, loader: BarLoader, clock: Clock) -> None:
        self._loader = loader
        self._clock = clock

    def load(self, table: Table, terms: FileTerms) -> FileReport:
        """Store the file's bars.

        The same file again changes nothing; bars that a venue told stay; of two files the later stands.

        Raises:
            InvalidInput: Nothing of the file was stored: it can't be read as it was said to be.
            Unavailable: The database does not answer; load the file again.
        """
        instrument = parse_instrument(terms.series)
        content = _content(table, terms)
        source = " ".join(filter(None, (terms.origin, "file", table.name, table.fingerprint[:16])))
        stored, kept = 0, 0
        revision = self._revision(str(instrument), source)
        for index in range(0, len(content.candles), ROWS_AT_A_TIME):
            piece = content.candles[index : index + ROWS_AT_A_TIME]
            rows = [CandleRow(str(instrument), content.resolution, candle, source) for candle in piece]
            loaded = self._loader.load(rows, revision=revision)
            stored, kept = stored + loaded.stored, kept + loaded.kept
            content.rejected.extend(
                Rejected(content.numbers.get(each.row.candle.at, 0), each.reason) for each in loaded.refused
            )
        return _report(table, instrument, content, (stored, kept))

    def _revision(self, series: str, source: str) -> int:
        """The file's own where it was loaded before, so that loading it again is no later telling."""
        known = [origin.revision for origin in self._loader.origins(series) if origin.source == source]
        return max(known, default=file_revision(self._clock.now()))


def _content(table: Table, terms: FileTerms) -> _Content:
    layout = layout_of(table, terms)
    if layout.is_trades:
        candles, rejected, doubles = trades.build(table.rows, layout, terms)
        return _Content(trades.RESOLUTION, candles, {}, rejected, doubles)
    resolution, sifted = bars.sift(table.rows, layout, terms)
    ordered = sorted(sifted.bars.items())
    numbers = {at: number for at, (number, _) in ordered}
    candles = [candle for _, (_, candle) in ordered]
    return _Content(resolution, candles, numbers, sifted.rejected, sifted.doubles)


def _report(table: Table, instrument: Instrument, content: _Content, counts: tuple[int, int]) -> FileReport:
    stored, kept = counts
    rows, rejected = len(table.rows), sorted(content.rejected, key=lambda each: each.number)
    candles = content.candles
    skipped = content.doubles + (kept if content.numbers else 0)
    if not content.numbers and not stored:
        skipped = rows - len(rejected)  # every bar of these trades was there already
    return FileReport(
        name=table.name,
        rows=rows,
        imported=rows - skipped - len(rejected),
        skipped=skipped,
        rejected=tuple(rejected),
        bars=stored,
        resolution=content.resolution,
        since=candles[0].at if candles else None,
        until=bar_end(candles[-1].at, content.resolution) if candles else None,
        gaps=tuple(_gaps(instrument, content)),
    )


def _gaps(instrument: Instrument, content: _Content) -> list[Gap]:
    candles, resolution = content.candles, content.resolution
    if not candles:
        return []
    until = bar_end(candles[-1].at, resolution)
    found = find_gaps((candle.at for candle in candles), resolution, since=candles[0].at, until=until)
    return [part for gap in found for part in open_parts(instrument, gap)]

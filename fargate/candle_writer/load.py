"""Load files of bars or trades: `python -m fargate.candle_writer.load --series BINANCE:ETH/BTC [--zone …] file …`.

For whoever runs the desk: markets belong to no tenant, so no user may change what all of them see. Folders are loaded
by a list, `--list files.json`: `[{"file": "ETHBTC-1m-*.zip", "series": "BINANCE:ETH/BTC", "zone": "UTC"}, …]`, whose
keys are the options and whose files lie beside it. Ends with 1 when a file was refused, or a row rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from fargate.candle_writer.wiring import wire_files
from nightdesk.adapters.marketdata.candle_files.opening import open_tables
from nightdesk.candles.files.model import Field, FileReport, FileTerms, Stamp
from nightdesk.candles.files.service import CandleFileService
from nightdesk.candles.resolutions import parse_resolution, parse_zone
from nightdesk.kernel.errors import InvalidInput, NightdeskError

_OPTIONS: Final = ("series", "resolution", "zone", "stamped", "date_format", "columns", "origin")
REJECTED_SHOWN: Final = 20


def main(arguments: Sequence[str], service: CandleFileService) -> int:
    """Load what the arguments name; 0 when every row of every file became a bar or was known."""
    options = _parser().parse_args(arguments)
    is_clean = True
    try:
        wanted = list(_wanted(options))
    except (InvalidInput, OSError, ValueError) as error:
        sys.stderr.write(f"refused: {error}\n")
        return 2
    for path, terms in wanted:
        is_clean &= _load(service, path, terms)
    return 0 if is_clean else 1


def _load(service: CandleFileService, path: Path, terms: FileTerms) -> bool:
    is_clean = True
    try:
        for table in open_tables(path):
            report = service.load(table, terms)
            sys.stdout.write(told(report) + "\n")
            is_clean &= not report.rejected
    except NightdeskError as error:
        sys.stderr.write(f"{path.name}: refused: {error.message} ({error.code})\n")
        return False
    return is_clean


def told(report: FileReport) -> str:
    """What became of a file, for a person."""
    counts = (
        f"{report.rows} rows = {report.imported} imported + {report.skipped} skipped + {len(report.rejected)} rejected"
    )
    span = f"{report.bars} bars of {report.resolution} stored from {report.since} until {report.until}"
    lines = [f"{report.name}: {counts}; {span}; {len(report.gaps)} gaps"]
    lines += [f"  {count} rejected: {reason}" for reason, count in report.reasons.most_common(REJECTED_SHOWN)]
    lines += [f"  row {each.number}: {each.reason}" for each in report.rejected[:REJECTED_SHOWN]]
    return "\n".join(lines)


def _wanted(options: argparse.Namespace) -> Iterator[tuple[Path, FileTerms]]:
    given = {name: getattr(options, name) for name in _OPTIONS if getattr(options, name)}
    for path in options.files:
        yield path, _terms(given)
    if options.list is not None:
        for entry in json.loads(options.list.read_text()):
            paths = sorted(options.list.parent.glob(entry["file"]))
            if not paths:
                raise InvalidInput("candle_files.none", f"No file is named {entry['file']}.")
            for path in paths:
                yield path, _terms({**given, **entry})


def _terms(told: Mapping[str, str]) -> FileTerms:
    if "series" not in told:
        raise InvalidInput("candle_files.series_needed", "Whose bars are they? Say it by --series BINANCE:ETH/BTC.")
    pairs = (each.split("=", 1) for each in told.get("columns", "").split(",") if each)
    return FileTerms(
        series=told["series"],
        resolution=parse_resolution(told["resolution"]) if "resolution" in told else None,
        zone=parse_zone(told["zone"]) if "zone" in told else None,
        stamped=Stamp(told.get("stamped", Stamp.START)),
        date_format=told.get("date_format"),
        columns={Field(field): column for field, column in pairs},
        origin=told.get("origin", ""),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fargate.candle_writer.load", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--list", type=Path, help="JSON that names files and the options of each")
    parser.add_argument("--series", help="whose bars they are, BINANCE:ETH/BTC or FX:EUR/USD")
    parser.add_argument("--resolution", help="of the bars; what most rows are apart when left out")
    parser.add_argument("--zone", help="IANA zone of instants that name no offset")
    parser.add_argument("--stamped", choices=[each.value for each in Stamp], help="which instant of its bar a row has")
    parser.add_argument("--date-format", help="how instants are written, as strptime has it")
    parser.add_argument("--columns", help="at=Date,open=O,high=H,low=L,close=C,volume=V: names, or places from 0")
    parser.add_argument("--origin", help="whose files they are; kept with the bars")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], wire_files()))

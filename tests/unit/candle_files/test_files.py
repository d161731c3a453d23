"""Files of bars: every layout, and everything that can be wrong with one."""

import gzip
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from nightdesk.adapters.marketdata.candle_files import opening
from nightdesk.adapters.marketdata.candle_files.opening import open_tables
from nightdesk.candles.files.model import Field, FileTerms, Stamp
from nightdesk.candles.files.service import ROWS_AT_A_TIME, CandleFileService
from nightdesk.candles.model import CandleRow
from nightdesk.candles.ports import Loaded
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.errors import InvalidInput, Unavailable
from nightdesk.kernel.instants import to_ms
from tests.unit.candle_files.loading import PLAIN, SERIES, START, Clock, Loader, bar, lines, load, write


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter(service: CandleFileService, loader: Loader, tmp_path: Path, delimiter: str) -> None:
    content = [line.replace(",", delimiter) for line in [PLAIN, *lines(5)]]
    report = load(service, write(tmp_path, content))
    assert (report.imported, report.resolution, report.gaps) == (5, Resolution.MINUTE, ())
    assert loader.bars == [bar(index) for index in range(5)]


@pytest.mark.parametrize(
    "header",
    [
        ",Open,High,Low,Close,Volume",
        "Date,Open,High,Low,Close,Volume",
        "\ufeffopen_time,open,high,low,close,volume",
        "<DATETIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        "Gmt time,O,H,L,C,V",
    ],
)
def test_headers_of_other_tools(service: CandleFileService, loader: Loader, tmp_path: Path, header: str) -> None:
    load(service, write(tmp_path, [header, *lines(3)]))
    assert loader.bars == [bar(index) for index in range(3)]


@pytest.mark.parametrize("factor", [0.001, 1, 1000, 1_000_000])
def test_binance_dumps_in_milliseconds_and_in_microseconds(
    service: CandleFileService, loader: Loader, tmp_path: Path, factor: float
) -> None:
    rows = [
        f"{int(to_ms(one.at) * factor)},{one.open},{one.high},{one.low},{one.close},{one.volume},{0},1.5,10,1,1,0"
        for one in (bar(index) for index in range(4))
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ETHBTC-1m-2025-03.csv", "\n".join(rows))
    path = write(tmp_path, packed.getvalue(), "ETHBTC-1m-2025-03.zip")
    write(tmp_path, f"{sha256(packed.getvalue()).hexdigest()}  {path.name}\n", f"{path.name}.CHECKSUM")
    assert load(service, path).imported == 4
    assert loader.bars == [bar(index) for index in range(4)]
    write(tmp_path, f"{'0' * 64}  {path.name}\n", f"{path.name}.CHECKSUM")
    with pytest.raises(InvalidInput) as refused:
        load(service, path)
    assert refused.value.code == "candle_files.checksum"


def test_date_and_time_apart_in_a_zone(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    rows = ["2025.03.01,01:00,1,3,0.5,2,7", "2025.03.01,01:01,2,4,0.5,3,7"]
    with pytest.raises(InvalidInput) as refused:
        load(service, write(tmp_path, rows))
    assert refused.value.code == "candle_files.zone_needed"
    load(service, write(tmp_path, rows), FileTerms(series="FX:EUR/USD", zone=ZoneInfo("Europe/Berlin")))
    assert loader.bars == [bar(0), bar(1)]
    named = ["<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"]
    again = [*named, *(row.replace(",", "\t") + "\t7\t0" for row in rows)]
    terms = FileTerms(series="FX:GBP/USD", zone=ZoneInfo("Europe/Berlin"))
    assert load(service, write(tmp_path, again, "named.csv"), terms).imported == 2


def test_instants_in_a_format_that_was_said(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    rows = ["when,open,high,low,close", "01/03/2025 00:00,1,3,0.5,2", "01/03/2025 00:01,2,4,0.5,3"]
    terms = FileTerms(
        series=SERIES,
        zone=UTC,
        date_format="%d/%m/%Y %H:%M",
        columns={Field.AT: "when", Field.OPEN: "open", Field.HIGH: "2", Field.LOW: "low", Field.CLOSE: "close"},
    )
    assert load(service, write(tmp_path, [*rows, "13.13.2025,1,1,1,1"]), terms).reasons.total() == 1
    assert [one.at for one in loader.bars] == [START, START + timedelta(minutes=1)]
    assert {one.volume for one in loader.bars} == {0.0}


def test_clocks_that_are_changed(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    hours = [f"2025-10-26 {hour:02}:00,1,1,1,1,1" for hour in range(6)]
    never = "2025-03-30 02:00,1,1,1,1,1"
    report = load(
        service, write(tmp_path, [PLAIN, *hours, never]), FileTerms(series=SERIES, zone=ZoneInfo("Europe/Berlin"))
    )
    reasons = sorted(each.reason for each in report.rejected)
    assert ["never" in reasons[0], "twice" in reasons[1], len(reasons)] == [True, True, 2]
    assert len(loader.bars) == 5


@pytest.mark.parametrize("stamp", list(Stamp))
def test_bars_stamped_with_any_of_their_instants(
    service: CandleFileService, loader: Loader, tmp_path: Path, stamp: Stamp
) -> None:
    shift = {Stamp.START: 0, Stamp.END: 60, Stamp.INSIDE: 59}[stamp]
    at = [START + timedelta(minutes=index, seconds=shift) for index in range(3)]
    rows = [f"{instant.isoformat()},1,3,0.5,2,7" for instant in at]
    load(service, write(tmp_path, [PLAIN, *rows]), FileTerms(series=SERIES, stamped=stamp))
    assert [one.at for one in loader.bars] == [bar(index).at for index in range(3)]


def test_every_bad_row_has_its_reason(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    at = START + timedelta(minutes=10)
    bad = {
        f"{at.isoformat()},1,2,3,4": "has 5 cells, not 6",
        f"{at.isoformat()},1,2,1,1,nan": "the volume is not finite",
        f"{at.isoformat()},1,inf,1,1,1": "the high is not finite",
        f"{at.isoformat()},one,2,1,1,1": "the open is no number",
        f"{at.isoformat()},,2,1,1,1": "the open is no number",
        f"{at.isoformat()},1,2,-1,1,1": "a price is zero or negative",
        f"{at.isoformat()},0,0,0,0,0": "a price is zero or negative",
        f"{at.isoformat()},2,1,2,2,1": "A candle's prices lie between its low and its high.",
        f"{at.isoformat()},2,3,1,2,-1": "A candle's prices lie between its low and its high.",
        f"{(at + timedelta(seconds=1)).isoformat()},1,2,1,1,1": "No 1m bar begins at 2025-03-01T00:10:01+00:00.",
        "1999-01-01T00:00Z,1,2,1,1,1": "No 1m bar begins at 1999-01-01T00:00:00+00:00.",
        "yesterday,1,2,1,1,1": "'yesterday' is no instant",
        ",1,2,1,1,1": "'' is no instant",
        "99999999999999999999999999999999,1,2,1,1,1": "'99999999999999999999999999999999' is no instant",
        f"{START.isoformat()},1.0,3.0,0.6,2.0,7.0": "row 2 tells this bar otherwise",
    }
    report = load(service, write(tmp_path, [PLAIN, *lines(5), *bad, lines(1)[0]]))
    assert {each.number: each.reason for each in report.rejected} == dict(enumerate(bad.values(), 7))
    assert (report.imported, report.skipped) == (5, 1)
    assert loader.bars == [bar(index) for index in range(5)]


def test_order_does_not_matter_and_holes_are_told(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    shuffled = [lines(9)[index] for index in (3, 0, 8, 1, 2, 7)]
    report = load(service, write(tmp_path, [PLAIN, *shuffled]))
    assert [(gap.since, gap.until) for gap in report.gaps] == [(bar(4).at, bar(7).at)]
    assert [one.at for one in loader.bars] == sorted(one.at for one in loader.bars)


@pytest.mark.parametrize(
    ("minutes", "said", "code"),
    [
        (1, Resolution.MINUTES_5, "candle_files.resolution_differs"),
        (30, None, "candle_files.resolution_unknown"),
        (480, None, "candle_files.resolution_unknown"),
        (3 * 1440, None, "candle_files.resolution_unknown"),
        (0.5, Resolution.MINUTE, "candle_files.resolution_differs"),
        (2000, None, "candle_files.resolution_unknown"),
    ],
)
def test_wrong_resolutions(
    service: CandleFileService, tmp_path: Path, minutes: float, said: Resolution | None, code: str
) -> None:
    path = write(tmp_path, [PLAIN, *lines(5, timedelta(minutes=minutes))])
    with pytest.raises(InvalidInput) as refused:
        load(service, path, FileTerms(series=SERIES, resolution=said))
    assert refused.value.code == code


def test_one_bar_needs_its_resolution_said(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    path = write(tmp_path, [PLAIN, *lines(1)])
    with pytest.raises(InvalidInput) as refused:
        load(service, path)
    assert refused.value.code == "candle_files.resolution_needed"
    load(service, path, FileTerms(series=SERIES, resolution=Resolution.DAY))
    assert loader.bars == [bar(0)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "candle_files.empty"),
        (PLAIN.encode(), "candle_files.empty"),
        (b"a,b\n1,2\n", "candle_files.columns_missing"),
        (b"at,open,high\n2025-01-01,2,3\n", "candle_files.columns_missing"),
        (b"\x00\x01\x02\x03", "candle_files.damaged"),
        (b"\xff\xfe\xfa", "candle_files.damaged"),
        (b"[1, 2", "candle_files.damaged"),
        (b"[]", "candle_files.json"),
        (b"[1, 2]", "candle_files.json"),
        (b'{"a": 1}', "candle_files.json"),
        (b"FEA1", "candle_files.feather_1"),
        (b"ARROW1 and nothing", "candle_files.damaged"),
        (b"PAR1 and nothing", "candle_files.damaged"),
        (b"PK\x03\x04 and nothing", "candle_files.damaged"),
        (gzip.compress(b"timestamp,open" * 500, mtime=0)[:40], "candle_files.damaged"),
    ],
)
def test_damaged_files_are_refused_whole(
    service: CandleFileService, loader: Loader, tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(service, write(tmp_path, content))
    assert refused.value.code == code
    assert not loader.rows


def test_files_that_are_not_there_or_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput) as refused:
        list(open_tables(tmp_path / "none.csv"))
    assert refused.value.code == "candle_files.unreadable"
    monkeypatch.setattr(opening, "BYTES_MAX", 10)
    with pytest.raises(InvalidInput) as refused:
        list(open_tables(write(tmp_path, gzip.compress(b"0" * 11))))
    assert refused.value.code == "candle_files.too_long"


def frame(count: int) -> pl.DataFrame:
    bars = [bar(index) for index in range(count)]
    return pl.DataFrame(
        {
            "date": [one.at for one in bars],
            **{name: [getattr(one, name) for one in bars] for name in ("open", "high", "low", "close", "volume")},
        }
    ).with_columns(pl.col("date").dt.cast_time_unit("ns"))


def test_feather_and_parquet(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    for name, writer in (("a.feather", frame(4).write_ipc), ("b.parquet", frame(4).write_parquet)):
        content = io.BytesIO()
        writer(content)
        report = load(service, write(tmp_path, content.getvalue(), name), FileTerms(series=f"{SERIES}{name[0]}"))
        assert report.imported == 4
    assert loader.bars == 2 * [bar(index) for index in range(4)]


def test_numbers_that_feather_has_not(service: CandleFileService, tmp_path: Path) -> None:
    content = io.BytesIO()
    frame(4).with_columns(pl.when(pl.col("open") > 2).then(None).otherwise(pl.col("open")).alias("open")).write_ipc(
        content
    )
    report = load(service, write(tmp_path, content.getvalue()))
    assert (report.imported, [each.reason for each in report.rejected]) == (2, 2 * ["the open is no number"])


def test_a_load_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    class Dying(Loader):
        def load(self, rows: Sequence[CandleRow], *, revision: int) -> Loaded:
            if self.rows:
                raise Unavailable("database.unavailable", "The database does not answer.")
            return super().load(rows, revision=revision)

    rows = [line.replace(",99.0,101.0", ",98.5,101.0") for line in lines(ROWS_AT_A_TIME + 5)]
    path, dying, clock = write(tmp_path, [PLAIN, *rows]), Dying(), Clock()
    with pytest.raises(Unavailable):
        load(CandleFileService(dying, clock), path)
    healed = Loader()
    healed.rows, healed.known, healed.revisions = dying.rows, dying.known, dying.revisions
    report = load(CandleFileService(healed, clock), path)
    assert (report.imported, report.skipped) == (5, ROWS_AT_A_TIME)
    assert len(healed.rows) == ROWS_AT_A_TIME + 5
    assert len(set(healed.revisions)) == 1

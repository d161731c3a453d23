"""Files of trades, JSON, and the command that loads files."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from fargate.candle_writer.load import main
from nightdesk.candles.files.service import CandleFileService
from nightdesk.candles.model import Candle
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import to_ms
from tests.unit.candle_files.loading import PLAIN, SERIES, START, Loader, bar, lines, load, write

TRADES = [(0, 1, "10", "1"), (30, 2, "12", "2"), (60, 3, "9", "0.1"), (60, 3, "9", "0.1"), (185, 4, "11", "4")]
BARS = [
    Candle(START, 10, 12, 10, 12, 3),
    Candle(START + timedelta(minutes=1), 9, 9, 9, 9, 0.1),
    Candle(START + timedelta(minutes=2), 9, 9, 9, 9, 0),
    Candle(START + timedelta(minutes=3), 11, 11, 11, 11, 4),
]


def at_ms(seconds: int) -> int:
    return to_ms(START) + 1000 * seconds


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(
            [{"timestamp": at_ms(s), "id": str(i), "price": float(p), "amount": float(a)} for s, i, p, a in TRADES]
        ),
        json.dumps(
            [{"timestamp": at_ms(s), "id": str(i), "price": 0.1, "info": {"p": p, "q": a}} for s, i, p, a in TRADES]
        ),
        json.dumps({"trades": [[at_ms(s), str(i), None, "buy", float(p), float(a), 1.0] for s, i, p, a in TRADES]}),
        "\n".join(f"{i},{p},{a},1,{at_ms(s) * 1000},True,True" for s, i, p, a in TRADES),
        "\n".join(f"{i},{p},{a},1,1,{at_ms(s)},True,True" for s, i, p, a in TRADES),
        "time,price,qty,id\n" + "\n".join(f"{at_ms(s)},{p},{a},{i}" for s, i, p, a in reversed(TRADES)),
    ],
    ids=["ccxt", "raw", "columns", "binance trades", "binance aggregates", "header"],
)
def test_trades(service: CandleFileService, loader: Loader, tmp_path: Path, content: str) -> None:
    report = load(service, write(tmp_path, content))
    assert (report.rows, report.imported, report.bars) == (5, 4, 4)
    assert loader.bars == BARS
    again = load(service, write(tmp_path, content))
    assert (again.imported, again.skipped, again.bars) == (0, 5, 0)
    assert len(set(loader.revisions)) == 1


def test_trades_without_numbers_all_count(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    rows = [f"{at_ms(0) // 1000},10,1"] * 2 + [
        f"{at_ms(0) // 1000},0,1",
        f"{at_ms(0) // 1000},x,1",
        "1,2",
        f"{at_ms(1)},1,inf",
    ]
    report = load(service, write(tmp_path, rows))
    assert (report.imported, len(report.rejected)) == (2, 4)
    assert loader.bars == [Candle(START, 10, 10, 10, 10, 2)]


def test_a_file_without_a_trade_is_refused(service: CandleFileService, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(service, write(tmp_path, "time,price,qty\n1,x,1\n"))
    assert refused.value.code == "candle_files.no_bars"


def test_bars_that_the_store_refuses_are_rejected_rows(service: CandleFileService, tmp_path: Path) -> None:
    at = START + timedelta(minutes=5)
    report = load(service, write(tmp_path, [PLAIN, *lines(5), f"{at.isoformat()},99,99,99,99,1"]))
    assert [(each.number, each.reason) for each in report.rejected] == [(7, "shorter bars of this time are stored")]
    assert report.imported == 5


def test_json_of_bars(service: CandleFileService, loader: Loader, tmp_path: Path) -> None:
    rows = [[to_ms(one.at), one.open, one.high, one.low, one.close, one.volume] for one in (bar(0), bar(1))]
    assert load(service, write(tmp_path, json.dumps(rows))).imported == 2
    assert loader.bars == [bar(0), bar(1)]


def test_the_command(
    service: CandleFileService, loader: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, [PLAIN, *lines(3)])
    assert main(["--series", SERIES, "--origin", "vendor", str(path)], service) == 0
    assert "3 rows = 3 imported + 0 skipped + 0 rejected; 3 bars of 1m" in capsys.readouterr().out
    assert loader.known[0].source.startswith("vendor file bars.csv ")
    listed = write(
        tmp_path,
        json.dumps([{"file": "*.csv", "series": "BINANCE:LTC/BTC", "columns": "at=0,open=1,high=2,low=3,close=4"}]),
        "list.json",
    )
    assert main(["--list", str(listed)], service) == 0
    write(tmp_path, [PLAIN, *lines(3), "x,1,1,1,1,1"])
    assert main(["--list", str(listed)], service) == 1
    assert "1 rejected: 'x' is no instant" in capsys.readouterr().out
    assert main(["--series", SERIES, str(tmp_path / "none.csv")], service) == 1
    assert main([str(path)], service) == 2
    assert main(["--list", str(write(tmp_path, '[{"file": "none*", "series": "A:B/C"}]', "other.json"))], service) == 2
    assert "No file is named none*" in capsys.readouterr().err

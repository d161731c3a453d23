"""GET /api/v1/candles."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from nightdesk.candles.model import Candle
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from tests.fakes.desk import Caller, FakeDesk

START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = 1_767_225_600_000
MARKET = "BINANCE:BTC/USDT"


@pytest.fixture
def desk() -> FakeDesk:
    made = FakeDesk()
    bars = [
        Candle(START + timedelta(minutes=index), 1.0 + index, 2.0 + index, 0.5, 1.5 + index, 3) for index in range(40)
    ]
    for name, owner in ((MARKET, None), (f"PORTFOLIO:{uuid4()}", TenantId(uuid4()))):
        made.candles.series[name] = Series(series_id=1, name=name, unit=AssetId("USDT"), base=Resolution.MINUTE)
        made.candles.bars[name] = bars
        if owner is not None:
            made.candles.owners[name] = owner
    return made


@pytest.fixture
def caller(desk: FakeDesk) -> Caller:
    made = Caller(desk.desk())
    made.sign_in()
    return made


def test_pages_of_bars(caller: Caller) -> None:
    path = f"/api/v1/candles?series={MARKET}&resolution=15m&from={START_MS}&limit=2"
    answer = caller.call("GET", path)
    assert answer.status == 200
    assert answer.json == {
        "series": MARKET,
        "resolution": "15m",
        "base": "USDT",
        "items": [[START_MS, 1.0, 16.0, 0.5, 15.5, 45.0], [START_MS + 900_000, 16.0, 31.0, 0.5, 30.5, 45.0]],
        "next_from": "2026-01-01T00:30:00.000000Z",
    }
    rest = caller.call("GET", f"/api/v1/candles?series={MARKET}&resolution=15m&from={answer.json['next_from']}").json
    assert (len(rest["items"]), rest["next_from"]) == (1, None)


def test_bars_of_any_length(caller: Caller) -> None:
    answer = caller.call("GET", f"/api/v1/candles?series={MARKET}&resolution=7m&from={START_MS - 60_000}&limit=3").json
    # 1 January 2026 begins 29,453,760 minutes after 1970, a multiple of seven
    assert answer["resolution"] == "7m"
    assert [(row[0], row[5]) for row in answer["items"]] == [
        (START_MS, 21.0), (START_MS + 420_000, 21.0), (START_MS + 840_000, 21.0)
    ]  # fmt: skip


def test_newest_bars_before_an_instant(caller: Caller) -> None:
    path = f"/api/v1/candles?series={MARKET}&resolution=1m&to={START_MS + 300_000}&limit=2"
    assert [row[0] for row in caller.call("GET", path).json["items"]] == [START_MS + 180_000, START_MS + 240_000]


def test_another_tenants_portfolio_is_not_found(caller: Caller, desk: FakeDesk) -> None:
    name = next(iter(desk.candles.owners))
    answer = caller.call("GET", f"/api/v1/candles?series={name}&resolution=1m")
    assert (answer.status, answer.code) == (404, "candles.series_not_found")


@pytest.mark.parametrize(
    "query",
    [
        "series=BINANCE:BTC/USDT&resolution=0m",
        "series=BINANCE:BTC/USDT&resolution=2y",
        "series=BINANCE:BTC/USDT&resolution=1441m",
        "series=nonsense&resolution=1m",
        "series=BINANCE:BTC/USDT&resolution=1m&limit=0",
        "series=BINANCE:BTC/USDT&resolution=1m&limit=5001",
        "series=BINANCE:BTC/USDT&resolution=1m&from=yesterday",
        "series=BINANCE:BTC/USDT&resolution=1m&from=99999999999999999999",
        "series=BINANCE:BTC/USDT&resolution=1d&time_zone=Mars/Olympus",
        "series=BINANCE:BTC/USDT&resolution=1m&from=2000&to=1000",
        "resolution=1m",
    ],
)
def test_refuses_what_cannot_be_meant(caller: Caller, query: str) -> None:
    answer = caller.call("GET", f"/api/v1/candles?{query}")
    assert answer.status == 400, answer
    assert answer.headers["Content-Type"] == ["application/problem+json"]


def test_nobody_reads_without_a_token(desk: FakeDesk) -> None:
    assert Caller(desk.desk()).call("GET", f"/api/v1/candles?series={MARKET}&resolution=1m").status == 401

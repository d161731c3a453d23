"""One formula, the same bits wherever it is asked: over arrays, bar by bar, and by the API over stored bars."""

from datetime import datetime
from math import isnan
from uuid import UUID, uuid4

import pytest

from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, CandleRow, SeriesName, parse_series
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.indicators.analyser import Analyser
from nightdesk.indicators.bars import bars_of
from nightdesk.indicators.batch import Clock, History, evaluate
from nightdesk.indicators.language import parse
from nightdesk.indicators.warming import stored_for
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import to_ms
from tests.builders.bars import candles, walk
from tests.fakes.analytics import FakeAnalytics
from tests.fakes.desk import FakeDesk
from tests.fakes.figures import FakeFigures
from tests.integration.tenancy.test_own_series import make_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration
FORMULA = "EMA(RSI({0},{1},14),9) - BBANDS({0},{1},20).lowerband / 3 + OBV({0},{1}) * lag(close({0},{1}),2)"
STORED, TOLD = 400, 420
NOBODY = TenantId(UUID(int=0))


def store(postgres: Postgres, name: SeriesName, bars: list[Candle], resolution: Resolution) -> CandleService:
    rows = tuple(CandleRow(str(name), resolution, bar, "trades") for bar in bars)
    PostgresCandleStore(Database(postgres.url("streams"))).upsert([Batch(1, rows)])
    return CandleService(candle_readers(Database(postgres.url("app"))))


def streamed(service: CandleService, text: str, tenant: TenantId, later: list[Candle]) -> list[float]:
    """As a rule sees it: begun from the store, then told each bar; looked at while it forms, which must agree."""
    expression, analyser = parse(text), Analyser(FakeFigures())
    analyser.watch([expression])
    for wanted in analyser.wanted(later[0].at):
        analyser.load(wanted.key, stored_for(wanted, service, tenant))
    ((name, _),) = expression.bars
    told = []
    for bar in later:
        analyser.form(name, bar)
        forming = analyser.vector([expression])[0]
        analyser.close(name, bar)
        told.append(float(analyser.vector([expression])[0]))
        assert forming == told[-1] or isnan(forming)
    return told


def replayed(text: str, bars: list[Candle], resolution: Resolution) -> list[float]:
    """As a replay sees it: over arrays."""
    ((name, _),) = parse(text).bars
    whole = bars_of(bars, resolution)
    clock = Clock(resolution=resolution, first=whole.first + STORED, end=whole.end)
    values: list[float] = evaluate(parse(text), History({(name, resolution): whole}), clock).tolist()
    return values


def asked(service: CandleService, text: str, name: SeriesName, since: datetime) -> list[float]:
    """As a chart sees it: by the API, from what is stored by then."""
    analytics = FakeAnalytics(FakeDesk(), service)
    analytics.sign_in()
    ((_, resolution),) = parse(text).bars
    values = analytics.values(text, series=str(name), resolution=resolution, from_=str(to_ms(since)))
    return [value for value in values[0] if value is not None]


def test_a_market(postgres: Postgres) -> None:
    name, resolution = parse_series(f"BINANCE:{uuid4().hex[:8].upper()}/USDT"), Resolution.MINUTE
    text = FORMULA.format(name, resolution)
    bars = candles(walk(TOLD, resolution=resolution))
    service = store(postgres, name, bars[:STORED], resolution)
    rule = streamed(service, text, NOBODY, bars[STORED:])
    store(postgres, name, bars[STORED:], resolution)
    assert rule == replayed(text, bars, resolution) == asked(service, text, name, bars[STORED].at)


@pytest.mark.parametrize(
    "resolution", [Resolution.MINUTES_5, Resolution.MINUTES_15, Resolution.HOUR, Resolution.HOURS_4]
)
def test_a_longer_bar_of_a_market(postgres: Postgres, resolution: Resolution) -> None:
    name = parse_series(f"BINANCE:{uuid4().hex[:8].upper()}/USDT")
    text = FORMULA.replace("20", "3").replace("14", "3").format(name, resolution)
    minutes = candles(walk(240 * 14, resolution=Resolution.MINUTE))
    service = store(postgres, name, minutes[:2000], Resolution.MINUTE)
    rule = streamed(service, text, NOBODY, minutes[2000:])
    store(postgres, name, minutes[2000:], Resolution.MINUTE)
    assert rule[-1] == asked(service, text, name, minutes[0].at)[-1]


def test_a_portfolio_for_its_tenant_only(postgres: Postgres) -> None:
    fake = FakeDesk()
    tenant = make_tenant(postgres)
    name = parse_series(f"PORTFOLIO:{tenant}")
    text = FORMULA.format(name, Resolution.MINUTES_15)
    bars = candles(walk(TOLD, resolution=Resolution.MINUTES_15))
    service = store(postgres, name, bars[:STORED], Resolution.MINUTES_15)
    rule = streamed(service, text, tenant, bars[STORED:])
    assert rule == replayed(text, bars, Resolution.MINUTES_15)
    stranger = FakeAnalytics(fake, service)
    stranger.sign_in()
    told = stranger.ask(text, series=str(name), resolution="15m", from_=str(to_ms(bars[0].at)))
    assert told.code == "candles.series_not_found"

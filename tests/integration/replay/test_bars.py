"""Bars copied out of PostgreSQL in columns are the bars that candles are, and nobody else's."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from nightdesk.adapters.postgres.bar_columns import PostgresBarSource
from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import CandleRow, PortfolioSeries
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.indicators.bars import bars_of
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from tests.builders.bars import START, candles
from tests.builders.replays import wave
from tests.integration.tenancy.test_own_series import make_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration
UNTIL = START + timedelta(days=3)


@pytest.fixture(scope="module")
def market(postgres: Postgres) -> Instrument:
    """Two days of minutes, of which some are missing."""
    name = parse_instrument(f"BINANCE:{uuid4().hex[:8].upper()}/USDT")
    kept = [each for number, each in enumerate(candles(wave(2880))) if number % 50 != 7]
    rows = tuple(CandleRow(str(name), Resolution.MINUTE, each, "trades") for each in kept)
    PostgresCandleStore(Database(postgres.url("streams"))).upsert([Batch(1, rows)])
    return name


@pytest.mark.parametrize("resolution", ["1m", "5m", "15m", "1h", "4h", "1d"])
def test_columns_are_candles(postgres: Postgres, market: Instrument, resolution: str) -> None:
    length, tenant = Resolution(resolution), TenantId(uuid4())
    service = CandleService(candle_readers(Database(postgres.url("app"))))
    source = PostgresBarSource(Database(postgres.url("app")), service)
    since = START + timedelta(days=1)
    for begins in (None, since):
        told = source.bars(tenant, market, length, (begins, UNTIL))
        query = CandleQuery(series=str(market), resolution=length, since=begins, until=UNTIL)
        expected = bars_of(read_bars(service, tenant, query), length)
        assert (told.first, told.resolution) == (expected.first, length)
        assert np.array_equal(told.columns, expected.columns)
    assert source.exists(tenant, market)
    assert not source.bars(tenant, market, length, (UNTIL, UNTIL + timedelta(days=9))).columns.size


def test_other_tenants_series_are_not_there(postgres: Postgres, market: Instrument) -> None:
    source = PostgresBarSource(
        Database(postgres.url("app")), CandleService(candle_readers(Database(postgres.url("app"))))
    )
    owner, stranger = make_tenant(postgres), TenantId(uuid4())
    series = PortfolioSeries(owner)
    assert not source.bars(owner, series, Resolution.MINUTES_15, (START, UNTIL)).columns.size
    with pytest.raises(InvalidInput, match="no bars under 15m"):
        source.bars(owner, series, Resolution.MINUTE, (START, UNTIL))
    with pytest.raises(NotFound):
        source.bars(stranger, series, Resolution.MINUTES_15, (START, UNTIL))
    nowhere = Instrument(market.venue, market.base, market.base)
    assert not source.exists(stranger, nowhere)

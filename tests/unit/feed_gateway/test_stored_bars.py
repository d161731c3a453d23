"""What charts begin with."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from fargate.feed_gateway.bars import Stored
from fargate.feed_gateway.candles import Chart
from fargate.feed_gateway.stored_bars import StoredBars
from nightdesk.candles.model import Candle
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from tests.fakes.candles import FakeCandles

START = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = "FX:EUR/USD"
TENANT = TenantId(uuid4())


def stored_bars(base: Resolution) -> StoredBars:
    fake = FakeCandles()
    fake.series[MARKET] = Series(series_id=1, name=MARKET, unit=AssetId("USD"), base=base)
    fake.bars[MARKET] = [Candle(START + index * base.span, 1, 2, 0.5, 1.5, 1) for index in range(10)]
    return StoredBars(CandleService(fake.readers))


def chart(resolution: Resolution) -> Chart:
    return Chart(TENANT, MARKET, resolution, Resolution.MINUTE, lambda _: Stored())


def test_a_chart_begins_with_its_newest_bar_and_the_parts_of_it() -> None:
    found = stored_bars(Resolution.MINUTE).read(chart(Resolution.MINUTES_5))
    assert [bar.at for bar in found.bars] == [START + timedelta(minutes=5)]
    assert [part.at for part in found.parts] == [START + timedelta(minutes=index) for index in range(5, 10)]
    assert found.until == START + timedelta(minutes=10)


def test_bars_that_only_files_told_move_when_shorter_ones_come() -> None:
    stored = stored_bars(Resolution.HOUR)
    assert stored.base_of(TENANT, MARKET, Resolution.HOUR) is Resolution.MINUTE
    assert stored.read(chart(Resolution.HOUR)) == Stored()
    with pytest.raises(InvalidInput):
        stored.base_of(TENANT, MARKET, Resolution.MINUTES_5)

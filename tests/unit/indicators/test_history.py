"""Expressions over stored bars."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from nightdesk.candles.model import Candle, PortfolioSeries
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.candles.service import CandleService
from nightdesk.indicators.analyser import Wanted
from nightdesk.indicators.bars import bars_of
from nightdesk.indicators.batch import Segment
from nightdesk.indicators.eras import ERA_BARS, WARM_UP_BARS
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.history import BARS_MAX, HistoryQuery, HistoryService, Told
from nightdesk.indicators.language import parse
from nightdesk.indicators.line import LineKey, Stored
from nightdesk.indicators.warming import stored_for
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.caps_history import CapListing
from tests.builders.bars import BTC, START, candles, walk
from tests.fakes.candles import FakeCandles
from tests.fakes.reference import FakeCapHistory, coin

OURS, THEIRS = TenantId(UUID(int=1)), TenantId(UUID(int=2))
PORTFOLIO = PortfolioSeries(OURS)
BEFORE = 100  # of which nothing in this era knows
MINUTES = candles(walk(ERA_BARS, resolution=Resolution.MINUTE, first=900 * ERA_BARS - WARM_UP_BARS - BEFORE))
QUARTERS = candles(walk(300, 5, resolution=Resolution.MINUTES_15))


@pytest.fixture(scope="module")
def service() -> CandleService:
    fake = FakeCandles()
    named = ((BTC, MINUTES, Resolution.MINUTE), (PORTFOLIO, QUARTERS, Resolution.MINUTES_15))
    for number, (name, bars, base) in enumerate(named):
        fake.series[str(name)] = Series(series_id=number, name=str(name), unit=AssetId("USDT"), base=base)
        fake.bars[str(name)] = bars
    fake.owners[str(PORTFOLIO)] = OURS
    return CandleService(fake.readers)


def ask(service: CandleService, *texts: str, tenant: TenantId = OURS, **changes: Any) -> Told:
    """The newest hour of minutes, unless something else is asked."""
    asked: dict[str, Any] = {"clock": str(BTC), "resolution": Resolution.MINUTE, "since": MINUTES[-60].at}
    query = HistoryQuery(expressions=[parse(text) for text in texts], **{**asked, **changes})
    return HistoryService(service).tell(tenant, query)


def test_every_bar_of_the_range_has_a_value(service: CandleService) -> None:
    told = ask(service, f"RSI({BTC},1m,14)", f"price({BTC}) * 2", "-(3 / 2)")
    assert told.starts == [minute.at for minute in MINUTES[-60:]]
    assert told.values[1].tolist() == [minute.close * 2 for minute in MINUTES[-60:]]
    assert told.values[2].tolist() == [-1.5] * 60
    whole = Segment({BTC: bars_of(MINUTES[BEFORE:], Resolution.MINUTE)}).of(parse(f"RSI({BTC},1m,14)").root)
    assert told.values[0].tolist() == whole[-60:].tolist()


def test_what_is_asked_for_does_not_change_a_value(service: CandleService) -> None:
    text = f"EMA({BTC},1m,200) - KAMA({BTC},1m,30)"
    late = ask(service, text, since=MINUTES[-3].at)
    early = ask(service, text, since=MINUTES[0].at, until=MINUTES[-1].at + timedelta(minutes=1))
    assert late.values[0].tolist() == early.values[0][-3:].tolist()


def test_a_coins_figure_is_what_was_listed_when_the_bar_ended(service: CandleService) -> None:
    at, minute = MINUTES[-30].at, timedelta(minutes=1)
    listings = [
        CapListing(at - timedelta(hours=4), {AssetId("BTC"): coin("2e12", price="10", high="40")}),  # too old
        CapListing(at, {AssetId("BTC"): coin("2e12", price="100", high="120")}),
        CapListing(at + 5 * minute, {AssetId("BTC"): coin("3e12", price="100", high="150")}),
        CapListing(at + 9 * minute, {}),
    ]
    texts = [f"potential({BTC}) * 2", f"market_cap({BTC})", f"close({BTC},1m)"]
    query = HistoryQuery(
        expressions=[parse(text) for text in texts], clock=str(BTC), resolution=Resolution.MINUTE, since=at - 2 * minute
    )
    told = HistoryService(service, FakeCapHistory(listings)).tell(OURS, query)
    assert told.values[0][:6].tolist() == pytest.approx([np.nan, 0.4, 0.4, 0.4, 0.4, 0.4], nan_ok=True)
    assert told.values[0][6:12].tolist() == pytest.approx([1, 1, 1, 1, np.nan, np.nan], nan_ok=True)
    assert told.values[1][5:7].tolist() == [2e12, 3e12]
    with pytest.raises(ExpressionError, match="has no history"):
        ask(service, texts[0])


def test_a_longer_bar_counts_when_it_has_ended(service: CandleService) -> None:
    told = ask(service, f"close({BTC},15m)")
    quarters = rollup(MINUTES, Resolution.MINUTES_15)
    for start, value in zip(told.starts, told.values[0], strict=True):
        end = start + timedelta(minutes=1)
        ended = [bar.close for bar in quarters if bar.at + timedelta(minutes=15) <= end]
        assert value == ended[-1]


def test_the_forming_bar_is_added_as_the_chart_sees_it(service: CandleService) -> None:
    forming = Candle(MINUTES[-1].at + timedelta(minutes=1), 100, 120, 90, 110, 2)
    text = f"RSI({BTC},1m,14)"
    told = ask(service, text, forming=forming)
    assert told.starts[-1] == forming.at
    bars = bars_of([*MINUTES[BEFORE:], forming], Resolution.MINUTE)
    assert told.values[0][-1] == Segment({BTC: bars}).of(parse(text).root)[-1]
    again = Candle(MINUTES[-1].at, 100, 120, 90, 110, 2)
    assert ask(service, text, forming=again).values[0][-1] != ask(service, text).values[0][-1]
    old = Candle(MINUTES[-5].at, 100, 120, 90, 110, 2)
    assert ask(service, text, forming=old).values[0].tolist() == ask(service, text).values[0].tolist()


def test_portfolios_are_computed_for_their_tenant_only(service: CandleService) -> None:
    asked: dict[str, Any] = {"clock": str(PORTFOLIO), "resolution": Resolution.MINUTES_15, "since": QUARTERS[0].at}
    told = ask(service, f"value({PORTFOLIO}) / 2 + RSI({PORTFOLIO},15m,5) * 0", **asked)
    assert np.isnan(told.values[0][:5]).all()
    assert told.values[0][5:].tolist() == [quarter.close / 2 for quarter in QUARTERS[5:]]
    with pytest.raises(NotFound, match="There is no series"):
        ask(service, f"close({PORTFOLIO},15m)", tenant=THEIRS)
    with pytest.raises(NotFound, match="There is no series"):
        ask(service, f"close({BTC},15m)", tenant=THEIRS, **asked)


def test_what_has_no_history_or_is_too_long_is_refused(service: CandleService) -> None:
    with pytest.raises(ExpressionError, match="spread has no history"):
        ask(service, f"spread({BTC})")
    with pytest.raises(ExpressionError, match="no bars under 15m"):
        ask(service, f"value({PORTFOLIO})")
    for since, until in ((0, -1), (0, BARS_MAX + 1)):
        with pytest.raises(InvalidInput, match="at most"):
            ask(service, "1", since=START, until=START + timedelta(minutes=until), resolution=Resolution.MINUTE)
        assert not since
    with pytest.raises(InvalidInput, match="at most"):
        ask(service, *["1"] * 33)
    with pytest.raises(InvalidInput, match="too many bars of 1m"):
        ask(service, f"close({BTC},1m)", resolution=Resolution.DAY)


def test_a_range_without_bars_has_no_values(service: CandleService) -> None:
    told = ask(service, f"RSI({BTC},1m,14)", since=MINUTES[-1].at + timedelta(days=3))
    assert (told.starts, [each.tolist() for each in told.values]) == ([], [[]])


def test_a_line_is_warmed_up_from_what_is_stored(service: CandleService) -> None:
    def load(resolution: Resolution, since: int | None) -> Stored:
        wanted = Wanted(LineKey(resolution, (BTC,)), None if since is None else MINUTES[since].at)
        return stored_for(wanted, service, OURS)[BTC]

    assert load(Resolution.MINUTE, -5) == Stored(MINUTES[-5:], ())
    longer = load(Resolution.MINUTES_15, None)
    quarters = rollup(MINUTES, Resolution.MINUTES_15)
    assert longer.closed == quarters[:-1]
    assert list(longer.parts) == [minute for minute in MINUTES if minute.at >= quarters[-1].at]
    unknown: Sequence[Candle] = ()
    nobody = Wanted(LineKey(Resolution.MINUTES_15, (PORTFOLIO,)), None)
    assert stored_for(nobody, service, THEIRS)[PORTFOLIO] == Stored(unknown, unknown)

"""Who judges computes the very figures that the tracker's analyser tells, bit for bit, wherever the store stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.candles.model import Candle, PortfolioSeries, SeriesName, parse_series
from nightdesk.candles.ports import Series
from nightdesk.candles.service import CandleService
from nightdesk.indicators.analyser import Analyser, base_resolution
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import Leaf
from nightdesk.indicators.warming import stored_for
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import CorrelationId
from nightdesk.rules.firing import CandidateRow, ToldBars, candidate_id
from nightdesk.rules.reading import Seen
from nightdesk.rules.recomputing import KeptBars, Recomputed, decimal_of
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rule_bars import FakeBarStore
from tests.builders.rules import TENANT, rule_set
from tests.fakes.candles import FakeCandles
from tests.lengths import length

BTC, ETH = "BINANCE:BTC/USDT", "BINANCE:ETH/USDT"
OWN = f"PORTFOLIO:{TENANT}"
TEXTS = (
    f"RSI({BTC},1m,14)",
    f"EMA({BTC},15m,9)",
    f"OBV({BTC},5m)",
    f"SMA({BTC},1h,3)",
    f"close({BTC},1d)",
    f"volume({BTC},1w)",
    f"volume({BTC},1M)",
    f"CORREL(close({BTC},15m),close({ETH},15m),5)",
    f"SMA({OWN},15m,3)",
)
BEGIN = datetime(2026, 1, 5, 23, 40, tzinfo=UTC)  # midnight and the end of a week's first day are near
LATELY = -20


class Nothing:
    """Live figures are nobody's business here."""

    def value(self, metric: object) -> float:
        del metric
        return math.nan


@dataclass(frozen=True, slots=True)
class World:
    """Bars of every series: stored long ago, told since, and perhaps one that forms."""

    stored: dict[str, list[Candle]]
    closed: dict[str, list[Candle]]
    forming: dict[str, Candle | None]


def bars_from(seed: int, name: str, span: tuple[int, int], thin: float) -> list[Candle]:
    """Bars from so many steps before the beginning until so many after it, with holes long ago.

    After a hole among those that are told the tracker loads its line again; until it has, the two may differ.
    """
    random = np.random.default_rng(seed)
    step = base_resolution(parse_series(name)).span
    begin = BEGIN - (BEGIN - datetime(1970, 1, 1, tzinfo=UTC)) % step
    found = []
    for number in range(*span):
        low, high = sorted(random.uniform(90, 110, 2).tolist())
        opened, closed = random.uniform(low, high, 2).tolist()
        volume = 0.0 if random.random() < 0.2 else float(random.uniform(0.1, 9))
        if random.random() >= thin or number > LATELY:
            found.append(Candle(begin + number * step, opened, high, low, closed, volume))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    seed, thin = draw(st.integers(0, 10_000)), draw(st.sampled_from([0.0, 0.1]))
    after = draw(st.integers(0, 40))
    world = World({}, {}, {})
    for place, name in enumerate((BTC, ETH, OWN)):
        least = 0 if name != OWN else -40
        bars = bars_from(seed + place, name, (-400, max(1, after if name != OWN else after // 15)), thin)
        is_forming = draw(st.booleans())
        told = [bar for bar in bars if bar.at >= BEGIN + least * timedelta(minutes=1)]
        world.stored[name] = [bar for bar in bars if bar not in told]
        world.closed[name] = told[:-1] if is_forming else told
        world.forming[name] = told[-1] if is_forming and told else None
    return world


def fake_candles(stored: dict[str, list[Candle]]) -> CandleService:
    series = {
        name: Series(series_id=1, name=name, unit=AssetId("USDT"), base=base_resolution(parse_series(name)))
        for name in stored
    }
    return CandleService(FakeCandles(series, stored).readers)


def told_by_tracker(world: World, text: str) -> tuple[Decimal | None, dict[str, ToldBars]]:
    """What the analyser tells, and the bars that go with it."""
    analyser, expression = Analyser(Nothing()), parse(text)
    analyser.watch([expression])
    for wanted in analyser.wanted(BEGIN):
        analyser.load(wanted.key, stored_for(wanted, fake_candles(world.stored), TENANT))
    for name, bars in world.closed.items():
        for bar in bars:
            analyser.form(parse_series(name), bar)
            analyser.refresh()
            analyser.close(parse_series(name), bar)
    for name, forming in world.forming.items():
        if forming is not None:
            analyser.form(parse_series(name), forming)
    analyser.refresh()
    names = {name for name, _ in expression.bars}
    newest = {str(name): ToldBars(*analyser.newest(name, 10)) for name in names}
    return decimal_of(analyser.reader(expression)()), newest


def candidate(bars: dict[str, ToldBars], told: dict[str, Seen], instant: datetime) -> CandidateRow:
    wanted = rule_set()
    return CandidateRow(
        tenant_id=TENANT,
        rule_set_id=wanted.rule_set_id,
        candidate_id=candidate_id(wanted.rule_set_id, BEGIN, instant),
        version=1,
        armed_at=BEGIN,
        instant=instant,
        before=NOTHING_SEEN,
        told=told,
        told_at=BEGIN,
        correlation_id=CorrelationId("c"),
        bars=bars,
    )


def instant_of(world: World) -> datetime:
    """Within the newest bar of the markets, told or not."""
    told = [*world.closed[BTC][-1:], *world.closed[ETH][-1:], *filter(None, (world.forming[BTC], world.forming[ETH]))]
    return max((bar.at for bar in told), default=BEGIN) + timedelta(seconds=20)


def store_of(world: World, behind: int) -> FakeBarStore:
    """What is stored by now: the last told bars may be missing."""
    stored: dict[SeriesName, Sequence[Candle]] = {}
    for name, bars in world.stored.items():
        told = world.closed[name]
        stored[parse_series(name)] = [*bars, *told[: max(0, len(told) - behind)]]
    return FakeBarStore(stored)


@given(worlds(), st.integers(0, 9), st.sampled_from(TEXTS))
@settings(max_examples=length(60, 250), deadline=None)
def test_what_is_computed_anew_is_what_the_tracker_tells(world: World, behind: int, text: str) -> None:
    leaf = cast("Leaf", parse(text).root)
    told, bars = told_by_tracker(world, text)
    instant = instant_of(world)
    seen = {text: Seen(told, "candles", instant)}
    found = Recomputed(KeptBars(store_of(world, behind)), candidate(bars, seen, instant))
    assert found.seen(leaf).value == told
    assert found.contradicted == {}


@given(worlds(), st.integers(0, 9), st.sampled_from(TEXTS), st.integers(1, 5))
@settings(max_examples=length(30, 60), deadline=None)
def test_a_doctored_figure_is_contradicted(world: World, behind: int, text: str, by: int) -> None:
    leaf = cast("Leaf", parse(text).root)
    told, bars = told_by_tracker(world, text)
    doctored = Seen((told or Decimal(0)) + by, "candles", BEGIN)
    found = Recomputed(KeptBars(store_of(world, behind)), candidate(bars, {text: doctored}, instant_of(world)))
    assert found.seen(leaf).value == told
    assert found.contradicted == {text: doctored}


def test_a_portfolio_is_a_series_of_quarters_of_an_hour() -> None:
    assert isinstance(parse_series(f"PORTFOLIO:{UUID(int=7)}"), PortfolioSeries)

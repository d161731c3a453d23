"""The judge reads by itself: what a candidate was told with, and is not so, never fires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.rules_evaluate.reading import OwnReadings
from nightdesk.alerts.signals import HookId, Incoming, Signal, SignalId, SignalState
from nightdesk.candles.model import Candle, SeriesName, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import bar_index
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Holding
from nightdesk.rules.engine import advance
from nightdesk.rules.firing import CandidateRow, ToldBars, bars_from, bars_json, candidate_id
from nightdesk.rules.holdings import Held
from nightdesk.rules.judging import OwnFigures
from nightdesk.rules.model import Compare, Operand, PercentChange, Relation, RuleSet, TrailingStop
from nightdesk.rules.reading import Seen
from nightdesk.rules.recomputing import KeptBars
from nightdesk.rules.state import NOTHING_SEEN, Ledgered, RuleSetState, Trail
from tests.builders.rule_bars import FakeBarStore
from tests.builders.rules import BEGIN, PRICE, TENANT, at, rule_set
from tests.fakes.portfolio import FakePriceBook
from tests.fakes.reference import FakeCapHistory

BTC = parse_instrument("BINANCE:BTC/USDT")
SMA = Operand("SMA(BINANCE:BTC/USDT,1m,3)")
BELOW = rule_set(Compare(PRICE, Relation.BELOW, Operand("100")), Compare(SMA, Relation.ABOVE, Operand("10")))
ONE = AccountId(UUID(int=1))
OWN = parse_series(f"PORTFOLIO:{TENANT}")
INSTANT = at(65)


def bar(minute: int, close: float) -> Candle:
    return Candle(BEGIN + timedelta(minutes=minute), close, close + 1, close - 1, close, 1.0)


def price(last: str, seconds: float = 60, number: int = 7) -> Price:
    return Price(instrument=BTC, last=Decimal(last), at=at(seconds), number=number)


class FakeHeld:
    """One bitcoin."""

    def read(self, tenant_id: TenantId, known: Mapping[AccountId, int]) -> Held:
        del tenant_id, known
        position = Position(quantity=Decimal(1))
        holding = Holding(
            account_id=ONE, asset=AssetId("BTC"), position=position, folded_at=None, folded_sequence=0, stale=False
        )
        books = Books(base_asset=AssetId("USDT"), accounts=(), holdings=(holding,), reported=())
        return Held(books=books, heads={ONE: 1})


class FakeSignals:
    """One signal, of one market."""

    def latest(self, tenant_id: TenantId, name: str, instrument: str | None = None) -> Signal | None:
        if name != "breakout" or instrument not in {None, "BTCUSDT"}:
            return None
        return Signal(
            tenant_id=tenant_id,
            signal_id=SignalId(UUID(int=1)),
            hook_id=HookId(UUID(int=2)),
            name=name,
            incoming=Incoming(identity="one", is_exact=True),
            value=Decimal(-1),
            state=SignalState.COUNTED,
            counted_at=BEGIN,
        )


def candidate(wanted: RuleSet = BELOW, told: str = "11", before: RuleSetState = NOTHING_SEEN) -> CandidateRow:
    return CandidateRow(
        tenant_id=TENANT,
        rule_set_id=wanted.rule_set_id,
        candidate_id=candidate_id(wanted.rule_set_id, BEGIN, INSTANT),
        version=1,
        armed_at=BEGIN,
        instant=INSTANT,
        before=before,
        prices={BTC: price("99")},
        told={SMA: Seen(Decimal(told), "candles", INSTANT)},
        told_at=BEGIN,
        correlation_id=CorrelationId("c"),
        bars={str(BTC): ToldBars((bar(0, 11.0),), bar(1, 12.0))},
    )


def store() -> FakeBarStore:
    stored: dict[SeriesName, list[Candle]] = {BTC: [bar(number, 10.0) for number in range(-30, 0)]}
    stored[OWN] = [Candle(BEGIN - timedelta(minutes=15), 150.0, 198.0, 90.0, 99.0)]
    return FakeBarStore(stored)


def looked(told: CandidateRow, *, is_fresh: bool = True, wanted: RuleSet = BELOW, book: str = "99") -> OwnFigures:
    prices = FakePriceBook()
    prices.put([price(book)])
    own = OwnReadings(FakeHeld(), prices, KeptBars(store()), FakeSignals(), caps=FakeCapHistory())(
        wanted, told, is_fresh=is_fresh
    )
    own.readings.value(SMA)
    return own


def fires(told: CandidateRow, wanted: RuleSet = BELOW) -> bool:
    own = looked(told, wanted=wanted)
    return advance(wanted, told.before, told.instant, own.readings).fires and not own.contradicted()


def test_an_honest_candidate_fires() -> None:
    assert fires(candidate())


@given(st.decimals(-5, 5, places=2).filter(lambda by: by != 0))
def test_a_figure_of_bars_that_was_altered_never_fires(by: Decimal) -> None:
    honest = candidate()
    seen: dict[str, Seen] = {SMA: replace(honest.told[SMA], value=Decimal(11) + by)}
    assert not fires(replace(honest, told=seen))


@given(st.decimals(1, 99, places=2).filter(lambda last: last != 99))
def test_another_price_at_the_same_place_never_fires(last: Decimal) -> None:
    assert not fires(replace(candidate(), prices={BTC: price(str(last))}))


@pytest.mark.parametrize("seconds", [61, 65, 66])
def test_a_price_that_nobody_was_told_yet_never_fires(seconds: float) -> None:
    assert not fires(replace(candidate(), prices={BTC: price("99", seconds)}))


def test_bars_count_only_where_nothing_is_stored() -> None:
    honest = candidate()
    altered = ToldBars((bar(-1, 5.0), bar(0, 11.0)), bar(1, 12.0))
    assert looked(replace(honest, bars={str(BTC): altered})).readings.seen[SMA].value == 11
    assert not fires(replace(honest, bars={str(BTC): ToldBars((bar(0, 50.0),), bar(1, 12.0))}))


def test_an_emptied_cache_says_nothing_against_a_price() -> None:
    own = OwnReadings(FakeHeld(), FakePriceBook(), KeptBars(store()), FakeSignals(), caps=FakeCapHistory())(
        BELOW, candidate(), is_fresh=True
    )
    assert own.contradicted() == {}


def test_an_old_candidate_has_the_present_prices_and_the_bars_of_its_instant() -> None:
    own = looked(candidate(), is_fresh=False, book="120")
    assert own.readings.value(PRICE) == 120
    assert own.contradicted() == {}
    assert own.readings.seen[SMA].value == 11


def test_what_a_price_was_is_what_its_minute_closed_at() -> None:
    change = rule_set(PercentChange(PRICE, timedelta(minutes=1), Relation.BELOW, Decimal("-0.5")))
    told = replace(candidate(change), told={f"{PRICE} at {at(0).isoformat()}": Seen(Decimal(1000), "candles", at(0))})
    own = looked(told, wanted=change)
    assert own.readings.past(PRICE, at(0)) == 10
    assert own.readings.past(PRICE, at(60)) == 11
    assert own.readings.past(PRICE, at(-1860)) is None
    assert own.readings.past(Operand(f"value(PORTFOLIO:{TENANT})"), at(0)) is None


def test_drawdown_is_from_the_most_that_bars_and_the_present_tell() -> None:
    operand = Operand(f"drawdown(PORTFOLIO:{TENANT})")
    assert looked(candidate()).readings.value(operand) == Decimal("0.5")
    told = replace(candidate(), bars={str(OWN): ToldBars((), Candle(BEGIN, 200.0, 396.0, 90.0, 99.0))})
    assert looked(told).readings.value(operand) == Decimal("0.75")
    barren = OwnReadings(FakeHeld(), FakePriceBook(), KeptBars(FakeBarStore()), FakeSignals(), caps=FakeCapHistory())
    nobody = barren(BELOW, candidate(), is_fresh=True)
    assert nobody.readings.value(operand) is None
    assert nobody.readings.value(Operand(f"drawdown(ACCOUNT:{ONE})")) is None


def test_a_signal_is_the_newest_that_counts() -> None:
    own = looked(candidate())
    assert own.readings.value(Operand("signal(breakout)")) == -1
    assert own.readings.value(Operand("signal(breakout,BTCUSDT)")) == -1
    assert own.readings.value(Operand("signal(breakout,ETHUSDT)")) is None
    assert own.readings.seen["signal(breakout)"] == Seen(Decimal(-1), "signal", BEGIN)


def test_a_market_without_bars_has_no_figure() -> None:
    own = looked(candidate())
    assert own.readings.value(Operand("SMA(BINANCE:ETH/USDT,1m,3)")) is None


def test_a_stop_is_judged_by_the_ledger() -> None:
    stop = rule_set(TrailingStop(trail_ratio=Decimal("0.1")))
    trail = Trail(
        started_at=BEGIN,
        reference=Decimal(120),
        best=Decimal(120),
        best_at=BEGIN,
        armed_at=BEGIN,
        ledgered=Ledgered(sequences={ONE: 1}),
    )
    told = candidate(stop, before=replace(NOTHING_SEEN, nodes={1: trail}))
    assert fires(replace(told, told={}), stop)


def test_closed_bars_are_read_once_and_only_their_end_again() -> None:
    held = store()
    kept = KeptBars(held, lines_max=1)
    end = bar_index(BEGIN, Resolution.MINUTE)
    assert kept.closed(TENANT, BTC, Resolution.MINUTE, end - 5).end == end - 5
    assert kept.closed(TENANT, BTC, Resolution.MINUTE, end).end == end
    assert kept.closed(TENANT, BTC, Resolution.MINUTE, end - 2).end == end - 2
    assert [since for _, _, since in held.read][1] == BEGIN - timedelta(minutes=5)
    assert len(held.read) == 2
    kept.closed(TENANT, parse_series("BINANCE:ETH/USDT"), Resolution.MINUTE, end)
    kept.closed(TENANT, BTC, Resolution.MINUTE, end)
    assert len(held.read) == 4


def test_bars_of_a_portfolio_are_kept_for_the_tenant_that_may_see_them_only() -> None:
    held, another = store(), TenantId(UUID(int=99))
    kept = KeptBars(held)
    for name, reads in ((BTC, 1), (OWN, 2)):
        held.read.clear()
        end = bar_index(BEGIN, Resolution.MINUTES_15)
        kept.closed(TENANT, name, Resolution.MINUTES_15, end)
        kept.closed(another, name, Resolution.MINUTES_15, end)
        assert len(held.read) == reads


def test_bars_that_were_corrected_are_read_again_before_anything_is_refused() -> None:
    held = store()
    own = OwnReadings(FakeHeld(), FakePriceBook(), KeptBars(held), FakeSignals(), caps=FakeCapHistory())
    ema, honest = Operand("SMA(BINANCE:BTC/USDT,1m,25)"), candidate()
    first = own(BELOW, honest, is_fresh=True)
    before, average = first.readings.value(ema), first.readings.value(Operand("EMA(BINANCE:BTC/USDT,1m,3)"))
    assert average is not None
    corrected = [replace(each, close=9.5) for each in held.stored[BTC][:15]]
    held.stored = {BTC: [*corrected, *held.stored[BTC][15:]]}
    assert own(BELOW, honest, is_fresh=True).readings.value(ema) == before  # nobody said otherwise
    after = OwnReadings(FakeHeld(), FakePriceBook(), KeptBars(held), FakeSignals(), caps=FakeCapHistory())(
        BELOW, honest, is_fresh=True
    )
    told = replace(honest, told={ema: Seen(after.readings.value(ema), "candles", INSTANT)})
    again = own(BELOW, told, is_fresh=True)
    assert again.readings.value(ema) == after.readings.value(ema) != before
    assert again.contradicted() == {}


def test_bars_survive_being_written() -> None:
    told = {str(BTC): ToldBars((bar(0, 0.1),), bar(1, 1e-07)), "PORTFOLIO:x": ToldBars()}
    assert bars_from(json.loads(json.dumps(bars_json(told)))) == told

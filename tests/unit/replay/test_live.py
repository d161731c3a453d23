"""Live rules and replays decide alike: the same bars through the tracker's board and watch give the same firings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from fargate.portfolio_tracker.rules_board import Board
from fargate.portfolio_tracker.rules_lines import AnalysedLines
from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.indicators.bars import Bars, bar_at
from nightdesk.kernel.assets import AssetId, Instrument, parse_instrument
from nightdesk.markets.model import Price
from nightdesk.markets.orders import Side
from nightdesk.rules import model
from nightdesk.rules.actions import PanicSell, PlaceOrder, Reduce, Size, SizeUnit
from nightdesk.rules.checking import Checker
from nightdesk.rules.model import RuleSet
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay import replay, watcher_of
from nightdesk.rules.replay_broker import Broker, FillModel
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.state import NOTHING_SEEN, Trail
from nightdesk.rules.templates_made import TEMPLATES
from nightdesk.rules.watching import Candidate, RuleWatch
from tests.builders.bars import candles
from tests.builders.replays import ACCOUNT, BTC, ETH, MINUTE, TENANT, account_of, rolled, tape_of, watching, wave
from tests.fakes.candles import FakeCandles

ELSEWHERE = parse_instrument("BINANCE:LTC/USDT")
WARM_UP = 600
MINUTES = 2200
LEAD = 300
"""So many minutes before the first are known to who looks back."""
START = {"USDT": "10000", "BTC": "20", "ETH": "3"}


def _text(text: str) -> model.Operand:
    return model.Operand(expression_of(text).text)


def _order(side: Side, unit: SizeUnit, value: str) -> PlaceOrder:
    return PlaceOrder(account_id=ACCOUNT, instrument=BTC, side=side, size=Size(unit, Decimal(value)))


BUY, SELL = _order(Side.BUY, SizeUnit.RATIO, "0.3"), _order(Side.SELL, SizeUnit.RATIO, "0.4")
RSI = f"RSI({BTC},1m,14)"
LOW = model.Compare(_text(RSI), model.Relation.BELOW, _text("35"))
CHANGED = model.PercentChange(_text(f"price({BTC})"), timedelta(minutes=30), model.Relation.NOT_ABOVE, Decimal("-0.01"))
FALLEN = model.PercentChange(_text(f"price({BTC})"), timedelta(hours=4), model.Relation.BELOW, Decimal("-0.02"))
CROSSED = model.Cross(_text(f"EMA({BTC},1m,9)"), model.Direction.ABOVE, _text(f"EMA({BTC},1m,21)"))
DUE = model.Schedule(minutes=frozenset({0, 20}), zone="Europe/Berlin")
STOP = model.TrailingStop(scope=WHOLE_PORTFOLIO, arm_ratio=Decimal("0.01"), trail_ratio=Decimal("0.02"))
POSITION = model.TrailingStop(scope=Scope(account_id=ACCOUNT, asset=AssetId("BTC")), trail_ratio=Decimal("0.02"))
VALUED = model.Compare(_text(f"value(PORTFOLIO:{TENANT})"), model.Relation.ABOVE, _text("12500"))
RATIO = model.Compare(_text(f"price({BTC}) / price({ETH})"), model.Relation.BELOW, _text("4.8"))


def _made(template: str, **parameters: str) -> list[RuleSet]:
    given = {"account": str(ACCOUNT), "instrument": str(BTC), **parameters}
    return [_canonical(each) for each in TEMPLATES[template].rule_sets(TENANT, given)]


def _canonical(rule_set: RuleSet) -> RuleSet:

    return Checker(TENANT, {ACCOUNT}, {}).checked(rule_set)


CASES: dict[str, tuple[Resolution, Callable[[], list[RuleSet]]]] = {
    "low RSI buys": (MINUTE, lambda: [watching("a", LOW, BUY), watching("b", model.Not(LOW), SELL)]),
    "a fall within half an hour": (MINUTE, lambda: [watching("a", CHANGED, BUY)]),
    "a fall that began before anybody watched": (MINUTE, lambda: [watching("a", FALLEN, SELL)]),
    "crossing averages, cooling down": (
        MINUTE,
        lambda: [watching("a", CROSSED, BUY, cooldown=timedelta(minutes=90)), watching("b", DUE, SELL)],
    ),
    "held for minutes": (MINUTE, lambda: [watching("a", model.Held(LOW, timedelta(minutes=4)), BUY)]),
    "portfolio's trailing stop": (MINUTE, lambda: [watching("a", STOP, PanicSell()), watching("b", LOW, BUY)]),
    "position's trailing stop": (
        MINUTE,
        lambda: [watching("a", POSITION, Reduce(ratio=Decimal("0.5"))), watching("b", CROSSED, BUY)],
    ),
    "either": (MINUTE, lambda: [watching("a", model.AnyOf((VALUED, RATIO)), SELL), watching("b", CROSSED, BUY)]),
    "RSI with a stop, made of its template": (
        MINUTE,
        lambda: _made("rsi", resolution="1m", trail_ratio="0.01", buy_below="35", sell_above="65"),
    ),
    "averages of a quarter of an hour": (
        Resolution.MINUTES_15,
        lambda: _made("moving_averages", resolution="15m", fast="3", slow="8", trail_ratio="0.02"),
    ),
    "a grid": (MINUTE, lambda: _made("grid", lower="95", upper="105", amount="500")),
    "regular purchases": (MINUTE, lambda: _made("dca", hour="3", amount="100")),
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_bars_make_the_same_firings_and_fills(case: str) -> None:
    resolution, make = CASES[case]
    minutes = {BTC: wave(MINUTES), ETH: wave(MINUTES, 2, price=20.0)}
    rule_sets = make()
    replayed = _replayed(rule_sets, minutes, resolution)
    assert replayed[0], "nothing fired"
    assert asyncio.run(_Live(rule_sets, minutes, resolution).run()) == replayed


def test_a_window_reaches_back_before_the_first_bar() -> None:
    minutes = {BTC: wave(MINUTES), ETH: wave(MINUTES, 2, price=20.0)}
    fired, _ = _replayed([watching("a", FALLEN, SELL)], minutes, MINUTE)
    assert fired[0][1] < FALLEN.window / MINUTE.span


Outcome = tuple[list[tuple[str, int]], list[object]]


def _tape(minutes: dict[Instrument, Bars], resolution: Resolution) -> Tape:
    bars: dict[tuple[SeriesName, Resolution], Bars] = {(name, MINUTE): each for name, each in minutes.items()}
    bars |= {(name, Resolution.MINUTES_15): rolled(each, Resolution.MINUTES_15) for name, each in minutes.items()}
    skip = WARM_UP // int(resolution.span / MINUTE.span)
    return tape_of(bars, resolution, skip, [BTC, ETH], lead=LEAD if resolution is MINUTE else 0)


def _replayed(rule_sets: Sequence[RuleSet], minutes: dict[Instrument, Bars], resolution: Resolution) -> Outcome:
    tape = _tape(minutes, resolution)
    account = account_of(tape, **START)
    market = ReplayMarket(tape, account)
    fired = replay([watcher_of(each, market) for each in rule_sets], market, Broker(tape, account, FillModel()))
    return [(each.rule_set.name, each.place) for each in fired], list(account.fills)


@dataclass(frozen=True, slots=True)
class _Told:
    series: str
    candle: Candle
    is_closed: bool = True


class _Live:
    """The tracker's board, lines and watch, fed with bars as they close; orders are filled by the replays' model."""

    def __init__(self, rule_sets: Sequence[RuleSet], minutes: dict[Instrument, Bars], resolution: Resolution) -> None:
        self._rule_sets = rule_sets
        self._minutes = minutes
        self._tape = _tape(minutes, resolution)
        self._account = account_of(self._tape, **START)
        self._broker = Broker(self._tape, self._account, FillModel())
        self._watch = RuleWatch()
        self._board = Board(self._watch.compiled.slots)
        self._fired: list[tuple[str, int]] = []
        stored = FakeCandles(
            series={str(n): Series(series_id=1, name=str(n), unit=AssetId("USDT"), base=MINUTE) for n in minutes},
            bars={str(name): candles(each.cut(each.first, each.first + WARM_UP)) for name, each in minutes.items()},
        )
        service = CandleService(stored.readers)
        self._lines = AnalysedLines(self, service, market_at=lambda: self._board.market_at, told=lambda: None)

    async def run(self) -> Outcome:
        for rule_set in self._rule_sets:
            self._watch.put(rule_set, NOTHING_SEEN)
        self._board.follow(self._lines)
        begins = bar_at(self._tape.clock.first, self._tape.clock.resolution)
        self._board.hear(Price(instrument=ELSEWHERE, last=Decimal(1), at=begins))
        for name, each in self._minutes.items():
            self._board.hear(Price(instrument=name, last=Decimal(repr(candles(each)[WARM_UP - 1].close)), at=begins))
        self._board.tick()
        self._remember()
        stopping = asyncio.Event()
        loading = asyncio.create_task(self._lines.load(stopping))
        await asyncio.sleep(0)
        stopping.set()
        await loading
        await self._lines.hear(asyncio.Event())
        return self._fired, list(self._account.fills)

    def _remember(self) -> None:
        """What the market was before, as if it had been watched."""
        for number, minute in enumerate(candles(self._minutes[BTC])[:WARM_UP], 1):
            at = bar_at(self._minutes[BTC].first + number, MINUTE)
            self._board.pasts.put(_text(f"price({BTC})"), at, Decimal(repr(minute.close)))
        self._board.warmed()

    async def hear(self, wanted: Callable[[], Collection[str]]) -> AsyncIterator[_Told | None]:
        """`BarFeed`: each minute of both markets; once they are taken in, everything is tested."""
        del wanted
        size = int(self._tape.clock.resolution.span / MINUTE.span)
        rows = {name: candles(each)[WARM_UP:] for name, each in self._minutes.items()}
        for number in range(size * len(self._tape)):
            for name, each in rows.items():
                yield _Told(str(name), each[number])
            if (number + 1) % size == 0:
                self._after(number // size)

    def _after(self, place: int) -> None:
        """The bar has ended: orders were filled in it, prices are known, every rule set is tested."""
        instant = self._tape.instant(place)
        also = [each.rule_set_id for each in self._rule_sets] if place == 0 else []
        if self._broker.next_place == place:
            self._broker.fill(place)
            also = [each.rule_set_id for each in self._rule_sets]
        self._board.hold(TENANT, self._account.held(place, self._known()))
        for price in self._tape.prices(place).values():
            self._board.hear(Price(instrument=price.instrument, last=price.last, at=instant))
        ticked = self._board.tick()
        assert ticked is not None
        told = self._watch.tick(*ticked, also)
        for candidate in sorted(told, key=lambda each: self._rule_sets.index(each.rule_set)):
            self._take(candidate, place)

    def _take(self, candidate: Candidate, place: int) -> None:
        """The candidate is judged: it fires, as what was read is exact."""
        state = self._watch.compiled.state(candidate.rule_set.rule_set_id)
        self._watch.fired(candidate.rule_set.rule_set_id, state.firings + 1, candidate.snapshot.instant)
        self._fired.append((candidate.rule_set.name, place))
        self._broker.act(candidate.rule_set.actions, place)

    def _known(self) -> list[int]:
        states = (self._watch.compiled.state(each.rule_set_id) for each in self._rule_sets)
        trails = (node for state in states for node in state.nodes.values() if isinstance(node, Trail))
        return [number for trail in trails for number in trail.ledgered.sequences.values()]

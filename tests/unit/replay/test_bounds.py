"""A replay ends when nobody waits any more, wherever it is then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import numpy as np
import pytest

from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Floats
from nightdesk.indicators.model import Field
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import InvalidInput, TooLarge
from nightdesk.rules import replaying
from nightdesk.rules.checking import Checker
from nightdesk.rules.model import Compare, Operand, PercentChange, Relation, RuleSet
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay_patience import Patience, patient
from nightdesk.rules.replay_terms import FIGURES_MAX, StartAmount, Terms, require_room
from nightdesk.rules.replaying import ReplayService, play
from nightdesk.rules.sweep import Grid, sweep
from nightdesk.rules.templates_made import TEMPLATES
from tests.builders.bars import START
from tests.builders.replays import ACCOUNT, BTC, MINUTE, TENANT, USDT, FakeBars, books, watching, wave

MINUTES = 1500
GIVEN = {"account": str(ACCOUNT), "instrument": str(BTC), "resolution": "1m", "buy_below": "35", "sell_above": "65"}


class Steps:
    """A clock that goes on by one each time that it is read."""

    def __init__(self) -> None:
        self._count: Iterator[int] = count()
        self.read = 0

    def __call__(self) -> float:
        self.read = next(self._count)
        return float(self.read)


def service() -> ReplayService:
    return ReplayService(FakeBars({BTC: wave(MINUTES)}), lambda _: books())


def terms(patience: Patience, resolution: Resolution = MINUTE) -> Terms:
    until = START + timedelta(minutes=MINUTES)
    balances = [StartAmount(USDT, books(USDT="1000").holdings[0].position.quantity)]
    return Terms(since=START, until=until, resolution=resolution, balances=balances, patience=patience)


def rsi() -> list[RuleSet]:
    checker = Checker(TENANT, {ACCOUNT}, {})
    return [checker.checked(each) for each in TEMPLATES["rsi"].rule_sets(TENANT, GIVEN)]


def test_wherever_time_runs_out_it_is_told_how_far_it_came() -> None:
    clock = Steps()
    replayed = service().run(TENANT, rsi(), terms(patient(1e9, clock)))
    replayed.result.figures()
    assert replayed.fills
    looks = clock.read
    reached = set()
    for steps in range(0, looks - 1, max(1, looks // 40)):
        with pytest.raises(TooLarge) as refused:
            service().run(TENANT, rsi(), terms(patient(steps, Steps()))).result.figures()
        assert refused.value.code == "replay.too_large"
        reached.add(refused.value.message)
    assert len(reached) > 3
    assert any("not yet read" in each for each in reached)


def test_a_sweep_tells_how_many_combinations_were_done() -> None:
    clock = Steps()
    grid = Grid(template=TEMPLATES["rsi"], fixed=GIVEN, values={"period": ["7", "14", "21"]})

    def swept(patience: Patience) -> int:
        checked = Checker(TENANT, {ACCOUNT}, {}).checked
        return len(sweep(service(), TENANT, grid, terms(patience), checked).rows)

    assert swept(patient(1e9, clock)) == 3
    with pytest.raises(TooLarge, match=r"[12] of 3 combinations were replayed"):
        swept(patient(clock.read // 2, Steps()))


def test_bars_are_read_in_parts_and_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    def columns() -> Floats:
        asked = terms(patient(1e9, Steps()), Resolution.MINUTES_5)
        tape = service().stage(TENANT, [_above()], asked).tape
        return np.array([tape.column(BTC, field) for field in Field])

    at_once = columns()
    assert at_once.shape == (len(Field), MINUTES // 5)
    monkeypatch.setattr(replaying, "PART_BARS", 70)
    assert np.array_equal(columns(), at_once)


def _above() -> RuleSet:
    condition = Compare(Operand(expression_of(f"price({BTC})").text), Relation.ABOVE, Operand("1"))
    return watching("above", condition)


def test_more_figures_than_fit_are_refused() -> None:
    require_room(FIGURES_MAX, 1)
    with pytest.raises(InvalidInput, match="2 indicators"):
        require_room(FIGURES_MAX, 2)


def _changed(market: Instrument) -> RuleSet:
    operand = Operand(expression_of(f"price({market})").text)
    return watching("changed", PercentChange(operand, timedelta(hours=2), Relation.ABOVE, -1))  # type: ignore[arg-type]


def test_bars_before_the_first_are_read_for_windows_only() -> None:
    later = Terms(since=START + timedelta(hours=5), until=START + timedelta(hours=20), resolution=MINUTE)
    stage = service().stage(TENANT, [_changed(BTC)], later)
    assert stage.tape.before is not None
    assert len(stage.tape.before) == 125  # two hours and a step of five minutes
    assert play(stage, [_changed(BTC)]).firings[0].place == 0
    assert service().stage(TENANT, [_above()], later).tape.before is None

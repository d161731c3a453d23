"""The arrays overlook nothing: looking only where they say gives the very firings and memory of looking each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.codec import condition_from, condition_json, definition_from, definition_json
from nightdesk.rules.compiled import CompiledRules
from nightdesk.rules.compiled_block import Tick, epoch_s
from nightdesk.rules.engine import advance
from nightdesk.rules.model import (
    ActiveHours,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Not,
    Operand,
    PercentChange,
    Relation,
    RuleSet,
    Schedule,
    TrailingStop,
)
from nightdesk.rules.ports import Readings, ScopeReading
from nightdesk.rules.slots import Past, Present, SlotKey, Worth
from nightdesk.rules.state import NOTHING_SEEN, Ledgered, RuleSetState, Trail
from nightdesk.rules.state_codec import state_from, state_json
from nightdesk.rules.watching import RuleWatch
from tests.builders.rules import at, rule_set
from tests.lengths import length

OPERANDS = tuple(map(Operand, "abc"))
SCOPES = (Scope(), Scope(asset=AssetId("BTC")))
STEP_S = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything known at an instant of the trial."""

    instant: datetime
    values: Mapping[SlotKey, Decimal | None]

    def readings(self, wanted: RuleSet) -> Readings:  # noqa: ARG002 - the same for all
        return self

    def value(self, operand: Operand) -> Decimal | None:
        return self.values[Present(operand)]

    def past(self, operand: Operand, at: datetime) -> Decimal | None:  # noqa: ARG002 - one window
        return self.values[Past(operand, timedelta(minutes=1))]

    def scope(self, stop: TrailingStop, trail: Trail | None) -> ScopeReading | None:  # noqa: ARG002 - no flows
        value = self.values[Worth(rule_set().portfolio_id, stop.scope, None)]
        return None if value is None else ScopeReading(value=value, flow=Decimal(0), ledgered=Ledgered())


KEYS: tuple[SlotKey, ...] = (
    *map(Present, OPERANDS),
    *(Past(operand, timedelta(minutes=1)) for operand in OPERANDS),
    *(Worth(rule_set().portfolio_id, scope, None) for scope in SCOPES),
)

amounts = st.one_of(
    st.integers(0, 4).map(Decimal),
    st.sampled_from([Decimal("0.3"), Decimal("1.000000000000000001"), Decimal("2.999999999999999999")]),
)
figures = st.one_of(st.none(), amounts, amounts, amounts)
relations = st.sampled_from(list(Relation))
operand = st.sampled_from(OPERANDS)
ratios = st.sampled_from([Decimal("-0.5"), Decimal(0), Decimal("0.1"), Decimal(1)])
stops = st.builds(
    TrailingStop,
    scope=st.sampled_from(SCOPES),
    arm_ratio=st.sampled_from([Decimal(0), Decimal("0.1"), Decimal(1)]),
    trail_ratio=st.sampled_from([Decimal("0.1"), Decimal("0.5")]),
)
leaves = st.one_of(
    st.builds(Compare, operand, relations, operand),
    st.builds(Cross, operand, st.sampled_from(list(Direction)), operand),
    st.builds(PercentChange, operand, st.just(timedelta(minutes=1)), relations, ratios),
    st.builds(Schedule, minutes=st.frozensets(st.integers(0, 3), max_size=2)),
    stops,
)


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    lasting = st.sampled_from([0, STEP_S, 3 * STEP_S]).map(lambda seconds: timedelta(seconds=seconds))
    return st.one_of(
        st.builds(AllOf, several), st.builds(AnyOf, several), st.builds(Not, inner), st.builds(Held, inner, lasting)
    )


conditions: st.SearchStrategy[Condition] = st.recursive(leaves, grown, max_leaves=6)


@st.composite
def rule_sets(draw: st.DrawFn, number: int) -> RuleSet:
    hours = ActiveHours(begin=time(12, 1), end=time(12, 4), zone="UTC")
    return rule_set(
        *draw(st.lists(conditions, min_size=1, max_size=3)),
        rule_set_id=RuleSetId(UUID(int=number)),
        repeating=draw(st.booleans()),
        cooldown=timedelta(seconds=draw(st.sampled_from([0, 3 * STEP_S]))),
        active_hours=draw(st.sampled_from([None, None, hours])),
    )


trials = st.integers(1, 5).flatmap(lambda count: st.tuples(*map(rule_sets, range(count))))
tapes = st.lists(st.tuples(*[figures] * len(KEYS)), min_size=2, max_size=14)


def moments(tape: Sequence[tuple[Decimal | None, ...]]) -> list[Moment]:
    return [Moment(at(number * STEP_S), dict(zip(KEYS, row, strict=True))) for number, row in enumerate(tape)]


def each_time(wanted: RuleSet, tape: Sequence[Moment]) -> tuple[list[datetime], RuleSetState]:
    """What looking exactly at every instant gives."""
    state, fired = NOTHING_SEEN, []
    for moment in tape:
        step = advance(wanted, state, moment.instant, moment)
        state = step.state.fired(moment.instant) if step.fires else step.state
        fired += [moment.instant] * step.fires
    return fired, state


def tick_of(number: int, watch: RuleWatch, moment: Moment, before: Moment | None) -> Tick:
    """The moment as floats; what is not wanted is not there."""
    values = np.full(len(watch.compiled.slots), np.nan)
    moved = np.ones(len(values), dtype=np.bool_)
    for place, key in enumerate(watch.compiled.slots.keys):
        told = None if key is None else moment.values[key]
        if key is not None and told is not None:
            values[place] = float(told)
        moved[place] = before is None or key is None or before.values[key] != told
    return Tick(number, epoch_s(moment.instant), values, np.abs(np.nan_to_num(values)) * 1e-15, moved)


def where_told(
    wanted: Sequence[RuleSet], tape: Sequence[Moment], edited_at: int
) -> list[tuple[list[datetime], RuleSetState]]:
    """What looking where the arrays say gives."""
    watch, before = RuleWatch(CompiledRules(block_size=20)), None
    fired: dict[RuleSetId, list[datetime]] = {each.rule_set_id: [] for each in wanted}
    for each in wanted:
        watch.put(each, NOTHING_SEEN)
    for number, moment in enumerate(tape):
        if number == edited_at:
            watch.put(rule_set(rule_set_id=RuleSetId(UUID(int=99)), repeating=True), NOTHING_SEEN)
        for candidate in watch.tick(tick_of(number, watch, moment, before), moment):
            identity = candidate.rule_set.rule_set_id
            if identity not in fired:
                continue
            fired[identity].append(moment.instant)
            watch.fired(identity, candidate.before.firings + 1, moment.instant)
        before = moment
    watch.changes(100)
    return [(fired[each.rule_set_id], watch.compiled.state(each.rule_set_id)) for each in wanted]


HELD_OF_TOO_CLOSE_AND_UNKNOWN = Held(
    AnyOf(
        (
            Compare(OPERANDS[0], Relation.ABOVE, OPERANDS[0]),
            PercentChange(OPERANDS[1], timedelta(minutes=1), Relation.BELOW, Decimal("-0.5")),
        )
    ),
    timedelta(0),
)
KNOWN_AT_FIRST = (None, Decimal(0), None, None, Decimal(1), None, None, None)
UNKNOWN_AFTERWARDS = (Decimal(0), *[None] * 7)


@given(trials, tapes, st.integers(0, 20))
@example(
    (rule_set(Compare(OPERANDS[0], Relation.ABOVE, OPERANDS[1]), HELD_OF_TOO_CLOSE_AND_UNKNOWN),),
    [KNOWN_AT_FIRST, UNKNOWN_AFTERWARDS],
    0,
)
@settings(max_examples=length(100, 400), deadline=None)
def test_every_exact_firing_is_among_the_candidates(
    wanted: tuple[RuleSet, ...], tape: list[tuple[Decimal | None, ...]], edited_at: int
) -> None:
    seen = moments(tape)
    assert where_told(wanted, seen, edited_at) == [each_time(each, seen) for each in wanted]


@given(trials, tapes)
@settings(max_examples=50, deadline=None)
def test_rule_sets_and_their_memory_survive_being_written(
    wanted: tuple[RuleSet, ...], tape: list[tuple[Decimal | None, ...]]
) -> None:
    for each in wanted:
        _, state = each_time(each, moments(tape))
        assert state_from(state_json(state)) == state
        assert definition_from(definition_json(each))["rules"] == each.rules
        assert condition_from(condition_json(each.condition)) == each.condition

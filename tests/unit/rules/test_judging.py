from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from nightdesk.accounts.model import Event
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.action_ports import ActionsDue, RuleSetId
from nightdesk.rules.firing import (
    CandidateId,
    CandidateRef,
    CandidateRow,
    Firing,
    Verdict,
    candidate_id,
    reason_of,
    seen_from,
    seen_json,
)
from nightdesk.rules.judging import JudgingService, JudgingUnit, OwnFigures, StoredRuleSet
from nightdesk.rules.model import Compare, Mode, Operand, Relation, RuleSet
from nightdesk.rules.reading import ExactReadings, Seen
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rules import PRICE, TENANT, at, rule_set
from tests.fakes.clock import FakeClock

OVER = rule_set(Compare(PRICE, Relation.ABOVE, Operand("100")))
ARMED = at(-100)


def price(last: str) -> Price:
    return Price(instrument=parse_instrument("BINANCE:BTC/USDT"), last=Decimal(last), at=at(0))


@dataclass(slots=True)
class World:
    """Everything around the judge, in memory."""

    stored: StoredRuleSet | None
    candidate: CandidateRow
    present: str = "101"
    verdicts: list[Verdict] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    begun: list[ActionsDue] = field(default_factory=list)
    sent: list[ActionsDue] = field(default_factory=list)
    queue_is_down: bool = False
    contradicted: dict[str, Seen] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=lambda: FakeClock(at(1)))

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> StoredRuleSet | None:
        del tenant_id, rule_set_id
        return self.stored

    def candidate_of(self) -> CandidateRow | None:
        return None if self.verdicts else self.candidate

    def judge(self, candidate: CandidateRow, verdict: Verdict) -> None:
        del candidate
        self.verdicts.append(verdict)

    def add_firing(self, firing: Firing) -> None:
        self.firings.append(firing)

    def add(self, _tenant: TenantId, event: Event, *_rest: object) -> None:
        self.events.append(event)

    def begin(self, due: ActionsDue) -> None:
        self.begun.append(due)

    def send(self, due: ActionsDue) -> None:
        if self.queue_is_down:
            raise Unavailable("queue.unavailable", "down")
        self.sent.append(due)

    def readings(self, rule_set: RuleSet, candidate: CandidateRow, *, is_fresh: bool) -> OwnFigures:
        prices = dict(candidate.prices) if is_fresh else {price(self.present).instrument: price(self.present)}
        graph = PriceGraph(prices.values())
        readings = ExactReadings(
            candidate.instant, prices, cast("Any", None), graph=graph, portfolio_id=rule_set.portfolio_id, held=None
        )
        return OwnFigures(readings, lambda: self.contradicted)

    def run(self) -> str | None:
        ref = CandidateRef(TENANT, OVER.rule_set_id, self.candidate.candidate_id, self.candidate.correlation_id)
        return JudgingService(_units(self), self, self.clock).judge(ref)


class _Rows:
    def __init__(self, world: World) -> None:
        self.world = world
        self.lock, self.judge, self.add_firing = world.lock, world.judge, world.add_firing

    def candidate(self, tenant_id: TenantId, candidate: CandidateId) -> CandidateRow | None:
        del tenant_id, candidate
        return self.world.candidate_of()


def _units(world: World) -> Any:
    @contextmanager
    def open_unit(tenant_id: TenantId) -> Iterator[JudgingUnit]:
        del tenant_id
        outbox = cast("Any", world)
        yield JudgingUnit(rows=_Rows(world), outbox=outbox, actions=world, readings=world.readings)

    return open_unit


def world(wanted: RuleSet = OVER, last: str = "101", **changes: object) -> World:
    stored = StoredRuleSet(rule_set=wanted, firings=0, firings_ever=4, last_fired_at=None, armed_at=ARMED)
    candidate = CandidateRow(
        tenant_id=TENANT,
        rule_set_id=OVER.rule_set_id,
        candidate_id=candidate_id(OVER.rule_set_id, ARMED, at(0)),
        version=1,
        armed_at=ARMED,
        instant=at(0),
        before=NOTHING_SEEN,
        prices={price(last).instrument: price(last)},
        told_at=at(0),
        correlation_id=CorrelationId("c"),
    )
    return World(replace(stored, **changes), candidate)  # type: ignore[arg-type]


def test_a_firing_is_written_with_its_event_and_actions_then_sent() -> None:
    tried = world()
    assert tried.run() == "fire"
    (firing,), (event,), (due,) = tried.firings, tried.events, tried.sent
    assert (firing.number, firing.mode, firing.evidence[PRICE]) == (5, Mode.LIVE, Seen(Decimal(101), "price", at(0)))
    assert firing.reason == "rule 0: price(BINANCE:BTC/USDT) = 101"
    assert (event.name, event.payload["firing_id"]) == ("rule.fired.v1", str(firing.firing_id))
    assert tried.begun == [due]
    assert due.seen_at == at(0)
    assert tried.run() is None
    assert len(tried.firings) == 1


def test_a_shadow_firing_does_nothing() -> None:
    tried = world(replace(OVER, mode=Mode.SHADOW))
    assert tried.run() == "fire"
    assert [each.mode for each in tried.firings] == [Mode.SHADOW]
    assert tried.begun == tried.sent == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"rule_set": replace(OVER, version=2)}, "edited"),
        ({"rule_set": replace(OVER, mode=Mode.PAUSED)}, "not_watched"),
        ({"armed_at": at(-50)}, "not_watched"),
        ({"firings": 1}, "duplicate"),
    ],
)
def test_what_was_told_of_another_life_is_passed_over(changes: dict[str, object], outcome: str) -> None:
    tried = world(**changes)  # type: ignore[arg-type]
    assert tried.run() == outcome
    assert tried.firings == []


def test_a_removed_rule_set_fires_nothing() -> None:
    tried = world()
    tried.stored = None
    assert tried.run() == "removed"


def test_what_is_not_true_exactly_is_kept_with_the_figures() -> None:
    tried = world(last="100")
    assert tried.run() == "not_true"
    (verdict,) = tried.verdicts
    assert verdict.truths == {"rule 0": False}
    assert verdict.seen[PRICE].value == 100


def test_what_was_told_with_other_figures_is_refused_and_both_are_kept() -> None:
    tried = world()
    tried.contradicted = {PRICE: Seen(Decimal(150), "tracker", at(0))}
    assert tried.run() == "disagrees"
    (verdict,) = tried.verdicts
    assert verdict.seen[PRICE].value == 101
    assert verdict.seen[f"told: {PRICE}"].value == 150
    assert verdict.truths == {"rule 0": True}
    assert [*tried.firings, *tried.events, *tried.begun, *tried.sent] == []


def test_what_does_not_fire_anyway_is_not_refused_for_its_figures() -> None:
    tried = world(last="100")
    tried.contradicted = {PRICE: Seen(Decimal(150), "tracker", at(0))}
    assert tried.run() == "not_true"


def test_an_old_candidate_is_judged_on_the_present_prices() -> None:
    tried = world()
    tried.present = "99"
    tried.clock.at = at(0) + timedelta(seconds=11)
    assert tried.run() == "not_true"


def test_one_that_was_told_in_the_future_is_judged_on_the_present_prices() -> None:
    tried = world()
    tried.present = "99"
    tried.clock.at = at(0) - timedelta(seconds=11)  # a clock jumped
    assert tried.run() == "not_true"


def test_what_the_queue_does_not_take_is_left_to_the_sweeper() -> None:
    tried = world()
    tried.queue_is_down = True
    assert tried.run() == "fire"
    assert tried.begun
    assert tried.sent == []


def test_figures_survive_being_written() -> None:
    seen = {"a": Seen(Decimal("1.50"), "price", at(0)), "b": Seen(None, "candles")}
    assert seen_from(seen_json(seen)) == seen
    assert reason_of(OVER.rules, {}) == "rule 0"
    assert reason_of(OVER.rules, seen) == "rule 0: a = 1.5, b = not known"

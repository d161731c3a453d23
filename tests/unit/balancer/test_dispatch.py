import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nightdesk.balancer.dispatch import Dispatcher, Sender, SignAgain
from nightdesk.balancer.errors import budget_lost
from nightdesk.balancer.gate import Gate
from nightdesk.balancer.model import Ask, Cost, EgressName, Grant, Pin, Priority, Shape, Wait
from nightdesk.balancer.reading import says_itself
from nightdesk.balancer.request import Request, take_apart
from nightdesk.balancer.stream_ports import Answer, AnswerLost, NotSent
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import OutcomeUnknown, RateLimited, Unavailable
from tests.builders.balancer import RAW, VENUE, WEIGHT, ask, egress
from tests.fakes.budget import FakeBudget

START_MS = 1_700_000_003_000
OK = Answer(status=200, reason="OK", headers={"x-used": "40"}, body=b"{}")
BANNED = Answer(status=418, reason="", headers={"retry-after": "120"}, body=b"")
Outcome = Answer | Exception


@dataclass
class Scripted:
    """A transport that plays outcomes and notes the egresses."""

    outcomes: list[Outcome]
    used: list[EgressName] = field(default_factory=list)

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:  # noqa: ARG002
        self.used.append(grant.egress)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Bench:
    """A dispatcher on a fake budget whose clock moves when somebody sleeps."""

    def __init__(self, *outcomes: Outcome, egresses: str = "abc") -> None:
        self.budget = FakeBudget(START_MS)
        self.transport = Scripted(list(outcomes))
        gate = Gate(self.budget, sleep=self.sleep, monotonic=lambda: self.budget.now_ms / 1000)
        self.dispatcher = Dispatcher(self.budget, gate, self.transport)
        for name in egresses:
            run(self.budget.lease(VENUE, egress(name), 10**9))

    async def sleep(self, delay_s: float) -> None:
        self.budget.now_ms += max(1, int(delay_s * 1000))

    def send(self, *, method: str = "GET", sender: Sender | None = None, signed: bool = True) -> Answer:
        request = take_apart(VENUE, method, "https://api.binance.com/api/v3/order")
        shape = Shape(
            venue=VENUE,
            costs=(Cost(limit=WEIGHT, cost=20), Cost(limit=RAW, cost=1)),
            priority=Priority.HISTORY if method == "GET" else Priority.ORDER,
            mutates=method != "GET",
            signed=signed,
        )
        answer: Answer = run(self.dispatcher.send(request, shape, None, sender or Sender(tenant="t")))
        return answer


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_never_left_is_moved_to_another_egress(method: str) -> None:
    bench = Bench(NotSent("refused", gone=True), OK)

    assert bench.send(method=method) == OK
    assert bench.transport.used == ["a", "b"]
    assert "a" not in bench.budget.leases


def test_what_never_left_costs_nothing() -> None:
    bench = Bench(NotSent("refused"), OK)
    bench.send()

    assert [bench.budget.windows[WEIGHT.id, name, START_MS // WEIGHT.period_ms].used for name in "ab"] == [0, 40]


def test_an_order_that_may_have_left_is_never_sent_again() -> None:
    bench = Bench(AnswerLost("gone", gone=True), OK)

    with pytest.raises(OutcomeUnknown):
        bench.send(method="POST")
    assert len(bench.transport.used) == 1


def test_an_order_that_the_venue_broke_over_is_unknown_but_a_read_is_just_answered() -> None:
    broken = Answer(status=503, reason="", headers={"x-used": "40"}, body=b"")

    with pytest.raises(OutcomeUnknown):
        Bench(broken, OK).send(method="POST")
    assert Bench(broken).send() == broken


def test_a_venue_that_says_what_became_of_an_order_is_believed_whatever_its_status() -> None:
    refused = Answer(status=500, reason="", headers={}, body=b'["error",10001,"Invalid order: too small"]')

    assert says_itself(VenueId("bitfinex"), refused)
    assert not says_itself(VenueId("bitfinex"), replace(refused, body=b"<html>"))
    assert not says_itself(VenueId("binance"), refused)


def test_a_read_is_asked_again_elsewhere_when_its_egress_died() -> None:
    assert Bench(AnswerLost("gone", gone=True), OK).send() == OK


def test_a_read_that_the_venue_did_not_answer_is_left_to_the_caller() -> None:
    bench = Bench(AnswerLost("slow"), OK)

    with pytest.raises(Unavailable):
        bench.send()
    assert len(bench.transport.used) == 1


def test_a_banned_egress_is_left_alone_until_the_ban_ends() -> None:
    bench = Bench(BANNED, OK, OK, OK)
    for _ in range(4):
        bench.send()

    assert bench.transport.used == ["a", "b", "c", "b"] or "a" not in bench.transport.used[1:]
    assert bench.budget.bans["a"] >= START_MS + 120_000


def test_when_every_egress_is_banned_the_caller_learns_for_how_long() -> None:
    bench = Bench(BANNED, egresses="a")
    bench.send()

    with pytest.raises(RateLimited) as refused:
        bench.send()
    assert refused.value.code == "venue.banned"
    assert refused.value.retry_after_s == pytest.approx(120, abs=1)


def test_a_bound_key_waits_for_its_egress_and_takes_no_other() -> None:
    sender = Sender(tenant="t", key=ask(key="k").key, pin=Pin.HARD)
    bench = Bench(OK, OK, NotSent("down", gone=True))
    bench.send(sender=sender)
    bench.send(sender=sender)

    with pytest.raises(Unavailable):
        bench.send(sender=sender)
    assert set(bench.transport.used) == {"a"}


def test_an_old_signature_is_made_anew_before_it_is_sent() -> None:
    bench = Bench(OK, egresses="")
    sender = Sender(tenant="t", signs_again=True)
    lease = bench.budget.lease

    async def late(delay_s: float) -> None:
        bench.budget.now_ms += int(delay_s * 1000)
        if bench.budget.now_ms > START_MS + 1_500:
            await lease(VENUE, egress("a"), 10**9)

    bench.sleep = late  # type: ignore[method-assign]
    bench.dispatcher = Dispatcher(
        bench.budget, Gate(bench.budget, sleep=late, monotonic=lambda: bench.budget.now_ms / 1000), bench.transport
    )
    with pytest.raises(SignAgain) as again:
        bench.send(sender=sender)
    assert bench.transport.used == []
    assert bench.send(sender=Sender(tenant="t", signs_again=True, place=again.value.place)) == OK


def waits(budget: FakeBudget, priorities: Sequence[Priority]) -> list[bool]:
    return [isinstance(run(budget.acquire(ask((WEIGHT, 20), priority=one))), Grant) for one in priorities]


def test_without_any_egress_nothing_is_sent() -> None:
    bench = Bench(OK, egresses="")

    with pytest.raises(Unavailable) as refused:
        bench.send()
    assert refused.value.code == "balancer.no_egress"
    assert waits(bench.budget, [Priority.ORDER]) == [False]


class Away(FakeBudget):
    """A budget that does not answer at first."""

    refusals = 0

    async def acquire(self, ask: Ask) -> Grant | Wait:
        if self.refusals:
            self.refusals -= 1
            raise budget_lost()
        return await super().acquire(ask)


@pytest.mark.parametrize(("refusals", "sent"), [(3, 1), (1_000, 0)])
def test_a_budget_that_is_away_for_a_moment_is_asked_again_and_nothing_is_sent_meanwhile(
    refusals: int, sent: int
) -> None:
    bench = Bench(OK, egresses="a")
    away = Away(START_MS)
    away.refusals = refusals
    run(away.lease(VENUE, egress("a"), 10**9))
    bench.budget = away
    gate = Gate(away, sleep=bench.sleep, monotonic=lambda: away.now_ms / 1000)
    bench.dispatcher = Dispatcher(away, gate, bench.transport)

    if sent:
        assert bench.send() == OK
    else:
        with pytest.raises(Unavailable):
            bench.send()
    assert len(bench.transport.used) == sent
    assert away.now_ms - START_MS <= 16_000


def test_what_counts_nonces_is_signed_when_it_has_its_place() -> None:
    bench = Bench(OK, OK)
    sender = Sender(tenant="t", signs_again=True, signs_last=True)
    with pytest.raises(SignAgain) as again:
        bench.send(sender=sender)
    assert bench.transport.used == []
    assert bench.send(sender=replace(sender, place=again.value.place)) == OK

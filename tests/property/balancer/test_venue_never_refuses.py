"""Against a venue that counts by itself, whatever the latencies and clocks, nothing granted is ever too much."""

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine, Sequence
from heapq import heappop, heappush
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.balancer.model import Grant, KeyPrint, Priority, Report
from tests.builders.balancer import COUNTER, RATE, VENUE, WEIGHT, ask, egress
from tests.fakes.budget import FakeBudget
from tests.lengths import length

START_MS = 1_700_000_000_000

Step = tuple[int, int, int, Priority]
"""Milliseconds since the last, weight, latency one way, priority."""

steps = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 60, 130, 900]),
        st.sampled_from([20, 100, 200]),
        st.sampled_from([0, 10, 90, 400, 3_000]),
        st.sampled_from([Priority.ORDER, Priority.ORDER, Priority.HISTORY]),
    ),
    min_size=10,
    max_size=80,
)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def opened() -> FakeBudget:
    budget = FakeBudget(START_MS)
    await budget.lease(VENUE, egress("a"), 10**9)
    return budget


@settings(max_examples=length(80, 300), deadline=None)
@given(
    story=steps, skew_ms=st.sampled_from([-99, -40, 0, 40, 99]), before_edge_ms=st.sampled_from([30, 99, 500, 5_000])
)
def test_no_window_of_the_venue_gets_more_than_its_limit(
    story: Sequence[Step], skew_ms: int, before_edge_ms: int
) -> None:
    run(windows(story, skew_ms, START_MS + WEIGHT.period_ms - before_edge_ms))


async def windows(story: Sequence[Step], skew_ms: int, start_ms: int) -> None:
    """The venue counts by its own clock when a request arrives, and tells what is used."""
    budget, counted = await opened(), Counter[int]()
    budget.known.add((WEIGHT.id, "a"))
    events: list[tuple[int, int, str, Any]] = []
    at = start_ms
    for number, (pause_ms, weight, latency_ms, priority) in enumerate(story):
        at += pause_ms
        heappush(events, (at, number, "ask", (weight, latency_ms, priority)))
    number = len(story)
    while events:
        now, _, kind, what = heappop(events)
        budget.now_ms = now
        number += 1
        if kind == "ask":
            weight, latency_ms, priority = what
            grant = await budget.acquire(ask((WEIGHT, weight), priority=priority))
            if isinstance(grant, Grant):
                heappush(events, (now + latency_ms, number, "arrive", (grant, weight, latency_ms, priority)))
        elif kind == "arrive":
            grant, weight, latency_ms, priority = what
            slot = (now + skew_ms) // WEIGHT.period_ms
            counted[slot] += weight
            assert counted[slot] <= WEIGHT.limit
            heappush(events, (now + latency_ms, number, "answer", (grant, counted[slot], priority)))
        else:
            grant, used, priority = what
            await budget.report(Report(grant=grant, priority=priority, used={WEIGHT.id: used}))


@settings(max_examples=length(30, 60), deadline=None)
@given(pauses=st.lists(st.integers(0, 400), min_size=1, max_size=200))
def test_no_stretch_of_a_period_holds_more_than_the_rate(pauses: Sequence[int]) -> None:
    run(rates(pauses))


async def rates(pauses: Sequence[int]) -> None:
    budget, sent = await opened(), deque[int]()
    for pause_ms in pauses:
        budget.now_ms += pause_ms
        if isinstance(await budget.acquire(ask((RATE, 1))), Grant):
            sent.append(budget.now_ms)
        while sent and sent[0] <= budget.now_ms - RATE.period_ms:
            sent.popleft()
        assert len(sent) <= RATE.limit


@settings(max_examples=length(30, 60), deadline=None)
@given(story=st.lists(st.tuples(st.integers(0, 9_000), st.sampled_from([1, 2])), min_size=1, max_size=200))
def test_a_sinking_counter_never_passes_its_top(story: Sequence[tuple[int, int]]) -> None:
    run(counters(story))


async def counters(story: Sequence[tuple[int, int]]) -> None:
    budget, level, before = await opened(), 0, START_MS
    for pause_ms, cost in story:
        budget.now_ms += pause_ms
        question = ask((COUNTER, cost), key=KeyPrint("k"))
        level = max(0, level - (budget.now_ms - before) * COUNTER.decay_milli_per_s)
        before = budget.now_ms
        if isinstance(await budget.acquire(question), Grant):
            level += cost * 1_000_000
        assert level <= COUNTER.limit * 1_000_000


@settings(max_examples=40, deadline=None)
@given(orders=st.lists(st.integers(50, 1_500), min_size=5, max_size=60))
def test_orders_find_a_place_while_history_takes_all_it_can(orders: Sequence[int]) -> None:
    run(beside_history(orders))


async def beside_history(pauses: Sequence[int]) -> None:
    """Orders no faster than their guaranteed part never wait but at a window's edge."""
    budget = await opened()
    probe = await budget.acquire(ask((WEIGHT, 1)))
    assert isinstance(probe, Grant)
    await budget.report(Report(grant=probe, priority=Priority.HISTORY, used={WEIGHT.id: 1}))
    for pause_ms in pauses:
        budget.now_ms += pause_ms
        await fill(budget)
        outcome = await budget.acquire(ask((WEIGHT, 1), priority=Priority.ORDER))
        edge = budget.now_ms % WEIGHT.period_ms < WEIGHT.guard_ms
        assert isinstance(outcome, Grant) or edge


async def fill(budget: FakeBudget) -> None:
    """History asks until it is refused."""
    while isinstance(grant := await budget.acquire(ask((WEIGHT, 20))), Grant):
        await budget.report(Report(grant=grant, priority=Priority.HISTORY, used={WEIGHT.id: 0}))

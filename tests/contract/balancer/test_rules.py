"""What every shared budget promises, told one rule at a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from nightdesk.adapters.redis.balancer import RedisBudget
from nightdesk.balancer.model import RESERVED, Ask, Egress, EgressName, Grant, LimitId, Pin, Priority, Report, Wait
from nightdesk.kernel.errors import Unavailable
from tests.builders.balancer import COUNTER, RATE, RAW, VENUE, WEIGHT, ask, egress
from tests.fakes.budget import FakeBudget

START_MS = 1_700_000_003_000
AnyBudget = RedisBudget | FakeBudget
Story = Callable[[AnyBudget], Awaitable[None]]
Play = Callable[[Story], None]
pytestmark = pytest.mark.integration


@pytest.fixture(params=["valkey", "python"])
def play(request: pytest.FixtureRequest) -> Iterator[Play]:
    """Runs a story on an empty budget with one egress."""

    def on_python(story: Story) -> None:
        asyncio.run(told(FakeBudget(START_MS), story))

    if request.param == "python":
        yield on_python
        return
    url = request.getfixturevalue("valkey_url")
    with SyncRedis.from_url(url) as client:
        for key in client.scan_iter(f"balancer:{{{VENUE}}}*"):
            client.delete(key)

    async def on_valkey(story: Story) -> None:
        client = Redis.from_url(url)
        await told(RedisBudget(client, now_ms=START_MS), story)
        await client.aclose()

    yield lambda story: asyncio.run(on_valkey(story))


async def told(budget: AnyBudget, story: Story) -> None:
    await budget.lease(VENUE, egress("a"), 10**9)
    await story(budget)


def at(budget: AnyBudget, milliseconds: int) -> None:
    """Go to so long after the start of the window in which the story began."""
    budget.now_ms = START_MS - 3_000 + milliseconds


async def granted(budget: AnyBudget, question: Ask) -> Grant:
    outcome = await budget.acquire(question)
    assert isinstance(outcome, Grant), outcome
    return outcome


async def refused(budget: AnyBudget, question: Ask) -> Wait:
    outcome = await budget.acquire(question)
    assert isinstance(outcome, Wait), outcome
    return outcome


async def answered(budget: AnyBudget, grant: Grant, used: int = 0, priority: Priority = Priority.ORDER) -> None:
    await budget.report(Report(grant=grant, priority=priority, used={WEIGHT.id: used}))


def order(weight: int) -> Ask:
    return ask((WEIGHT, weight), priority=Priority.ORDER)


def test_an_unknown_budget_is_found_out_by_one_request_at_a_time(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        first = await granted(budget, order(1))
        assert (await refused(budget, order(1))).reason == "unknown"
        await answered(budget, first, used=900)
        await granted(budget, order(100))
        assert (await refused(budget, order(1))).reason == "used_up"

    play(story)


def test_what_the_header_tells_counts_when_it_is_more(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        grant = await granted(budget, order(1))
        await answered(budget, grant, used=950)
        assert (await refused(budget, order(51))).reason == "used_up"
        await answered(budget, await granted(budget, order(50)), used=3)
        assert (await refused(budget, order(1))).reason == "used_up"

    play(story)


def test_the_start_of_a_window_is_shut_while_the_last_one_was_full(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        await answered(budget, await granted(budget, order(999)), used=1_000)
        at(budget, 10_040)
        assert await refused(budget, order(1)) == Wait(wait_ms=60, reason="edge")
        at(budget, 10_100)
        await granted(budget, order(1))

    play(story)


def test_an_answer_of_the_next_window_still_counts_there(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        at(budget, 9_000)
        slow = await granted(budget, order(600))
        at(budget, 10_500)
        await answered(budget, slow, used=600)
        assert (await refused(budget, order(401))).reason == "used_up"
        await granted(budget, order(400))

    play(story)


def test_a_grant_in_the_last_moment_counts_in_both_windows(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        at(budget, 9_950)
        await answered(budget, await granted(budget, order(700)), used=700)
        at(budget, 10_200)
        assert (await refused(budget, order(301))).reason == "used_up"

    play(story)


def test_history_leaves_room_for_orders(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        while isinstance(grant := await budget.acquire(ask((WEIGHT, 20))), Grant):
            await answered(budget, grant, priority=Priority.HISTORY)
        for _ in range(100):
            await answered(budget, await granted(budget, order(1)))

    play(story)


def test_orders_leave_a_part_to_history_that_waits(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await answered(budget, await granted(budget, order(1)), used=1)
        while isinstance(grant := await budget.acquire(ask((WEIGHT, 20))), Grant):
            await answered(budget, grant, priority=Priority.HISTORY)
        taken = 0
        at(budget, 10_200)
        await granted(budget, order(700))
        await refused(budget, ask((WEIGHT, 150)))
        while isinstance(await budget.acquire(order(10)), Grant):
            taken += 10
        assert taken <= 1_000 - 700 - 100

    play(story)


def test_a_ban_holds_until_its_end(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        grant = await granted(budget, order(1))
        await budget.report(Report(grant=grant, priority=Priority.ORDER, used={WEIGHT.id: 1}, ban_ms=5_000))
        assert await refused(budget, order(1)) == Wait(wait_ms=5_000, reason="banned")
        budget.now_ms = START_MS + 5_000
        await granted(budget, order(1))

    play(story)


def test_a_bound_key_stays_and_a_soft_one_moves(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        for key, pin in (("hard", Pin.HARD), ("soft", Pin.SOFT)):
            await answered(budget, await granted(budget, ask((WEIGHT, 1), key=key, pin=pin)), used=1)
        await budget.lease(VENUE, egress("b"), 10**9)
        await budget.release(VENUE, "a")
        assert (await refused(budget, ask((WEIGHT, 1), key="hard", pin=Pin.HARD))).reason == "egress_down"
        assert (await granted(budget, ask((WEIGHT, 1), key="soft", pin=Pin.SOFT))).egress == "b"

    play(story)


def test_a_lease_that_is_not_renewed_ends(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await budget.release(VENUE, "a")
        await budget.lease(VENUE, egress("b"), 3_000)
        await granted(budget, order(1))
        budget.now_ms = START_MS + 3_000
        assert (await refused(budget, order(1))).reason == "no_egress"

    play(story)


def test_an_unknown_counter_is_taken_for_full_and_sinks(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        question = ask((COUNTER, 2), priority=Priority.ORDER, key="k")
        wait = await refused(budget, question)
        budget.now_ms = START_MS + wait.wait_ms
        grant = await granted(budget, question)
        await budget.report(Report(grant=grant, priority=Priority.ORDER, exhausted=(LimitId("counter"),)))
        assert (await refused(budget, question)).wait_ms == wait.wait_ms

    play(story)


def test_an_unknown_rate_grants_at_once_what_it_always_leaves(play: Play) -> None:
    careful = replace(RATE, limit=90, period_ms=60_000, usable_permille=900)

    async def story(budget: AnyBudget) -> None:
        live, history = (ask((careful, 1), priority=each) for each in (Priority.ORDER, Priority.HISTORY))
        for _ in range(7):
            await granted(budget, history)
        assert (await refused(budget, history)).reason == "unknown"
        for _ in range(careful.spare - 7):
            await granted(budget, live)
        budget.now_ms = START_MS + 59_000
        wait = await refused(budget, live)
        assert (wait.reason, wait.wait_ms) == ("unknown", 1_000)
        budget.now_ms += wait.wait_ms
        await granted(budget, history)

    play(story)


def test_a_rate_lets_history_through_after_two_seconds_of_orders(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        await refused(budget, ask((RATE, 1)))
        got = Counter[str]()
        for step in range(600):
            budget.now_ms = START_MS + 1_000 + step * 10
            for priority in (Priority.ORDER, Priority.HISTORY):
                if isinstance(await budget.acquire(ask((RATE, 1), priority=priority)), Grant):
                    got[priority.name] += 1
        assert got["ORDER"] > 3 * got["HISTORY"] > 0

    play(story)


def test_tenants_who_want_more_than_there_is_get_equal_parts(valkey_url: str) -> None:
    """One asks with forty hands, three with four each; the egress has room for a quarter of it all."""

    async def story() -> Counter[str]:
        client = Redis.from_url(valkey_url)
        async for key in client.scan_iter(f"balancer:{{{VENUE}}}*"):
            await client.delete(key)
        budget, got = RedisBudget(client, now_ms=START_MS - 3_000), Counter[str]()
        await budget.lease(VENUE, egress("a"), 10**9)
        await answered(budget, await granted(budget, order(1)), used=1)
        hands = ["greedy"] * 40 + [f"modest-{number}" for number in range(3) for _ in range(4)]
        for step in range(150):
            at(budget, 200 + step * 200)
            for tenant in hands:
                grant = await budget.acquire(ask((WEIGHT, 5), tenant=tenant))
                if isinstance(grant, Grant):
                    got[tenant] += 5
                    await answered(budget, grant, priority=Priority.HISTORY)
        await client.aclose()
        return got

    got = asyncio.run(story())
    fair = got.total() / 4
    assert got.total() > 0.95 * 3 * WEIGHT.limit
    assert min(got.values()) > 0.5 * fair


def test_without_valkey_nothing_may_be_sent() -> None:
    async def story() -> None:
        client = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
        with pytest.raises(Unavailable) as lost:
            await RedisBudget(client).acquire(order(1))
        assert lost.value.code == "balancer.unavailable"
        await client.aclose()

    asyncio.run(story())


def test_who_does_not_know_its_address_leaves_the_one_that_is_known(valkey_url: str) -> None:
    async def story() -> str:
        client = Redis.from_url(valkey_url)
        for address in ("192.0.2.7", ""):
            await RedisBudget(client).lease(VENUE, Egress(name=EgressName("known"), url="", address=address), 1_000)
        leases = await client.hgetall(f"balancer:{{{VENUE}}}:egresses")
        await RedisBudget(client).release(VENUE, "known")
        await client.aclose()
        return str(leases[b"known"])

    assert asyncio.run(story()).endswith("||192.0.2.7'")


def test_an_egress_kept_for_websockets_serves_only_who_names_it(play: Play) -> None:
    async def story(budget: AnyBudget) -> None:
        sockets = Egress(name=EgressName("own"), url=RESERVED, address="")
        await budget.lease(VENUE, sockets, 10**9)
        await budget.release(VENUE, "a")
        nobody = await budget.acquire(ask((WEIGHT, 1)))
        assert nobody == Wait(wait_ms=250, reason="no_egress")
        named = await granted(budget, replace(ask((RAW, 1)), only=sockets.name))
        assert named.egress == "own"

    play(story)

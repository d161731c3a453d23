"""The script in Valkey and its second telling in Python give the same answers to the same story."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from nightdesk.adapters.redis.balancer import RedisBudget
from nightdesk.balancer.model import EgressName, Grant, Pin, Priority, Report
from nightdesk.kernel.assets import VenueId
from tests.builders.balancer import COUNTER, ORDERS, RATE, RAW, WEIGHT, ask, egress
from tests.fakes.budget import FakeBudget

STEPS = 400
START_MS = 1_700_000_003_000
pytestmark = pytest.mark.integration


@asynccontextmanager
async def both(valkey_url: str, venue: VenueId) -> AsyncIterator[tuple[RedisBudget, FakeBudget]]:
    client = Redis.from_url(valkey_url)
    keys = [key async for key in client.scan_iter(f"balancer:{{{venue}}}*")]
    if keys:
        await client.delete(*keys)
    yield RedisBudget(client, now_ms=START_MS), FakeBudget(START_MS)
    await client.aclose()


def asks(chance: random.Random) -> Any:
    priority = chance.choice(list(Priority))
    key = chance.choice(["", "k1", "k2"])
    costs: list[tuple[Any, int]] = [(WEIGHT, chance.choice([1, 20, 80])), (RAW, 1)]
    if key and chance.random() < 0.3:
        costs.append((ORDERS, 1))
    if key and chance.random() < 0.2:
        costs = [(COUNTER, chance.choice([1, 2]))]
    elif chance.random() < 0.2:
        costs = [(RATE, 1)]
    pin = chance.choice([Pin.FREE, Pin.FREE, Pin.SOFT, Pin.HARD])
    exclude = frozenset({EgressName("a")}) if chance.random() < 0.1 else frozenset[EgressName]()
    return ask(*costs, priority=priority, key=key, pin=pin, exclude=exclude)


def report(chance: random.Random, grant: Grant, priority: Priority) -> Report:
    headers = {charge.limit.id: chance.randrange(300) for charge in grant.charges if charge.limit.header}
    luck = chance.random()
    return Report(
        grant=grant,
        priority=priority,
        used=headers if chance.random() < 0.9 else {},
        ban_ms=chance.choice([500, 3_000]) if luck < 0.03 else 0,
        sent=luck < 0.95,
        exhausted=tuple(charge.limit.id for charge in grant.charges) if 0.03 < luck < 0.05 else (),
    )


@pytest.mark.parametrize("seed", range(6))
def test_script_and_python_agree_on_a_random_story(valkey_url: str, seed: int) -> None:
    run(story(valkey_url, random.Random(seed)))


async def story(valkey_url: str, chance: random.Random) -> None:
    venue = ask((RAW, 1)).venue
    async with both(valkey_url, venue) as (real, fake):
        under_way: list[tuple[Grant, Priority]] = []
        for _ in range(STEPS):
            real.now_ms = fake.now_ms = fake.now_ms + chance.choice([0, 1, 5, 40, 300, 2_100])
            for name in "abc":
                if chance.random() < 0.5:
                    for budget in (real, fake):
                        await budget.lease(venue, egress(name), 3_000)
            question = asks(chance)
            answers = [await budget.acquire(question) for budget in (real, fake)]
            assert answers[0] == answers[1], (fake.now_ms, question)
            if isinstance(answers[0], Grant):
                under_way.append((answers[0], question.priority))
            while under_way and chance.random() < 0.55:
                done = report(chance, *under_way.pop(chance.randrange(len(under_way))))
                for budget in (real, fake):
                    await budget.report(done)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)

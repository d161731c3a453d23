"""Rule sets as they are watched: from the tracker's show to a follower."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import pytest

from fargate.feed_gateway.rules import RuleTopic
from fargate.portfolio_tracker.rules import RulesService
from fargate.portfolio_tracker.rules_show import RulesShow
from nightdesk.contracts.live_rules import rule_sets_message, rules_subject
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.rules.model import Compare, Operand, Relation, TrailingStop
from nightdesk.rules.showing import show
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rules import PRICE, TENANT, FakeReadings, at, rule_set
from tests.fakes.clock import FakeClock
from tests.fakes.desk import ANNA, PASSWORDS, FakeDesk
from tests.fakes.feed import FakeWire

pytestmark = pytest.mark.anyio
WANTED = rule_set(Compare(PRICE, Relation.ABOVE, Operand("100")), TrailingStop(trail_ratio=Decimal("0.1")))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def caller() -> Caller:
    return FakeDesk().identity_service().sign_in(ANNA, PASSWORDS[ANNA]).caller


def message(worth: str) -> bytes:
    shown = show(WANTED, NOTHING_SEEN, at(0), FakeReadings({PRICE: "80"}, worth=worth))
    return rule_sets_message(at(0), [(WANTED, shown)]).model_dump_json().encode()


@dataclass(slots=True)
class Window:
    """What is shown, and to whom."""

    looking: set[TenantId] = field(default_factory=set)
    shown: list[Mapping[TenantId, str]] = field(default_factory=list)
    is_down: bool = False

    async def watched(self, now_s: int) -> Collection[TenantId]:
        del now_s
        if self.is_down:
            raise Unavailable("cache.unavailable", "down")
        return self.looking

    async def publish(self, messages: Mapping[TenantId, str]) -> None:
        self.shown.append(messages)


async def test_a_follower_is_told_the_newest_state(caller: Caller) -> None:
    wire, watched = FakeWire(), list[str]()

    async def watch(tenants: Sequence[str]) -> None:
        watched.extend(tenants)

    topic = RuleTopic(wire, watch)
    subject = rules_subject(caller.tenant_id)
    following = topic.follow(caller)
    first = asyncio.create_task(anext(following))
    await asyncio.sleep(0.05)
    assert (wire.wanted, topic.followers, watched) == ([subject], 1, [str(caller.tenant_id)])
    topic.holds(subject)
    topic.hear(subject, message("1000"))
    states = await asyncio.wait_for(first, 60)
    (state,) = states.items
    assert [truth.truth for truth in state.rules] == [False, False]
    assert [(each.what, each.ratio) for each in state.distances] == [("compare", "0.25"), ("fires", "0.1")]
    assert state.trails[0].sell_at == "900"
    topic.hear(rules_subject(TENANT), message("1"))
    await following.aclose()
    assert (wire.wanted, topic.followers) == ([], 0)


async def test_what_is_followed_is_kept_watched(caller: Caller) -> None:
    watched: list[str] = []

    async def watch(tenants: Sequence[str]) -> None:
        watched.extend(tenants)

    topic, stopping = RuleTopic(FakeWire(), watch), asyncio.Event()
    keeping = asyncio.create_task(topic.keep_watched(stopping))
    following = topic.follow(caller)
    waiting = asyncio.create_task(anext(following))
    await asyncio.sleep(0.05)
    stopping.set()
    await keeping
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert str(caller.tenant_id) in watched


async def test_only_what_is_looked_at_and_changed_is_published() -> None:
    rules, window = _service(), Window()
    shower = RulesShow(rules, window, FakeClock(at(0)))
    await shower.show_now()
    window.looking.add(TENANT)
    await shower.show_now()
    assert window.shown == []
    rules.hear(Price(instrument=parse_instrument("BINANCE:BTC/USDT"), last=Decimal(80), at=at(0)))
    rules.board.tick()
    for _ in range(2):
        await shower.show_now()
    (told,) = window.shown
    assert '"ratio":"0.25"' in told[TENANT]


async def test_a_cache_that_is_away_stops_nothing() -> None:
    window, stopping = Window(is_down=True), asyncio.Event()
    showing = asyncio.create_task(RulesShow(_service(), window, FakeClock(at(0))).run(stopping))
    await asyncio.sleep(0.01)
    stopping.set()
    await showing
    assert window.shown == []


def _service() -> RulesService:
    nothing = cast("Any", None)
    service = RulesService(source=nothing, held=nothing, versions=dict, queue=nothing, clock=FakeClock(at(0)))
    service.watch.put(WANTED, NOTHING_SEEN)
    service._by_tenant[TENANT] = {WANTED.rule_set_id}
    return service

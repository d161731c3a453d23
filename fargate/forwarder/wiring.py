"""What the forwarder is made of."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from redis.asyncio import Redis

from fargate.forwarder.service import Access, BotDoor, DeskDoor, application
from fargate.forwarder.way_out import WayOut
from nightdesk.adapters.exchange.balanced_fetch import DirectTransport, balance_of
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget, budget_client
from nightdesk.balancer.gate import BOT_LONGEST_WAIT_S
from nightdesk.balancer.metered import Measures, MeteredAnswers, MeteredBudget
from nightdesk.balancer.model import Egress, EgressName
from nightdesk.runtime.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The parts that `__main__` runs and closes."""

    app: web.Application
    way_out: WayOut
    session: aiohttp.ClientSession
    valkey: Redis

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
        await self.valkey.aclose()


def wire(settings: Settings, *, name: str, url: str, egress_address: str | None, measures: Measures) -> Wired:
    """Build the forwarder; needs a running loop.

    Args:
        settings: Of the process.
        name: Of the egress, the same over restarts.
        url: Where the desk's processes reach this forwarder.
        egress_address: The local address to send from; None leaves it to the machine.
        measures: Takes what other bots make of the budget.
    """
    valkey = budget_client(settings.require("valkey_url"))
    budget = RedisBudget(valkey)
    session, _ = Route.parse(settings.venues_route).open(egress_address)
    egress = Egress(name=EgressName(name), url=url, address=settings.forwarder_address or egress_address or "")
    way_out = WayOut(egress, budget, DirectTransport(session), time.monotonic)
    speed = settings.balancer_calendar_speed
    balance = balance_of(
        MeteredBudget(budget, measures),
        MeteredAnswers(RedisAnswerCache(valkey), measures),
        way_out,
        monotonic=time.monotonic,
        longest_wait_s=BOT_LONGEST_WAIT_S,
        calendar_speed=speed,
    )
    secret, bots = settings.require("forwarder_secret"), settings.forwarder_bots
    access = Access(secret=secret, bots=json.loads(bots.get_secret_value()) if bots else {})
    bot_door = BotDoor(way_out, access, balance.dispatcher, balance.reads, calendar_speed=speed)
    return Wired(app=application(DeskDoor(way_out, access), bot_door), way_out=way_out, session=session, valkey=valkey)

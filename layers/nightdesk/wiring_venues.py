"""What every process that speaks to venues with users' keys is wired with: the shared budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import cast

import aiohttp
import boto3

from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.exchange.balanced_fetch import Balance, DirectTransport, ForwarderTransport, balance_of
from nightdesk.adapters.exchange.balanced_sockets import OWN_SOCKETS
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget, budget_client
from nightdesk.adapters.redis.turns import ValkeyTurns
from nightdesk.balancer.gate import LONGEST_WAIT_S
from nightdesk.balancer.metered import Measures, MeteredAnswers, MeteredBudget
from nightdesk.balancer.model import Priority
from nightdesk.balancer.stream_ports import AnswerCache, Budget, Transport
from nightdesk.balancer.turns import Turns
from nightdesk.runtime.secrets import SecretsClient, secret_text
from nightdesk.runtime.settings import Settings


def shared_budget(
    here: Settings, measures: Measures | None = None, longest_wait_s: Mapping[Priority, float] = LONGEST_WAIT_S
) -> MakeBalance | None:
    """What puts venues under the budget that all processes share, measured if asked; None where it is switched off.

    Args:
        here: Where the cache is, and how this process reaches venues.
        measures: Counts what is asked and waited for.
        longest_wait_s: By priority, before a caller is told to come back later.
    """
    if here.balancer == "off":
        return None
    sockets = replace(OWN_SOCKETS, address=here.forwarder_address)
    own = replace(sockets, url="") if here.balancer == "direct" else None

    async def make(venue: aiohttp.ClientSession) -> Balance:
        valkey = budget_client(here.require("valkey_url"))
        transport: Transport = DirectTransport(venue)
        closing: list[Callable[[], Awaitable[None]]] = [valkey.aclose]
        if own is None:
            forwarders = aiohttp.ClientSession()
            transport = ForwarderTransport(transport, forwarders, _forwarder_secret(here))
            closing.append(forwarders.close)
        budget: Budget = RedisBudget(valkey)
        answers: AnswerCache = RedisAnswerCache(valkey)
        if measures is not None:
            budget, answers = MeteredBudget(budget, measures), MeteredAnswers(answers, measures)
        return balance_of(
            budget,
            answers,
            transport,
            monotonic=monotonic,
            own=own,
            sockets=sockets,
            longest_wait_s=longest_wait_s,
            calendar_speed=here.balancer_calendar_speed,
            closing=tuple(closing),
        )

    return make


def shared_turns(here: Settings) -> Turns | None:
    """What puts the requests of a key in order over all processes; None where there is nothing shared."""
    return ValkeyTurns(budget_client(here.valkey_url)) if here.valkey_url else None


def _forwarder_secret(here: Settings) -> str:
    if here.forwarder_secret is not None or here.forwarder_secret_id is None:
        return here.require("forwarder_secret")
    return secret_text(here.forwarder_secret_id, cast("SecretsClient", boto3.client("secretsmanager", config=QUICK)))

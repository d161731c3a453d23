"""What the function is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from time import monotonic
from typing import cast

import aiohttp
import boto3
from redis.asyncio import Redis

from nightdesk.accounts.custody import CustodyService, KeyWrapper
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.kms import KmsKeyWrapper
from nightdesk.adapters.exchange.balanced_fetch import Balance, DirectTransport, ForwarderTransport, balance_of
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions, MakeBalance
from nightdesk.adapters.postgres.credentials import PostgresCredentialUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget
from nightdesk.adapters.vault.key_file import FileKeyWrapper
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.balancer.model import Egress, EgressName
from nightdesk.balancer.stream_ports import Transport
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import SettingMissing, Settings, settings


@cache
def wire() -> CustodyService:
    """The keeper of credentials; its sessions at venues stay warm for the life of the process."""
    return custody(settings())


def custody(here: Settings) -> CustodyService:
    """The same for given settings."""
    secrets = cast("SecretsClient", boto3.client("secretsmanager", config=QUICK)) if not here.database_url else None
    conninfo = database_conninfo(here, cast("SecretsClient", secrets))
    clock = SystemClock()
    return CustodyService(
        units=PostgresCredentialUnits(Database(conninfo, max_size=2)),
        vault=EnvelopeVault(key_wrapper(here.require("vault_key"))),
        sessions=ExchangeSessions(Route.parse(here.venues_route), clock, balance=shared_budget(here)),
        clock=clock,
    )


def shared_budget(here: Settings) -> MakeBalance | None:
    """What puts venues under the budget that all processes share; None where it is switched off."""
    if here.balancer == "off":
        return None
    own = Egress(name=EgressName("own"), url="", address="") if here.balancer == "direct" else None

    async def make(venue: aiohttp.ClientSession) -> Balance:
        valkey = Redis.from_url(here.require("valkey_url"), socket_timeout=2.0, socket_connect_timeout=2.0)
        transport: Transport = DirectTransport(venue)
        closing: list[Callable[[], Awaitable[None]]] = [valkey.aclose]
        if own is None:
            forwarders = aiohttp.ClientSession()
            transport = ForwarderTransport(transport, forwarders, here.require("forwarder_secret"))
            closing.append(forwarders.close)
        return balance_of(
            RedisBudget(valkey),
            RedisAnswerCache(valkey),
            transport,
            monotonic=monotonic,
            own=own,
            calendar_speed=here.balancer_calendar_speed,
            closing=tuple(closing),
        )

    return make


def key_wrapper(place: str) -> KeyWrapper:
    """The wrapping key that the setting names.

    Raises:
        SettingMissing: It names neither KMS nor a file.
    """
    kind, _, where = place.partition(":")
    if kind == "kms" and where:
        return KmsKeyWrapper(boto3.client("kms", config=QUICK), where)
    if kind == "file" and where:
        return FileKeyWrapper(Path(where))
    raise SettingMissing("NIGHTDESK_VAULT_KEY must be kms:<key arn> or file:<path>.")

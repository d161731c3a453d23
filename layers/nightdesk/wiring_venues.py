"""What every process that speaks to venues with users' keys is wired with: the vault's key and the shared budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import cast

import aiohttp
import boto3
from redis.asyncio import Redis

from nightdesk.accounts.custody import KeyWrapper
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.kms import KmsKeyWrapper
from nightdesk.adapters.exchange.balanced_fetch import Balance, DirectTransport, ForwarderTransport, balance_of
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget
from nightdesk.adapters.vault.key_file import FileKeyWrapper
from nightdesk.balancer.metered import Measures, MeteredAnswers, MeteredBudget
from nightdesk.balancer.model import Egress, EgressName
from nightdesk.balancer.stream_ports import AnswerCache, Budget, Transport
from nightdesk.runtime.secrets import SecretsClient, secret_text
from nightdesk.runtime.settings import SettingMissing, Settings


def shared_budget(here: Settings, measures: Measures | None = None) -> MakeBalance | None:
    """What puts venues under the budget that all processes share, measured if asked; None where it is switched off."""
    if here.balancer == "off":
        return None
    own = Egress(name=EgressName("own"), url="", address="") if here.balancer == "direct" else None

    async def make(venue: aiohttp.ClientSession) -> Balance:
        valkey = Redis.from_url(here.require("valkey_url"), socket_timeout=2.0, socket_connect_timeout=2.0)
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
            calendar_speed=here.balancer_calendar_speed,
            closing=tuple(closing),
        )

    return make


def _forwarder_secret(here: Settings) -> str:
    if here.forwarder_secret is not None or here.forwarder_secret_id is None:
        return here.require("forwarder_secret")
    return secret_text(here.forwarder_secret_id, cast("SecretsClient", boto3.client("secretsmanager", config=QUICK)))


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

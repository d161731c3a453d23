"""The shared budget and the shared answers in Valkey: one script call decides and charges."""

from __future__ import annotations

import base64
import json
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from nightdesk.balancer.errors import budget_lost
from nightdesk.balancer.model import (
    SHARES_PERMILLE,
    Ask,
    Charge,
    Cost,
    Egress,
    EgressName,
    Grant,
    Limit,
    LimitKind,
    Report,
    Scope,
    Wait,
)
from nightdesk.balancer.status import bucket_of
from nightdesk.balancer.stream_ports import Answer
from nightdesk.kernel.assets import VenueId

_SCRIPTS: Final = Path(__file__).parent / "scripts"
_KINDS: Final = {LimitKind.WINDOW: "w", LimitKind.DECAY: "d", LimitKind.RATE: "r"}
_SCOPES: Final = {Scope.EGRESS: "e", Scope.KEY: "k"}
CONNECTIONS_MAX: Final = 32
TIMEOUT_S: Final = 5.0
"""Longer than a process that is short of time may stand still, lest it take itself for cut off."""

PLAIN_BYTES_MAX: Final = 4_096
"""Longer answers are kept compressed."""


def prefix_of(venue: VenueId) -> str:
    """Where a venue's budget stands; the braces keep it in one slot of a cluster."""
    return f"balancer:{{{venue}}}"


def budget_client(url: str) -> Redis:
    """A client for budgets: who finds every connection busy waits for one instead of failing."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS_MAX,
        timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
    )
    return Redis.from_pool(pool)


class RedisBudget:
    """`Budget` in Valkey.

    Args:
        now_ms: Fixes the present instant, for trials; None reads the server's clock.
    """

    def __init__(self, client: Redis, *, now_ms: int | None = None) -> None:
        self._client = client
        self.now_ms = now_ms
        self._acquire = client.register_script((_SCRIPTS / "balancer_acquire.lua").read_text())
        self._report = client.register_script((_SCRIPTS / "balancer_report.lua").read_text())
        self._lease = client.register_script((_SCRIPTS / "balancer_lease.lua").read_text())

    async def acquire(self, ask: Ask) -> Grant | Wait:
        """Take a place now, in one round trip, or learn how long to wait."""
        answer = await self._run(self._acquire, ask.venue, _question(ask))
        if not answer[0]:
            return Wait(wait_ms=int(answer[1]), reason=_text(answer[2]))
        return Grant(
            venue=ask.venue,
            egress=EgressName(_text(answer[1])),
            url=_text(answer[2]),
            charges=_charges(ask, answer[3]),
        )

    async def report(self, report: Report) -> None:
        """Fold in what came of a grant."""
        await self._run(self._report, report.grant.venue, json.dumps(_said(report)))

    async def lease(self, venue: VenueId, egress: Egress, lease_ms: int) -> None:
        """Keep an egress among those that may be chosen."""
        now = "" if self.now_ms is None else self.now_ms
        try:
            await self._lease(keys=[prefix_of(venue)], args=[egress.name, egress.url, egress.address, lease_ms, now])
        except (RedisError, OSError) as error:
            raise budget_lost() from error

    async def release(self, venue: VenueId, egress: str) -> None:
        """Take an egress out at once."""
        try:
            await self._client.hdel(f"{prefix_of(venue)}:egresses", egress)
        except (RedisError, OSError) as error:
            raise budget_lost() from error

    async def _run(self, script: Any, venue: VenueId, argument: str) -> Any:
        try:
            return await script(keys=[prefix_of(venue)], args=[argument, "" if self.now_ms is None else self.now_ms])
        except (RedisError, OSError) as error:
            raise budget_lost() from error


class RedisAnswerCache:
    """`AnswerCache` in Valkey."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def get(self, key: str) -> Answer | None:
        """The kept answer, while it is fresh."""
        kept = await self._guard(self._client.get(f"answers:{key}"))
        return None if kept is None else _unpacked(kept)

    async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:
        """Keep an answer for so long, and let the next leader come after."""
        async with self._client.pipeline(transaction=True) as pipeline:
            pipeline.set(f"answers:{key}", _packed(answer), px=ttl_ms)
            pipeline.delete(f"answers:{key}:leader")
            await self._guard(pipeline.execute())

    async def lead(self, key: str, lease_ms: int) -> bool:
        """Whether this caller fetches for everybody."""
        return bool(await self._guard(self._client.set(f"answers:{key}:leader", 1, nx=True, px=lease_ms)))

    async def asked(self, key: str, value: str, within_ms: int) -> int:
        """Note a row that was asked for; how many different ones were lately."""
        name = f"answers:{key}:asked"
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.sadd(name, value)
            pipeline.pexpire(name, within_ms, nx=True)
            pipeline.scard(name)
            return int((await self._guard(pipeline.execute()))[-1])

    async def count(self, venue: VenueId, what: str, count: int) -> None:
        """So many more of it, for the hour's figures."""
        seconds, _ = await self._guard(self._client.time())
        name = f"{prefix_of(venue)}:s:{int(seconds) // 60}"
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.hincrby(name, f"cache:{what}", count)
            pipeline.pexpire(name, 3_700_000)
            await self._guard(pipeline.execute())

    @staticmethod
    async def _guard(awaited: Any) -> Any:
        try:
            return await awaited
        except (RedisError, OSError) as error:
            raise budget_lost() from error


def _question(ask: Ask) -> str:
    asked = {
        "class": int(ask.priority),
        "tenant": ask.tenant,
        "key": ask.key,
        "pin": int(ask.pin),
        "only": ask.only or "",
        "skew": ask.skew_ms,
        "exclude": sorted(ask.exclude),
        "shares": SHARES_PERMILLE,
    }
    return f'{json.dumps(asked)[:-1]}, "limits": {_limits(ask.costs)}}}'


@lru_cache(maxsize=1024)
def _limits(costs: tuple[Cost, ...]) -> str:
    return json.dumps([_limit(cost.limit, cost.cost) for cost in costs])


def _limit(limit: Limit, cost: int) -> dict[str, Any]:
    return {
        "id": limit.id,
        "kind": _KINDS[limit.kind],
        "scope": _SCOPES[limit.scope],
        "limit": limit.usable,
        "spare": limit.spare,
        "period": limit.period_ms,
        "decay": limit.decay_milli_per_s,
        "guard": limit.guard_ms,
        "header": bool(limit.header),
        "pooled": limit.pooled,
        "cost": cost,
    }


def _charges(ask: Ask, charged: list[bytes]) -> tuple[Charge, ...]:
    taken = {cost.limit.id: cost for cost in ask.costs}
    made = []
    for text in charged:
        name, subject, slot, late = _text(text).split("|")
        cost = taken[name]  # type: ignore[index]
        made.append(Charge(limit=cost.limit, subject=subject, cost=cost.cost, slot=int(slot), late=late == "1"))
    return tuple(made)


def _said(report: Report) -> dict[str, Any]:
    banned = f"key:{report.key}" if report.ban_key else report.grant.egress
    return {
        "class": int(report.priority),
        "sent": report.sent,
        "ban": report.ban_ms,
        "banned": banned,
        "waited": report.waited_ms,
        "bucket": bucket_of(report.waited_ms),
        "status": report.status,
        "skew": report.skew_ms,
        "charges": [_charge(charge, report) for charge in report.grant.charges],
    }


def _charge(charge: Charge, report: Report) -> dict[str, Any]:
    said = {
        **_limit(charge.limit, charge.cost),
        "subject": charge.subject,
        "slot": charge.slot,
        "late": int(charge.late),
        "exhausted": charge.limit.id in report.exhausted,
    }
    if charge.limit.id in report.used:
        said["used"] = report.used[charge.limit.id]
    return said


def _packed(answer: Answer) -> bytes:
    short = len(answer.body) <= PLAIN_BYTES_MAX
    head = json.dumps(
        {"status": answer.status, "reason": answer.reason, "headers": dict(answer.headers), "z": not short}
    )
    body = answer.body if short else zlib.compress(answer.body, 1)
    return base64.b64encode(head.encode()) + b"\n" + body


def _unpacked(kept: bytes) -> Answer:
    head, _, body = kept.partition(b"\n")
    said = json.loads(base64.b64decode(head))
    return Answer(
        status=said["status"],
        reason=said["reason"],
        headers=said["headers"],
        body=zlib.decompress(body) if said["z"] else body,
    )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

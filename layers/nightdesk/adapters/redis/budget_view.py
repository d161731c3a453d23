"""Reads the shared budget for people and metrics, without taking from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, cast

from redis import Redis
from redis.exceptions import RedisError

from nightdesk.balancer.errors import budget_lost
from nightdesk.balancer.model import EgressName, Limit, LimitKind, Priority, Scope
from nightdesk.balancer.status import EgressStatus, LimitStatus, VenueStatus, WaitStatus, percentile_ms
from nightdesk.balancer.tables import faster_limit, table_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import from_ms

WINDOW_MINUTES: Final = 60
_WAITED: Final = re.compile(r"waited:(\d):(\d+)")


class RedisBudgetView:
    """`BudgetView` of Valkey."""

    def __init__(self, client: Redis, *, calendar_speed: int = 1) -> None:
        self._client = client
        self._calendar_speed = calendar_speed

    def status(self, venue: VenueId) -> VenueStatus:
        """How the venue's budget stands now and what happened in the last hour."""
        try:
            return self._status(venue)
        except (RedisError, OSError) as error:
            raise budget_lost() from error

    def _status(self, venue: VenueId) -> VenueStatus:
        seconds, micros = self._client.time()
        now_ms = seconds * 1000 + micros // 1000
        prefix, table = f"balancer:{{{venue}}}", table_of(venue)
        leases, bans = self._hash(f"{prefix}:egresses"), self._hash(f"{prefix}:bans")
        counts = self._counts(prefix, now_ms)
        windows = [
            faster_limit(limit, self._calendar_speed)
            for limit in table.limits.values()
            if limit.kind is LimitKind.WINDOW and limit.scope is Scope.EGRESS
        ]
        return VenueStatus(
            venue=venue,
            as_of=from_ms(now_ms),
            window_s=WINDOW_MINUTES * 60,
            source=table.source,
            egresses=tuple(
                self._egress(prefix, name, lease, int(bans.get(name, "0")), now_ms, windows)
                for name, lease in sorted(leases.items())
            ),
            waits=tuple(_wait(priority, counts) for priority in Priority),
            refused=_part(counts, "refused:"),
            answered_429=counts["status:429"],
            answered_418=counts["status:418"],
            folded_weight=counts["folded"],
            cache=_part(counts, "cache:"),
        )

    def _egress(  # noqa: PLR0917 the parts of one row
        self, prefix: str, name: str, lease: str, banned_ms: int, now_ms: int, windows: Iterable[Limit]
    ) -> EgressStatus:
        until_ms, _, address = lease.split("|", 2)
        return EgressStatus(
            egress=EgressName(name),
            address=address,
            alive=int(until_ms) > now_ms,
            banned_until=from_ms(banned_ms) if banned_ms > now_ms else None,
            limits=tuple(self._limit(prefix, name, limit, now_ms) for limit in windows),
        )

    def _limit(self, prefix: str, egress: str, limit: Limit, now_ms: int) -> LimitStatus:
        slot = now_ms // limit.period_ms
        used = cast("bytes | None", self._client.hget(f"{prefix}:w:{limit.id}:{egress}:{slot}", "used"))
        return LimitStatus(
            limit=limit.id,
            used=int(used or 0),
            allowed=limit.limit,
            resets_at=from_ms((slot + 1) * limit.period_ms),
        )

    def _counts(self, prefix: str, now_ms: int) -> Counter[str]:
        minute, total = now_ms // 60_000, Counter[str]()
        with self._client.pipeline(transaction=False) as pipeline:
            for back in range(WINDOW_MINUTES):
                pipeline.hgetall(f"{prefix}:s:{minute - back}")
            for found in pipeline.execute():
                total.update({name.decode(): int(value) for name, value in found.items()})
        return total

    def _hash(self, name: str) -> dict[str, str]:
        found = cast("dict[bytes, bytes]", self._client.hgetall(name))
        return {key.decode(): value.decode() for key, value in found.items()}


def _part(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}


def _wait(priority: Priority, counts: Counter[str]) -> WaitStatus:
    buckets = {
        int(found[2]): count
        for name, count in counts.items()
        if (found := _WAITED.fullmatch(name)) and int(found[1]) == priority
    }
    answered = sum(buckets.values())
    return WaitStatus(
        priority=priority,
        granted=counts[f"granted:{int(priority)}"],
        mean_ms=counts[f"waited_ms:{int(priority)}"] / answered if answered else None,
        p50_ms=percentile_ms(buckets, 500),
        p99_ms=percentile_ms(buckets, 990),
    )

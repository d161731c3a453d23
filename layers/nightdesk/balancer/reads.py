"""Answers unsigned reads once for everybody: kept for a moment, asked for together, many rows in one call."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from nightdesk.balancer.gate import Monotonic, Sleep
from nightdesk.balancer.model import Batch, Shape
from nightdesk.balancer.request import Request, take_apart
from nightdesk.balancer.stream_ports import Answer, AnswerCache
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable

_Answered = TypeVar("_Answered")
Fetch = Callable[[Request, Shape], Awaitable[Answer]]
Describe = Callable[[Request], Shape]

LEADER_MS = 5_000
"""How long others wait for the one who fetches before they fetch themselves."""

POLL_S = 0.02
KEPT_MAX = 512
KEPT_BYTES_MAX = 200_000
COUNT_EVERY_S = 1.0
_OK = 200


class SharedReads:
    """Serves cacheable requests; everything else must not come here."""

    def __init__(self, cache: AnswerCache, describe: Describe, *, sleep: Sleep, monotonic: Monotonic) -> None:
        self._cache = cache
        self._describe = describe
        self._sleep = sleep
        self._monotonic = monotonic
        self._under_way: dict[str, asyncio.Task[Answer]] = {}
        self._rows: dict[str, tuple[float, dict[str, bytes]]] = {}
        self._kept: dict[str, tuple[float, Answer]] = {}
        self._counts: Counter[tuple[VenueId, str]] = Counter()
        self._counted_at_s = monotonic()

    async def serve(self, request: Request, shape: Shape, fetch: Fetch) -> Answer:
        """The answer, from a neighbour if one has it or is fetching it."""
        until_s, kept = self._kept.get(request.url, (0.0, None))
        if kept is not None and until_s > self._monotonic():
            await self._count(request.venue, "hit")
            return kept
        if shape.batch:
            row = await self._row(request, shape, shape.batch, fetch)
            if row is not None:
                return row
        return await self._once(request, shape, fetch)

    def _keep(self, request: Request, answer: Answer, ttl_s: float) -> None:
        """Keep it in this process too; nothing that is larger than a ticker or a page of candles."""
        if len(answer.body) > KEPT_BYTES_MAX:
            return
        now_s = self._monotonic()
        if len(self._kept) >= KEPT_MAX:
            self._kept = {url: kept for url, kept in self._kept.items() if kept[0] > now_s}
        self._kept[request.url] = (now_s + ttl_s, answer)

    async def _count(self, venue: VenueId, what: str) -> None:
        """Count, and tell the others once a second."""
        self._counts[venue, what] += 1
        now_s = self._monotonic()
        if now_s - self._counted_at_s < COUNT_EVERY_S:
            return
        counts, self._counts, self._counted_at_s = self._counts, Counter(), now_s
        for (its_venue, its_what), count in counts.items():
            await _else(self._cache.count(its_venue, its_what, count), None)

    async def _row(self, request: Request, shape: Shape, batch: Batch, fetch: Fetch) -> Answer | None:
        """The row out of the answer to everything, once that is cheaper; None to ask for the row alone."""
        rows = self._fresh_rows(batch.url)
        if rows is None:
            asked = await _else(self._cache.asked(_key(request.venue, batch.url), batch.value, shape.cache_ms), 0)
            if asked < batch.worth:
                return None
            rows = await self._all_rows(request, batch, fetch)
        found = rows.get(batch.value)
        if found is None:
            return None
        await self._count(request.venue, "batched")
        return Answer(status=_OK, reason="OK", headers={"content-type": "application/json"}, body=found)

    async def _all_rows(self, request: Request, batch: Batch, fetch: Fetch) -> dict[str, bytes]:
        whole = take_apart(request.venue, "GET", batch.url, request.headers)
        shape = replace(self._describe(whole), batch=None)
        answer = await self._once(whole, shape, fetch)
        if answer.status != _OK:
            return {}
        rows = self._fresh_rows(batch.url)
        if rows is None:
            rows = {
                row[batch.field]: json.dumps(row, separators=(",", ":")).encode() for row in json.loads(answer.body)
            }
            self._rows[batch.url] = (self._monotonic() + shape.cache_ms / 1000, rows)
        return rows

    def _fresh_rows(self, url: str) -> dict[str, bytes] | None:
        until_s, rows = self._rows.get(url, (0.0, {}))
        return rows if until_s > self._monotonic() else None

    async def _once(self, request: Request, shape: Shape, fetch: Fetch) -> Answer:
        """One fetch for all who ask in this process at the same time."""
        key = _key(request.venue, request.url)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(self._shared(key, request, shape, fetch))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        else:
            await self._count(request.venue, "coalesced")
        return await asyncio.shield(task)

    async def _shared(self, key: str, request: Request, shape: Shape, fetch: Fetch) -> Answer:
        """One fetch for all processes."""
        answer = await _else(self._cache.get(key), None)
        if answer is None and not await _else(self._cache.lead(key, LEADER_MS), True):
            answer = await self._await_leader(key)
        if answer is not None:
            await self._count(request.venue, "hit")
            self._keep(request, answer, shape.cache_ms / 4000)
            return answer
        await self._count(request.venue, "fetched")
        answer = await fetch(request, shape)
        if answer.status == _OK:
            await _else(self._cache.put(key, answer, shape.cache_ms), None)
            self._keep(request, answer, shape.cache_ms / 1000)
        return answer

    async def _await_leader(self, key: str) -> Answer | None:
        until_s = self._monotonic() + LEADER_MS / 1000
        while self._monotonic() < until_s:
            await self._sleep(POLL_S)
            answer = await _else(self._cache.get(key), None)
            if answer is not None or await _else(self._cache.lead(key, LEADER_MS), True):
                return answer
        return None


async def _else(asked: Awaitable[_Answered], otherwise: _Answered) -> _Answered:
    """What the shared answers say; without them everybody fetches, if the budget lets them."""
    try:
        return await asked
    except Unavailable:
        return otherwise


def _key(venue: str, url: str) -> str:
    return f"{venue}:{hashlib.sha256(url.encode()).hexdigest()[:32]}"

"""Shares come and go with the leases, whatever the cache does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fargate.market_streamer.sharing import SharedStreams
from nightdesk.candles.sharing import Share, shares_of, spread
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.runtime.service import Part

pytestmark = pytest.mark.anyio
SHARES = shares_of([VenueId("binance"), VenueId("kraken")], 2)
LEASE_S = 0.08


@dataclass(slots=True)
class FakeLeases:
    """Leases of one table that all members see."""

    member: str
    held: dict[Share, str]
    members: set[str]
    is_down: bool = False

    async def attend(self) -> frozenset[str]:
        self._ask()
        self.members.add(self.member)
        return frozenset(self.members)

    async def take(self, share: Share) -> bool:
        self._ask()
        return self.held.setdefault(share, self.member) == self.member

    async def release(self, share: Share) -> None:
        self._ask()
        if self.held.get(share) == self.member:
            del self.held[share]

    async def leave(self) -> None:
        self._ask()
        self.members.discard(self.member)

    def _ask(self) -> None:
        if self.is_down:
            raise Unavailable("cache.unavailable", "The cache does not answer.")


@dataclass(slots=True)
class FakeStreamer:
    share: Share
    streaming: list[Share]

    def parts(self) -> Sequence[Part]:
        return [Part("venue", self._stream)]

    def health(self) -> Mapping[str, Any]:
        return {"venue": self.share.venue}

    async def _stream(self, stopping: asyncio.Event) -> None:
        self.streaming.append(self.share)
        try:
            await stopping.wait()
        finally:
            self.streaming.remove(self.share)


@dataclass(slots=True)
class World:
    held: dict[Share, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    tasks: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=dict)
    leases: dict[str, FakeLeases] = field(default_factory=dict)
    streaming: dict[str, list[Share]] = field(default_factory=dict)
    streams: dict[str, SharedStreams] = field(default_factory=dict)

    def start(self, member: str) -> None:
        leases = self.leases[member] = FakeLeases(member, self.held, self.members)
        mine = self.streaming[member] = []
        made = self.streams[member] = SharedStreams(
            SHARES, leases, lambda share: FakeStreamer(share, mine), lease_s=LEASE_S
        )
        stopping = asyncio.Event()
        self.tasks[member] = (stopping, asyncio.create_task(made.run(stopping)))

    async def stop(self, member: str) -> None:
        stopping, task = self.tasks.pop(member)
        stopping.set()
        await task

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110 what is waited for is many things
                await asyncio.sleep(0.01)

    def is_spread(self) -> bool:
        """Whether everybody streams what falls to him, and holds its lease."""
        wanted = spread(SHARES, self.members)
        return (
            bool(wanted)
            and self.held == wanted
            and all(
                sorted(mine) == sorted(share for share, owner in wanted.items() if owner == member)
                for member, mine in self.streaming.items()
            )
        )


async def test_one_streams_everything_and_two_half_of_it() -> None:
    world = World()
    world.start("a")
    await world.until(world.is_spread)
    assert sorted(world.streaming["a"]) == sorted(SHARES)
    world.start("b")
    await world.until(lambda: len(world.members) == 2 and world.is_spread())
    assert len(world.streaming["b"]) == 2
    await world.stop("a")
    assert world.streaming["a"] == []
    await world.until(world.is_spread)
    assert sorted(world.streaming["b"]) == sorted(SHARES)
    assert set(world.streams["b"].health()["shares"]) == {share.name for share in SHARES}
    await world.stop("b")
    assert world.held == {}


async def test_what_another_took_is_streamed_no_more() -> None:
    world = World()
    world.start("a")
    await world.until(world.is_spread)
    world.held[SHARES[0]] = "b"
    await world.until(lambda: SHARES[0] not in world.streaming["a"])
    assert len(world.streaming["a"]) == 3
    del world.held[SHARES[0]]
    await world.until(world.is_spread)
    await world.stop("a")


async def test_while_the_cache_is_away_everything_goes_on() -> None:
    world = World()
    world.start("a")
    await world.until(world.is_spread)
    world.leases["a"].is_down = True
    world.held.clear()
    await asyncio.sleep(2 * LEASE_S)
    assert sorted(world.streaming["a"]) == sorted(SHARES)
    world.leases["a"].is_down = False
    await world.until(world.is_spread)
    world.leases["a"].is_down = True
    await world.stop("a")
    assert world.streaming["a"] == []


async def test_whoever_comes_back_first_leaves_the_others_what_they_stream() -> None:
    world = World()
    world.start("a")
    await world.until(world.is_spread)
    world.start("b")
    await world.until(lambda: len(world.members) == 2 and world.is_spread())
    for leases in world.leases.values():
        leases.is_down = True
    await asyncio.sleep(LEASE_S)
    world.held.clear()
    world.members.clear()
    kept = {member: list(mine) for member, mine in world.streaming.items()}
    for leases in world.leases.values():
        leases.is_down = False
    await world.until(lambda: len(world.members) == 2 and world.is_spread())
    assert world.streaming == kept
    for member in ("a", "b"):
        await world.stop(member)

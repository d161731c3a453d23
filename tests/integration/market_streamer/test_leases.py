"""Leases in Valkey: one holder at a time, fenced; and a venue's status out of those of its parts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from nightdesk.adapters.redis.candle_stream import STREAM, decode_rows
from nightdesk.adapters.redis.leases import LeasedCandleSink, ValkeyLeases
from nightdesk.adapters.redis.tickers import ValkeyTickerSink
from nightdesk.candles.model import Candle, CandleRow, CandleSource
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.sharing import Share
from nightdesk.candles.stream_ports import VenueStatus
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.runtime.clock import SystemClock
from tests.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.integration]
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def valkey(servers: Servers) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.valkey_url()) as client:
        yield client


@pytest.fixture
def share() -> Share:
    return Share(VenueId(f"venue{uuid4().hex[:8]}"), 0, 2)


def leases(valkey: Redis, member: str, life: int = 1, lease_s: float = 60) -> ValkeyLeases:
    return ValkeyLeases(valkey, member, life, lease_s=lease_s)


def bar(share: Share, close: float) -> CandleRow:
    name = f"{share.venue.upper()}:BTC/USD"
    return CandleRow(name, Resolution.MINUTE, Candle(AT, close, close, close, close), CandleSource.TRADES)


async def closes(valkey: Redis, share: Share) -> list[float]:
    """What stands in the stream of the share's market, as entries came."""
    entries: Any = await valkey.xrange(STREAM)
    rows = [row for _, fields in entries for row in decode_rows(fields[b"rows"])]
    return [row.candle.close for row in rows if row.series == bar(share, 1).series]


async def test_one_holds_a_share_until_he_gives_it_back(valkey: Redis, share: Share) -> None:
    first, second = leases(valkey, "first"), leases(valkey, "second")
    assert await first.take(share)
    assert await first.take(share)
    assert not await second.take(share)
    await second.release(share)
    assert not await second.take(share)
    await first.release(share)
    assert await second.take(share)


async def test_a_dead_holders_share_is_free_after_a_while(valkey: Redis, share: Share) -> None:
    first, second = leases(valkey, "first", lease_s=0.2), leases(valkey, "second")
    assert await first.take(share)
    async with asyncio.timeout(10):
        while not await second.take(share):  # noqa: ASYNC110 nothing tells of it
            await asyncio.sleep(0.05)
    assert not await first.take(share)


async def test_a_process_started_again_takes_over_at_once_and_never_the_other_way(valkey: Redis, share: Share) -> None:
    before, after = leases(valkey, "desk", 1), leases(valkey, "desk", 2)
    assert await before.take(share)
    assert await after.take(share)
    assert not await before.take(share)


async def test_whoever_lives_is_known_until_he_leaves_or_dies(valkey: Redis) -> None:
    staying, dying, leaving = (f"{kind}-{uuid4().hex}" for kind in ("staying", "dying", "leaving"))
    await leases(valkey, dying, lease_s=0.2).attend()
    await leases(valkey, leaving).attend()
    assert {staying, dying, leaving} <= await leases(valkey, staying).attend() | {dying}
    await leases(valkey, leaving).leave()
    await asyncio.sleep(0.3)
    assert not {dying, leaving} & await leases(valkey, staying).attend()
    await leases(valkey, staying).leave()


async def test_whoever_lost_the_lease_changes_no_bar(valkey: Redis, share: Share) -> None:
    """Both own the share for a moment: what the former one still holds is older than what the new one corrected."""
    frozen, present = leases(valkey, "frozen"), leases(valkey, "present")
    assert await frozen.take(share)
    await LeasedCandleSink(valkey, share, frozen.holder).append([bar(share, 10)])
    await frozen.release(share)
    assert await present.take(share)
    await LeasedCandleSink(valkey, share, present.holder).append([bar(share, 11)])
    with pytest.raises(Unavailable) as refused:
        await LeasedCandleSink(valkey, share, frozen.holder).append([bar(share, 10)])
    assert refused.value.code == "streams.lease_lost"
    assert await closes(valkey, share) == [10, 11]


async def test_many_bars_are_added_in_one_step(valkey: Redis, share: Share) -> None:
    holder = leases(valkey, "holder")
    await holder.take(share)
    await LeasedCandleSink(valkey, share, holder.holder).append([bar(share, number + 1) for number in range(2500)])
    assert await closes(valkey, share) == [number + 1 for number in range(2500)]


def status(share: Share, state: str, minutes: int, note: str | None = None) -> VenueStatus:
    since = AT + timedelta(minutes=minutes)
    return VenueStatus(venue=share.venue, state=state, since=since, last_message_at=since, note=note)


async def test_a_venue_is_as_bad_as_the_worst_of_its_parts(valkey: Redis, share: Share) -> None:
    first, second = (ValkeyTickerSink(valkey, SystemClock(), part=(number, 2)) for number in range(2))

    async def told() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await valkey.get(f"feed:{share.venue}") or "{}")
        return found

    await first.publish_status(status(share, "live", 1))
    assert (await told())["state"] == "down"  # nobody speaks of the other part
    await second.publish_status(status(share, "live", 2))
    assert {**await told(), "v": 1} == {
        "v": 1,
        "venue": share.venue,
        "state": "live",
        "since": "2026-01-01T00:02:00.000000Z",
        "last_message_at": "2026-01-01T00:01:00.000000Z",
        "note": None,
    }
    await first.publish_status(status(share, "stale", 3, note="its clock is wrong"))
    assert (await told())["state"] == "stale"
    assert (await told())["note"] == "its clock is wrong"
    await second.publish_status(status(share, "down", 4))
    assert ((await told())["state"], (await told())["since"]) == ("down", "2026-01-01T00:04:00.000000Z")
    await second.publish_status(status(share, "stale", 5))
    assert (await told())["since"] == "2026-01-01T00:03:00.000000Z"

"""Candles over Valkey: a stream with a group of writers, and what charts show live.

One entry of the stream `candles` is one batch: field `rows` is a JSON list of
`[series, resolution, at_ms, open, high, low, close, volume, source]`, field `v` is 1. An entry's id orders
batches, so it is their revision. What is stored is removed; what can't be stored goes to `candles:refused`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.candles.model import Candle, CandleRow, parse_series, require_row
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import parse_resolution
from nightdesk.candles.revisions import live_revision
from nightdesk.candles.stream_ports import Delivery
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms, to_ms

STREAM = "candles"
GROUP = "writers"
REFUSED = "candles:refused"
REFUSED_KEPT = 1000
VERSION = b"1"
ROWS_PER_ENTRY = 1000


def encode_rows(rows: Sequence[CandleRow]) -> str:
    """The field `rows` of an entry."""
    return json.dumps([_encode(row) for row in rows], separators=(",", ":"), allow_nan=False)


def decode_rows(payload: bytes | str) -> tuple[CandleRow, ...]:
    """The rows of an entry.

    Raises:
        InvalidInput: It is not a list of rows that can be bars.
    """
    try:
        return tuple(_decode(row) for row in json.loads(payload))
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidInput("candles.malformed", "A batch of candles can't be read.") from error


def _encode(row: CandleRow) -> list[Any]:
    bar = row.candle
    numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume]
    return [row.series, row.resolution.value, to_ms(bar.at), *numbers, row.source]


def _decode(row: Sequence[Any]) -> CandleRow:
    series, resolution, at_ms, first, high, low, last, volume, source = row
    if not isinstance(series, str) or not isinstance(at_ms, int):
        raise TypeError
    candle = Candle(from_ms(at_ms), float(first), float(high), float(low), float(last), float(volume))
    return require_row(CandleRow(str(parse_series(series)), parse_resolution(resolution), candle, str(source)))


class ValkeyCandleSink:
    """The producers' end."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey

    async def append(self, rows: Sequence[CandleRow]) -> None:
        """Add the rows to the stream, up to 1,000 an entry."""
        with translated():
            async with self._valkey.pipeline(transaction=True) as pipeline:
                for index in range(0, len(rows), ROWS_PER_ENTRY):
                    pipeline.xadd(STREAM, {"v": VERSION, "rows": encode_rows(rows[index : index + ROWS_PER_ENTRY])})
                await pipeline.execute()

    async def show(self, rows: Sequence[CandleRow], *, is_closed: bool) -> None:
        """Publish each bar on `candle.<series>`."""
        with translated():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                for row in rows:
                    pipeline.publish(f"candle.{row.series}", json.dumps(_shown(row, is_closed=is_closed)))
                await pipeline.execute()


def _shown(row: CandleRow, *, is_closed: bool) -> dict[str, Any]:
    bar = row.candle
    return {
        "v": 1,
        "series": row.series,
        "resolution": row.resolution.value,
        "at_ms": to_ms(bar.at),
        "open": bar.open,
        "high": bar.high,
        "low": bar.low,
        "close": bar.close,
        "volume": bar.volume,
        "closed": is_closed,
    }


class ValkeyCandleInbox:
    """The writers' end.

    Args:
        valkey: Answers bytes, not text.
        consumer: This writer's name in the group; no other living writer may have it.
        idle_s: A delivery that nobody acknowledged for so long belongs to a dead writer and is taken over.
        wait_s: How long `receive` waits for something new.
        count: At most so many entries at a time.
    """

    def __init__(
        self, valkey: Redis, consumer: str, *, idle_s: float = 5.0, wait_s: float = 1.0, count: int = 100
    ) -> None:
        self._valkey = valkey
        self._consumer = consumer
        self._idle_ms = int(idle_s * 1000)
        self._wait_ms = int(wait_s * 1000)
        self._count = count

    async def open(self) -> None:
        """Make the stream and its group unless they exist."""
        with translated():
            try:
                await self._valkey.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def receive(self) -> list[Delivery]:
        """What a dead writer left, else what is new."""
        with translated():
            claimed: Any = await self._valkey.xautoclaim(
                STREAM, GROUP, self._consumer, self._idle_ms, start_id="0-0", count=self._count
            )
            if claimed[1]:
                return [_delivery(*entry) for entry in claimed[1]]
            answer: Any = await self._valkey.xreadgroup(
                GROUP, self._consumer, {STREAM: ">"}, count=self._count, block=self._wait_ms
            )
        return [_delivery(*entry) for _, entries in answer for entry in entries]

    async def acknowledge(self, delivery_ids: Collection[str]) -> None:
        """Acknowledge and remove the entries: nobody else reads this stream."""
        with translated():
            async with self._valkey.pipeline(transaction=True) as pipeline:
                pipeline.xack(STREAM, GROUP, *delivery_ids)
                pipeline.xdel(STREAM, *delivery_ids)
                await pipeline.execute()

    async def refuse(self, delivery: Delivery, reason: str) -> None:
        """Move the entry to `candles:refused`, which keeps the last thousand."""
        with translated():
            entries: Any = await self._valkey.xrange(STREAM, delivery.delivery_id, delivery.delivery_id)
            fields = dict(entries[0][1]) if entries else {}
            async with self._valkey.pipeline(transaction=True) as pipeline:
                pipeline.xadd(REFUSED, {**fields, b"reason": reason}, maxlen=REFUSED_KEPT)
                pipeline.xack(STREAM, GROUP, delivery.delivery_id)
                pipeline.xdel(STREAM, delivery.delivery_id)
                await pipeline.execute()

    async def forget_idle(self, idle_s: float = 3600) -> None:
        """Remove writers that have nothing pending and were silent for so long."""
        with translated():
            for consumer in await self._valkey.xinfo_consumers(STREAM, GROUP):
                if consumer["pending"] == 0 and consumer["idle"] > idle_s * 1000:
                    await self._valkey.xgroup_delconsumer(STREAM, GROUP, consumer["name"])


def revision_of(entry_id: str) -> int:
    """An entry's place in the order of all entries, as one number."""
    milliseconds, _, sequence = entry_id.partition("-")
    return live_revision(int(milliseconds), int(sequence))


def _delivery(entry_id: bytes, fields: Mapping[bytes, bytes] | None) -> Delivery:
    name = entry_id.decode()
    if not fields or fields.get(b"v") != VERSION:
        return Delivery(name, None)
    try:
        return Delivery(name, Batch(revision_of(name), decode_rows(fields.get(b"rows", b""))))
    except InvalidInput:
        return Delivery(name, None)

"""What all venues say, as a streamer needs it once a second: prices of the symbols it asks for, and clocks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable
from nightdesk.adapters.redis.price_book import read_price
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.markets.model import Price

CLOCKS: Final = "quality:clocks"
WAITING: Final = "quality:waiting"
WAITING_EXPIRES_S: Final = 60
TOLD_FOR: Final = timedelta(seconds=5)
"""What a venue told longer ago says nothing about the present."""


class ValkeyMarketKnowledge:
    """Reads the price books of all venues; what did not change is not read anew."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._known: dict[tuple[VenueId, str], tuple[bytes, Price | None]] = {}

    async def prices(self, symbols: Mapping[VenueId, Collection[str]]) -> list[Price]:
        """The last prices of these symbols of each venue, as far as there are any.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        asked = {venue: sorted(theirs) for venue, theirs in symbols.items() if theirs}
        with unavailable():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                for venue, theirs in asked.items():
                    pipeline.hmget(f"prices:{venue}", theirs)
                told: Any = await pipeline.execute()
        known: dict[tuple[VenueId, str], tuple[bytes, Price | None]] = {}
        for (venue, theirs), documents in zip(asked.items(), told, strict=True):
            for symbol, document in zip(theirs, documents, strict=True):
                if document is not None:
                    known[venue, symbol] = self._read(venue, symbol, document)
        self._known = known
        return [price for _, price in known.values() if price is not None]

    async def clocks(self, told: Mapping[VenueId, datetime], now: datetime) -> Mapping[VenueId, datetime]:
        """Tell how far these venues' markets have come; what all venues told in the last seconds.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        rows: dict[Any, Any] = {
            venue: json.dumps([format_instant(at), format_instant(now)]) for venue, at in told.items()
        }
        with unavailable():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                if rows:
                    pipeline.hset(CLOCKS, mapping=rows)
                pipeline.hgetall(CLOCKS)
                known: dict[bytes, bytes] = (await pipeline.execute())[-1]
        found = {VenueId(venue.decode()): tuple(map(parse_instant, json.loads(row))) for venue, row in known.items()}
        return {venue: at for venue, (at, then) in found.items() if now - then <= TOLD_FOR}

    async def waiting(self, told: Sequence[Price], now: datetime) -> list[Price]:
        """Tell which prices are not believed here; those of all venues that were told in the last seconds.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        heard_at = format_instant(now)
        rows: dict[Any, Any] = {
            str(price.instrument): json.dumps([format_amount(price.last), format_instant(price.at), heard_at])
            for price in told
        }
        with unavailable():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                if rows:
                    pipeline.hset(WAITING, mapping=rows)
                    pipeline.expire(WAITING, WAITING_EXPIRES_S)
                pipeline.hgetall(WAITING)
                known: dict[bytes, bytes] = (await pipeline.execute())[-1]
        found = []
        for market, row in known.items():
            last, at, then = json.loads(row)
            if now - parse_instant(then) <= TOLD_FOR:
                instrument = parse_instrument(market.decode())
                found.append(Price(instrument=instrument, last=parse_amount(last), at=parse_instant(at)))
        return found

    def _read(self, venue: VenueId, symbol: str, document: bytes) -> tuple[bytes, Price | None]:
        known = self._known.get((venue, symbol))
        return known if known is not None and known[0] == document else (document, read_price(venue, symbol, document))

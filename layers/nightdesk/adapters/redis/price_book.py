"""Last known prices in Valkey: the hash `prices:<venue>`, symbol -> `{"last", "at"}`, as streamed with more.

What is streamed tells `number` of the trade too, and the best `bid` and `ask` where the venue has them.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from redis import Redis

from nightdesk.adapters.redis.errors import unavailable
from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.markets.model import Price

BATCH: Final = 500

# The texts of instants are of one length, so they compare as the instants do. What can't be read is replaced.
_PUT: Final = """
local function is_newer(known, at)
  if not known then return false end
  local readable, price = pcall(cjson.decode, known)
  return readable and type(price) == 'table' and type(price.at) == 'string' and price.at > at
end
local kept = 0
for i = 1, #ARGV, 3 do
  if not is_newer(redis.call('HGET', KEYS[1], ARGV[i]), ARGV[i + 2]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    kept = kept + 1
  end
end
return kept
"""

_log = logging.getLogger(__name__)


class ValkeyPriceBook:
    """`PriceBook` that all processes share."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._script = client.register_script(_PUT)

    def put(self, prices: Iterable[Price]) -> None:
        """Keep the prices; an older one never replaces a newer one.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        by_venue: dict[VenueId, list[str]] = defaultdict(list)
        for price in prices:
            at = format_instant(price.at)
            document = json.dumps({"last": format_amount(price.last), "at": at})
            by_venue[price.instrument.venue] += (price.instrument.symbol, document, at)
        with unavailable():
            for venue, arguments in by_venue.items():
                for start in range(0, len(arguments), 3 * BATCH):
                    self._script(keys=[_key(venue)], args=arguments[start : start + 3 * BATCH])

    def all(self, venue: VenueId) -> tuple[Price, ...]:
        """Every price known at the venue; what can't be read is left out.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            known: dict[bytes, bytes] = self._client.hgetall(_key(venue))  # type: ignore[assignment]
        found = (read_price(venue, symbol.decode(), document) for symbol, document in known.items())
        return tuple(price for price in found if price is not None)


def _key(venue: VenueId) -> str:
    return f"prices:{venue}"


def read_price(venue: VenueId, symbol: str, document: bytes) -> Price | None:
    """A price as it is kept; None when it can't be read."""
    try:
        parts = json.loads(document)
        instrument: Instrument = parse_instrument(f"{venue}:{symbol}")
        at: datetime = parse_instant(parts["at"])
        last, number = parse_amount(parts["last"]), int(parts.get("number", -1))
        bid, ask = (_amount(parts.get(side)) for side in ("bid", "ask"))
        return Price(instrument=instrument, last=last, at=at, number=number, bid=bid, ask=ask)
    except (InvalidInput, ValueError, KeyError, TypeError):
        _log.warning("a price in the cache can't be read", extra={"venue": venue, "symbol": symbol})
        return None


def _amount(text: str | None) -> Decimal | None:
    return parse_amount(text) if text else None

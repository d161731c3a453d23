"""What the portfolio tracker hears and says over Valkey."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import parse_instant
from nightdesk.kernel.money import parse_amount
from nightdesk.markets.model import Price

TICKERS = "ticker.*"
LEDGERS = "ledger.*"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerGrew:
    """Somebody recorded an entry of this tenant."""

    tenant_id: TenantId


class ValkeyPortfolioFeed:
    """Prices and news of ledgers in; changes of portfolios out.

    Args:
        valkey: Answers bytes.
        watched: The sorted set of portfolios that somebody looks at.
        subject: The prefix of the subjects of portfolios, with its dot.
    """

    def __init__(self, valkey: Redis, *, watched: str, subject: str) -> None:
        self._valkey = valkey
        self._watched = watched
        self._subject = subject

    async def hear(self) -> AsyncIterator[Price | LedgerGrew]:
        """Every ticker and every ledger that grew, until the connection breaks.

        Raises:
            Unavailable: It broke.
        """
        with translated():
            async with self._valkey.pubsub(ignore_subscribe_messages=True) as listener:
                await listener.psubscribe(TICKERS, LEDGERS)
                async for message in listener.listen():
                    told = _read(message["channel"], message["data"])
                    if told is not None:
                        yield told

    async def known_prices(self, venues: Collection[str]) -> list[Price]:
        """The last known price of each market of the venues."""
        found = []
        with translated():
            for venue in venues:
                known: Any = await self._valkey.hgetall(f"prices:{venue}")
                for symbol, document in known.items():
                    price = _price(venue, symbol.decode(), document)
                    if price is not None:
                        found.append(price)
        return found

    async def watched(self, now_s: int) -> frozenset[TenantId]:
        """The portfolios that somebody looks at now."""
        with translated():
            members: Any = await self._valkey.zrangebyscore(self._watched, now_s, "+inf")
        return frozenset(TenantId(UUID(member.decode())) for member in members)

    async def publish(self, messages: Mapping[TenantId, str]) -> None:
        """Publish one message for each portfolio."""
        with translated():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                for portfolio_id, message in messages.items():
                    pipeline.publish(f"{self._subject}{portfolio_id}", message)
                await pipeline.execute()


def _read(channel: bytes, data: bytes) -> Price | LedgerGrew | None:
    name = channel.decode()
    try:
        if name.startswith("ledger."):
            return LedgerGrew(TenantId(UUID(name.removeprefix("ledger."))))
        told = json.loads(data)
        return _priced(told["venue"], told["symbol"], told) if told["last"] else None
    except (InvalidInput, ValueError, KeyError, TypeError):
        _log.warning("a message can't be read", extra={"channel": name})
        return None


def _price(venue: str, symbol: str, document: bytes) -> Price | None:
    try:
        return _priced(venue, symbol, json.loads(document))
    except (InvalidInput, ValueError, KeyError, TypeError):
        return None


def _priced(venue: str, symbol: str, told: Mapping[str, str]) -> Price:
    instrument = parse_instrument(f"{venue}:{symbol}")
    return Price(instrument=instrument, last=parse_amount(told["last"]), at=parse_instant(told["at"]))

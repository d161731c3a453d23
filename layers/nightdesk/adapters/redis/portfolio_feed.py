"""What the portfolio tracker hears and says over Valkey."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import parse_instant
from nightdesk.kernel.money import parse_amount
from nightdesk.markets.model import Price

TICKERS = "ticker.*"
LEDGERS = "ledger.*"
SIGNALS = "signal.*"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerGrew:
    """Somebody recorded an entry of this tenant."""

    tenant_id: TenantId


@dataclass(frozen=True, slots=True)
class SignalCame:
    """Another program sent this tenant a signal."""

    tenant_id: TenantId


@dataclass(frozen=True, slots=True)
class Listening:
    """From now on nothing is missed: what is known now is to be read after this, not before."""


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

    async def hear(self) -> AsyncIterator[Price | LedgerGrew | SignalCame | Listening]:
        """That it listens, then every ticker, ledger that grew and signal that came, until the connection breaks.

        Raises:
            Unavailable: It broke.
        """
        with translated():
            async with self._valkey.pubsub() as listener:
                await listener.psubscribe(TICKERS, SIGNALS, LEDGERS)
                async for message in listener.listen():
                    if (told := _told(message)) is not None:
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


def _told(message: Mapping[str, Any]) -> Price | LedgerGrew | SignalCame | Listening | None:
    if message["type"] == "psubscribe":
        return Listening() if message["channel"] == LEDGERS.encode() else None  # the last one asked for
    return _read(message["channel"], message["data"]) if message["type"] == "pmessage" else None


def _read(channel: bytes, data: bytes) -> Price | LedgerGrew | SignalCame | None:
    name = channel.decode()
    try:
        if name.startswith("ledger."):
            return LedgerGrew(TenantId(UUID(name.removeprefix("ledger."))))
        if name.startswith("signal."):
            return SignalCame(TenantId(UUID(name.removeprefix("signal."))))
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


def _priced(venue: str, symbol: str, told: Mapping[str, Any]) -> Price:
    return Price(
        instrument=_instrument(venue, symbol),
        last=parse_amount(told["last"]),
        at=parse_instant(told["at"]),
        number=int(told.get("number", -1)),
        bid=_amount(told.get("bid")),
        ask=_amount(told.get("ask")),
    )


@lru_cache(maxsize=20_000)
def _instrument(venue: str, symbol: str) -> Instrument:
    """One object for each market: hundreds of thousands of prices are kept."""
    return parse_instrument(f"{venue}:{symbol}")


def _amount(text: str | None) -> Decimal | None:
    return parse_amount(text) if text else None

"""Live prices over Valkey: a subject each market, the price book, and how the venue is heard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.candles.stream_ports import Ticker, VenueStatus
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import format_amount

STATUS_EXPIRES_S = 30
PART_EXPIRES_MS = 15_000
"""A part of a venue of which nothing was said for so long is streamed by nobody."""

# An older price never replaces a newer one: instants have one text form, so texts compare like instants.
_PUT = """
for index = 1, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[index])
  if not known or cjson.decode(known).at <= cjson.decode(ARGV[index + 1]).at then
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
  end
end
"""


class ValkeyTickerSink:
    """Publishes tickers and keeps the last price of each market in `prices:<venue>`.

    Args:
        part: Of a venue's markets: its number from 0, and of how many; their statuses make up the venue's.
    """

    def __init__(self, valkey: Redis, clock: Clock, *, part: tuple[int, int] = (0, 1)) -> None:
        self._valkey = valkey
        self._clock = clock
        self._part = part
        self._put = valkey.register_script(_PUT)
        self._tell = valkey.register_script((Path(__file__).parent / "scripts" / "feed_status.lua").read_text())

    async def publish(self, tickers: Sequence[Ticker]) -> None:
        """Publish on `ticker.<venue>.<quote>.<base>` and keep the prices, in one round trip."""
        if not tickers:
            return
        with translated():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                for ticker in tickers:
                    pipeline.publish(subject(ticker), json.dumps(_message(ticker), separators=(",", ":")))
                for venue in {ticker.instrument.venue for ticker in tickers}:
                    prices = [ticker for ticker in tickers if ticker.instrument.venue == venue and ticker.last]
                    if prices:
                        await self._put(keys=[f"prices:{venue}"], args=_prices(prices), client=pipeline)
                await pipeline.execute()

    async def publish_status(self, status: VenueStatus) -> None:
        """Keep under `feed:<venue>` for 30 seconds, and publish there: as bad as the worst part's."""
        text = json.dumps(
            {
                "venue": status.venue,
                "state": status.state,
                "since": format_instant(status.since),
                "last_message_at": format_instant(status.last_message_at) if status.last_message_at else None,
                "note": status.note,
            }
        )
        present = format_instant(self._clock.now())
        keys = [f"feed:{status.venue}", f"feedparts:{status.venue}"]
        with translated():
            await self._tell(keys=keys, args=[*self._part, text, present, PART_EXPIRES_MS, STATUS_EXPIRES_S])


def subject(ticker: Ticker) -> str:
    """`ticker.binance.usdt.btc`."""
    instrument = ticker.instrument
    return f"ticker.{instrument.venue}.{instrument.quote}.{instrument.base}".lower()


def _message(ticker: Ticker) -> dict[str, object]:
    return {
        "v": 1,
        "venue": ticker.instrument.venue,
        "symbol": ticker.instrument.symbol,
        "last": _text(ticker.last),
        "bid": _text(ticker.bid),
        "ask": _text(ticker.ask),
        "at": format_instant(ticker.at),
        "received_at": format_instant(ticker.received_at),
        "number": ticker.number,
    }


def _prices(tickers: Sequence[Ticker]) -> list[str]:
    arguments = []
    for ticker in tickers:
        price = {"last": _text(ticker.last), "at": format_instant(ticker.at), "number": ticker.number}
        price |= {"bid": _text(ticker.bid), "ask": _text(ticker.ask)}
        arguments += [ticker.instrument.symbol, json.dumps(price)]
    return arguments


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)

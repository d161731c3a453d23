"""Live prices over Valkey: a subject each market, the price book, and how the venue is heard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.candles.stream_ports import Ticker, VenueStatus
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount

STATUS_EXPIRES_S = 30
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
    """Publishes tickers and keeps the last price of each market in `prices:<venue>`."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._put = valkey.register_script(_PUT)

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
        """Keep under `feed:<venue>` for 30 seconds, and publish there."""
        text = json.dumps(
            {
                "v": 1,
                "venue": status.venue,
                "state": status.state,
                "since": format_instant(status.since),
                "last_message_at": format_instant(status.last_message_at) if status.last_message_at else None,
            }
        )
        with translated():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                pipeline.set(f"feed:{status.venue}", text, ex=STATUS_EXPIRES_S)
                pipeline.publish(f"feed:{status.venue}", text)
                await pipeline.execute()


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
    }


def _prices(tickers: Sequence[Ticker]) -> list[str]:
    arguments = []
    for ticker in tickers:
        price = {"last": _text(ticker.last), "at": format_instant(ticker.at)}
        arguments += [ticker.instrument.symbol, json.dumps(price)]
    return arguments


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)

"""Puts the market streamer together from the settings."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import boto3
from redis.asyncio import Redis

from fargate.market_streamer.service import MarketStreamer, Policy
from nightdesk.adapters.exchange.market_stream import CcxtMarketStream
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.postgres.candles import PostgresStoredBars
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.candle_stream import ValkeyCandleSink
from nightdesk.adapters.redis.tickers import ValkeyTickerSink
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import database_conninfo
from nightdesk.runtime.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    streamer: MarketStreamer


@functools.cache
def wire() -> Wired:
    """The process's parts, made once."""
    known, clock = settings(), SystemClock()
    policy, route = _policy(known), Route.parse(known.venues_route)
    valkey = Redis.from_url(known.require("valkey_url"), socket_timeout=5, socket_connect_timeout=5)
    streamer = MarketStreamer(
        policy,
        make_stream=lambda: CcxtMarketStream(policy.venue, route, clock, stale_after_s=policy.stale_after_s),
        stored=PostgresStoredBars(Database(_conninfo(known), max_size=2)),
        candles=ValkeyCandleSink(valkey),
        tickers=ValkeyTickerSink(valkey),
        clock=clock,
    )
    return Wired(known, streamer)


def _policy(known: Settings) -> Policy:
    symbols = (symbol.strip().upper() for symbol in known.streams_symbols.split(","))
    return Policy(
        venue=VenueId(known.streams_venue),
        symbols=frozenset(symbol for symbol in symbols if symbol),
        markets_max=known.streams_markets_max,
        flush_s=known.streams_flush_ms / 1000,
        stale_after_s=known.streams_stale_after_s,
        backfill_bars=known.streams_backfill_bars,
    )


def _conninfo(known: Settings) -> str:
    if known.database_url is not None:
        return known.database_url.get_secret_value()
    client: Any = boto3.client("secretsmanager")
    return database_conninfo(known, client)

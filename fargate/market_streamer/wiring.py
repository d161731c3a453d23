"""Puts the market streamer together from the settings."""

from __future__ import annotations

import functools
import socket
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import boto3
from redis.asyncio import Redis

from fargate.market_streamer.clocks import MarketClocks
from fargate.market_streamer.gate import Gate
from fargate.market_streamer.service import MarketStreamer, Policy
from fargate.market_streamer.sharing import SharedStreams
from nightdesk.adapters.exchange.market_streams import make_market_stream
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.postgres.candles import PostgresStoredBars
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.market_quality import PostgresQualityLog
from nightdesk.adapters.redis.leases import LeasedCandleSink, ValkeyLeases
from nightdesk.adapters.redis.market_knowledge import ValkeyMarketKnowledge
from nightdesk.adapters.redis.tickers import ValkeyTickerSink
from nightdesk.candles.sharing import Share, shares_of
from nightdesk.candles.stream_ports import MarketStream
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import to_ms
from nightdesk.markets.quality import QualityRules
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.secrets import database_conninfo
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring_venues import shared_budget


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    streams: SharedStreams
    gate: Gate
    meter: Meter


@functools.cache
def wire() -> Wired:
    """The process's parts, made once."""
    known, clock, meter = settings(), SystemClock(), Meter("market_streamer")
    route, balance, clocks = Route.parse(known.venues_route), shared_budget(known, meter), _clocks(known, clock)
    valkey = Redis.from_url(known.require("valkey_url"), socket_timeout=5, socket_connect_timeout=5)
    stored = PostgresStoredBars(Database(_conninfo(known), max_size=2))
    member = known.streams_member or socket.gethostname()
    leases = ValkeyLeases(valkey, member, to_ms(clock.now()), lease_s=known.streams_lease_s)
    gate, raw = _gate(known, clock, valkey, meter), frozenset(map(VenueId, known.raw_venues))

    def make_stream(venue: VenueId) -> MarketStream:
        return make_market_stream(
            venue, route, clock, stale_after_s=known.streams_stale_after_s, balance=balance, raw=raw
        )

    def make_streamer(share: Share) -> MarketStreamer:
        return MarketStreamer(
            _policy(known, share),
            make_stream=make_stream,
            clocks=clocks,
            stored=stored,
            candles=LeasedCandleSink(valkey, share, leases.holder),
            tickers=gate.around(ValkeyTickerSink(valkey, clock, part=(share.number, share.parts))),
            clock=clock,
            listening=gate.listening,
        )

    shares = shares_of(map(VenueId, known.streamed_venues), known.streams_shares)
    return Wired(known, SharedStreams(shares, leases, make_streamer, lease_s=known.streams_lease_s), gate, meter)


def _gate(known: Settings, clock: SystemClock, valkey: Redis, meter: Meter) -> Gate:
    log = PostgresQualityLog(Database(_conninfo(known), max_size=1), uuid4())
    is_live = Route.parse(known.venues_route) == Route()
    rules = QualityRules(
        spike_bp=Decimal(known.quality_spike_bp),
        spike_alone_bp=Decimal(known.quality_spike_alone_bp),
        hold=timedelta(seconds=known.quality_hold_s),
        hold_against=timedelta(seconds=known.quality_hold_against_s),
        stuck_after=timedelta(seconds=known.quality_stuck_after_s),
        stale_after=timedelta(seconds=known.quality_stale_after_s),
    )
    present = clock.now if is_live else None  # the paper exchange's market may run ahead of the wall clock
    return Gate(ValkeyMarketKnowledge(valkey), log, clock, meter=meter, present=present, rules=rules)


def _clocks(known: Settings, clock: SystemClock) -> MarketClocks:
    """Ours counts besides the venues'; not beside the paper exchange's market, which may run ahead."""
    return MarketClocks(clock.now if Route.parse(known.venues_route) == Route() else None)


def _policy(known: Settings, share: Share) -> Policy:
    symbols = (symbol.strip().upper() for symbol in known.streams_symbols.split(","))
    return Policy(
        share=share,
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

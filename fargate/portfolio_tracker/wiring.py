"""Puts the portfolio tracker together from the settings."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import cast

import boto3
from redis.asyncio import Redis

from fargate.portfolio_tracker.books import TrackedBooks
from fargate.portfolio_tracker.repair import Repair
from fargate.portfolio_tracker.service import TrackerService
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import RememberedFxTable
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.adapters.redis.candle_stream import ValkeyCandleSink
from nightdesk.adapters.redis.portfolio_feed import ValkeyPortfolioFeed
from nightdesk.contracts.live import WATCHED, portfolio_subject
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    tracker: TrackerService
    repair: Repair


@functools.cache
def wire() -> Wired:
    """The process's parts, made once."""
    known = settings()
    valkey = Redis.from_url(
        known.require("valkey_url"), health_check_interval=15, socket_timeout=10, socket_connect_timeout=5
    )
    database, clock = Database(_conninfo(known), max_size=3), SystemClock()
    source = PostgresTrackedBooks(database)
    books = TrackedBooks(source, RememberedFxTable(database, clock))
    sink = ValkeyCandleSink(valkey)
    feed = ValkeyPortfolioFeed(valkey, watched=WATCHED, subject=portfolio_subject(""))
    tracker = TrackerService(feed=feed, sink=sink, books=books, clock=clock)
    repair = Repair(
        source,
        sink,
        lambda: [exposure.portfolio_id for exposure in books.exposures],
        every_s=known.tracker_repair_every_s,
    )
    return Wired(known, tracker, repair)


def _conninfo(known: Settings) -> str:
    if known.database_url is not None:
        return known.database_url.get_secret_value()
    return database_conninfo(known, cast("SecretsClient", boto3.client("secretsmanager")))

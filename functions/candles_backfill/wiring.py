"""What the function is made of."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Final

import boto3

from nightdesk.accounts.model import VENUES
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.history_queue import SqsRangeQueue
from nightdesk.adapters.exchange.market_history import HISTORY_VENUES, ExchangeHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.postgres.candle_coverage import history_units
from nightdesk.adapters.postgres.candle_keeping import PostgresCandleKeeping
from nightdesk.adapters.postgres.candle_plan import coverage_plans
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.record_keeping import PostgresRecordKeeping
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.balancer.gate import LONGEST_WAIT_S
from nightdesk.balancer.model import Priority
from nightdesk.candles.backfill import BackfillService
from nightdesk.candles.history_ports import WishPolicy
from nightdesk.candles.keeping import CandleKeeper, KeepPolicy
from nightdesk.candles.planning import CoveragePlanner
from nightdesk.candles.record_keeping import RecordKeeper, RecordPolicy
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring import open_database
from nightdesk.wiring_venues import shared_budget

QUOTES: Final = frozenset({"USDT", "USDC", "FDUSD", "USD", "EUR", "BTC", "ETH", "BNB"})
"""In which the markets of held assets are covered."""

WAIT_S: Final = 5.0
"""A venue without room for longer gets its range back later: few workers serve all venues."""


@cache
def meter() -> Meter:
    """What the budget's use is measured with, and what is missing."""
    return Meter("candles_backfill")


@cache
def wire() -> BackfillService:
    """Who fills ranges; its connections to venues stay warm for the life of the process."""
    here, clock = settings(), SystemClock()
    balance = shared_budget(here, meter(), {**LONGEST_WAIT_S, Priority.HISTORY: WAIT_S})
    sessions = ExchangeSessions(Route.parse(here.venues_route), clock, balance=balance)
    return BackfillService(
        units=history_units(_database()), venues=ExchangeHistory(sessions, clock), queue=_queue(here), clock=clock
    )


@cache
def wire_planner() -> CoveragePlanner:
    """Who plans, verifies and sends."""
    here, clock = settings(), SystemClock()
    keep = _keep_policy(here)
    return CoveragePlanner(
        plans=coverage_plans(_database()),
        queue=_queue(here),
        policy=wish_policy(here, market_at() or clock.now()),
        clock=clock,
        market_at=market_at,
        kept_from=keep.kept_from,
    )


@cache
def wire_keeper() -> CandleKeeper:
    """Who makes room ahead and lets go of what is too old."""
    return CandleKeeper(PostgresCandleKeeping(_database()), _keep_policy(settings()), SystemClock())


@cache
def wire_records() -> RecordKeeper:
    """Who lets go of old records about prices."""
    here = settings()
    policy = RecordPolicy(
        valuation_months=here.records_valuation_months,
        refusal_days=here.records_refusal_days,
        dry_run=here.records_retention == "told",
    )
    return RecordKeeper(PostgresRecordKeeping(_database()), policy, SystemClock())


def wish_policy(here: Settings, market_at: datetime) -> WishPolicy:
    """Which series are covered without being asked for."""
    symbols = (symbol.strip().upper() for symbol in here.streams_symbols.split(","))
    since = market_at - timedelta(days=here.backfill_days) if here.backfill_days else None
    return WishPolicy(
        venues=frozenset(HISTORY_VENUES),
        symbols=frozenset(symbol for symbol in symbols if symbol),
        quotes=QUOTES,
        whole_venues=here.backfill_whole_venues,
        since=since,
    )


def market_at() -> datetime | None:
    """Wall time at real venues; where the market has a clock of its own, the newest price's."""
    here = settings()
    if here.market_clock == "wall":
        return SystemClock().now()
    prices = ValkeyPriceBook(valkey(here.require("valkey_url")))
    return max((price.at for each in VENUES for price in prices.all(each.venue)), default=None)


@cache
def _database() -> Database:
    return open_database(settings(), connections_max=3)


def _keep_policy(here: Settings) -> KeepPolicy:
    return KeepPolicy(
        months=here.candles_keep_months,
        compress_after_months=here.candles_compress_after_months,
        dry_run=here.candles_retention == "told",
    )


def _queue(here: Settings) -> SqsRangeQueue:
    url = here.require("queue_candles_backfill")
    return SqsRangeQueue(boto3.client("sqs", config=QUICK), url, lambda: correlation.current() or correlation.new())

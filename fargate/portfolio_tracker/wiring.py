"""Puts the portfolio tracker together from the settings."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, cast

import boto3
from redis.asyncio import Redis

from fargate.portfolio_tracker.books import TrackedBooks
from fargate.portfolio_tracker.repair import Repair
from fargate.portfolio_tracker.rules import RulesService
from fargate.portfolio_tracker.rules_lines import AnalysedLines
from fargate.portfolio_tracker.rules_show import RulesShow
from fargate.portfolio_tracker.rules_warming import PastWarming
from fargate.portfolio_tracker.service import TrackerService
from fargate.portfolio_tracker.valuations import ValuationKeeper
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.rules_queue import SqsCandidateQueue
from nightdesk.adapters.postgres.candles import candle_readers
from nightdesk.adapters.postgres.caps_history import PostgresCapHistory, RememberedCapHistory
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import RememberedFxTable
from nightdesk.adapters.postgres.rules_holdings import PostgresHeld
from nightdesk.adapters.postgres.rules_signals import PostgresRuleSignals
from nightdesk.adapters.postgres.rules_tracking import PostgresTrackedRules
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.adapters.postgres.valuations import PostgresValuationLog
from nightdesk.adapters.redis.bar_feed import ValkeyBarFeed
from nightdesk.adapters.redis.candle_stream import ValkeyCandleSink
from nightdesk.adapters.redis.portfolio_feed import ValkeyPortfolioFeed
from nightdesk.candles.service import CandleService
from nightdesk.contracts.live import WATCHED, portfolio_subject
from nightdesk.contracts.live_rules import RULES_WATCHED, rules_subject
from nightdesk.indicators.history import HistoryService
from nightdesk.markets.model import Price
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings

BRIDGED: Final = timedelta(days=1)
"""Nobody watched for longer: the minutes before count for nothing."""

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    tracker: TrackerService
    repair: Repair
    rules: RulesService
    lines: AnalysedLines
    show: RulesShow
    warming: PastWarming
    valuations: ValuationKeeper


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
    valuations = ValuationKeeper(PostgresValuationLog(database))
    told = valuations.tell
    repair = Repair(source, sink, lambda: books.portfolios, told=told, every_s=known.tracker_repair_every_s)
    rules, lines = _rules(known, source, clock, valkey)
    tracker = TrackerService(
        feed=feed, sink=sink, books=books, clock=clock, doubt=repair.doubt, told=told, listener=rules
    )
    window = ValkeyPortfolioFeed(valkey, watched=RULES_WATCHED, subject=rules_subject(""))
    warming = PastWarming(rules.board, HistoryService(CandleService(candle_readers(database))))
    return Wired(known, tracker, repair, rules, lines, RulesShow(rules, window, clock), warming, valuations)


def _rules(
    known: Settings, source: PostgresTrackedBooks, clock: SystemClock, valkey: Redis
) -> tuple[RulesService, AnalysedLines]:
    database = Database(_conninfo(known), max_size=4)  # of its own: books must not wait for rules, nor these for books
    rules = RulesService(
        source=PostgresTrackedRules(database),
        held=PostgresHeld(database),
        versions=source.versions,
        queue=SqsCandidateQueue(boto3.client("sqs", config=QUICK), known.require("queue_rules_evaluate")),
        clock=clock,
        minutes=partial(_minutes, source),
        signals=PostgresRuleSignals(database).since,
        caps=RememberedCapHistory(PostgresCapHistory(database), clock),
    )
    candles = CandleService(candle_readers(database))
    lines = AnalysedLines(ValkeyBarFeed(valkey), candles, market_at=lambda: rules.board.market_at, told=rules.told)
    rules.board.follow(lines)
    return rules, lines


def _minutes(source: PostgresTrackedBooks, since: datetime) -> Sequence[Price]:
    newest = source.newest_market_minute()
    return source.prices(max(since, newest - BRIDGED), newest + MINUTE) if newest else ()


def _conninfo(known: Settings) -> str:
    if known.database_url is not None:
        return known.database_url.get_secret_value()
    return database_conninfo(known, cast("SecretsClient", boto3.client("secretsmanager")))

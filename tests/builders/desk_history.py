"""Histories of a desk on real servers: a database of its own, and a paper exchange spoken to by ccxt over TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from nightdesk.adapters.exchange.market_history import HISTORY_VENUES, ExchangeHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.postgres.candle_coverage import history_units
from nightdesk.adapters.postgres.candle_plan import coverage_plans
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.backfill import BARS_AT_ONCE, BackfillService
from nightdesk.candles.coverage import RangeJob
from nightdesk.candles.history_ports import RangeQueue, VenueHistory, WishPolicy
from nightdesk.candles.model import EARLIEST
from nightdesk.candles.planning import CoveragePlanner
from nightdesk.kernel.ids import TenantId
from nightdesk.runtime.clock import SystemClock
from tests.servers import Paper, Postgres

MARKET_AT = datetime(2026, 3, 5, 2, tzinfo=UTC)
"""A fixed present: the days before it are settled."""


@dataclass(slots=True)
class WaitingRanges:
    """`RangeQueue` that keeps what was sent, in order."""

    jobs: list[RangeJob] = field(default_factory=list)
    delays_s: list[int] = field(default_factory=list)

    def send(self, jobs: Sequence[RangeJob], delay_s: int = 0) -> None:
        self.jobs += jobs
        self.delays_s += [delay_s] * len(jobs)


@dataclass(slots=True, kw_only=True)
class HistoryDesk:
    """Plans and fills; `venues` is what stands for them."""

    postgres: Postgres
    venues: VenueHistory
    queue: WaitingRanges = field(default_factory=WaitingRanges)
    tenant_id: TenantId = field(default_factory=lambda: TenantId(uuid4()))
    market_at: datetime = MARKET_AT
    kept_from: datetime = EARLIEST
    streams: Database = field(init=False)
    app: Database = field(init=False)

    def __post_init__(self) -> None:
        self.streams = Database(self.postgres.url("streams"))
        self.app = Database(self.postgres.url("app"))
        self.execute("INSERT INTO tenants (tenant_id, name, created_at) VALUES (%s, 'test', now())", self.tenant_id)

    def ask(self, *series: str, days: float | None) -> None:
        """The tenant wants these covered so many days back; None from the listing."""
        since = None if days is None else self.market_at - timedelta(days=days)
        for name in series:
            self.execute(
                "INSERT INTO candle_asks VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING", self.tenant_id, name, since
            )

    def planner(
        self,
        *,
        symbols: frozenset[str] = frozenset(),
        whole_venues: bool = False,
        queue: RangeQueue | None = None,
    ) -> CoveragePlanner:
        return CoveragePlanner(
            plans=coverage_plans(self.streams),
            queue=queue or self.queue,
            policy=WishPolicy(
                venues=frozenset(HISTORY_VENUES),
                symbols=symbols,
                quotes=frozenset({"USDT"}),
                whole_venues=whole_venues,
                since=self.market_at - timedelta(days=3),
            ),
            clock=SystemClock(),
            market_at=lambda: self.market_at,
            kept_from=lambda _now: self.kept_from,
        )

    def filler(self, bars_at_once: int = BARS_AT_ONCE) -> BackfillService:
        return BackfillService(
            units=history_units(self.streams),
            venues=self.venues,
            queue=self.queue,
            clock=SystemClock(),
            bars_at_once=bars_at_once,
        )

    def work(self, remaining_s: float = 600.0) -> int:
        """Take what waits in the queue until nothing does; how many messages there were."""
        done = 0
        while self.queue.jobs:
            self.filler().run(self.queue.jobs.pop(0), lambda: remaining_s)
            done += 1
        return done

    def settle(self, runs: int = 8) -> None:
        """Work on what waits, then plan and work in turns until a run sends nothing."""
        self.work()
        for _ in range(runs):
            planned = self.planner().run()
            if not planned.sent and not planned.ranges:
                return
            self.work()

    def fill(self, queue: RangeQueue, drain: Callable[[], None], runs: int = 12) -> None:
        """Plan for workers elsewhere until every series is whole."""
        for _ in range(runs):
            self.planner(queue=queue).run()
            drain()
            if {state for (state,) in self.rows("SELECT state FROM candle_coverage")} == {"whole"}:
                return
        raise AssertionError(self.rows("SELECT series, state, error_code FROM candle_coverage"))

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query by the superuser finds."""
        with psycopg.connect(self.postgres.url("superuser")) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def execute(self, statement: str, *parameters: object) -> int:
        """Do it as the superuser; how many rows it touched."""
        with psycopg.connect(self.postgres.url("superuser")) as connection:
            return connection.execute(statement.encode(), parameters).rowcount

    def minutes(self, series: str) -> tuple[int, int, datetime | None, datetime | None]:
        """How many bars and different starts are stored of the series, the first start and the last."""
        query = "SELECT count(*), count(DISTINCT at), min(at), max(at) FROM candles_1m JOIN series USING (series_id)"
        (found,) = self.rows(f"{query} WHERE name = %s", series)
        return found[0], found[1], found[2], found[3]

    def state(self, series: str) -> str:
        ((state,),) = self.rows("SELECT state FROM candle_coverage WHERE series = %s", series)
        return str(state)

    def close(self) -> None:
        self.streams.close()
        self.app.close()


@contextmanager
def own_database(postgres: Postgres) -> Iterator[Postgres]:
    """A migrated database of one's own on the shared server."""
    made = postgres.another("history")
    try:
        yield made
    finally:
        with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {made.database} WITH (FORCE)".encode())


@contextmanager
def exchange_history(paper: Paper) -> Iterator[ExchangeHistory]:
    """The venues of the paper exchange, without a budget."""
    sessions = ExchangeSessions(Route.parse(paper.route), SystemClock())
    try:
        yield ExchangeHistory(sessions, SystemClock())
    finally:
        sessions.close()

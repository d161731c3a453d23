"""What the function is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

import boto3

from functions.rules_evaluate.reading import OwnReadings
from functions.rules_evaluate.sweeping import Sweep
from nightdesk.accounts.model import VENUES
from nightdesk.adapters.aws.action_queue import SqsActionQueue
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.rules_queue import SqsCandidateQueue
from nightdesk.adapters.postgres.actions import PostgresActionJournal
from nightdesk.adapters.postgres.caps_history import PostgresCapHistory
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.postgres.rules import PostgresRuleSetRows, PostgresWaitingCandidates
from nightdesk.adapters.postgres.rules_bars import PostgresRuleBars
from nightdesk.adapters.postgres.rules_holdings import PostgresHeld
from nightdesk.adapters.postgres.rules_schedules import PostgresScheduledRules
from nightdesk.adapters.postgres.rules_signals import PostgresRuleSignals
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.judging import JudgingService, JudgingUnit, ReadingsOf
from nightdesk.rules.recomputing import KeptBars
from nightdesk.rules.scheduling import ScheduleTeller
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database, open_stores


@cache
def wire() -> JudgingService:
    """What judges candidates."""
    here = settings()
    stores = open_stores(here, connections_max=3)
    bars = KeptBars(PostgresRuleBars(stores.database))
    signals = PostgresRuleSignals(stores.database)
    caps = PostgresCapHistory(stores.database)
    readings = OwnReadings(PostgresHeld(stores.database), ValkeyPriceBook(stores.cache), bars, signals, caps=caps)
    queue = SqsActionQueue(boto3.client("sqs", config=QUICK), here.require("queue_actions"))
    return JudgingService(PostgresJudgingUnits(stores.database, readings), queue, SystemClock())


@cache
def wire_sweep() -> Sweep:
    """What sends candidates again; it sees all tenants' by a role that sees little else."""
    return Sweep(PostgresWaitingCandidates(_across()), _candidates())


@cache
def wire_schedules() -> ScheduleTeller:
    """What tells the rule sets whose minute it is, by the same role."""
    return ScheduleTeller(
        PostgresScheduledRules(_across()),
        _candidates(),
        clock=SystemClock(),
        market_at=_market_at,
        new_correlation=correlation.new,
    )


@cache
def _across() -> Database:
    here = settings()
    across = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    return open_database(across, connections_max=1)


def _candidates() -> SqsCandidateQueue:
    return SqsCandidateQueue(boto3.client("sqs", config=QUICK), settings().require("queue_rules_evaluate"))


def _market_at() -> datetime | None:
    """Wall time at real venues; where the market has a clock of its own, the newest price's."""
    here = settings()
    if here.market_clock == "wall":
        return SystemClock().now()
    prices = ValkeyPriceBook(valkey(here.require("valkey_url")))
    return max((price.at for each in VENUES for price in prices.all(each.venue)), default=None)


class PostgresJudgingUnits:
    """Opens transactions that hold a verdict whole: the candidate, the firing, its event, its actions."""

    def __init__(self, database: Database, readings: ReadingsOf) -> None:
        self._database = database
        self._readings = readings

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[JudgingUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield JudgingUnit(
                rows=PostgresRuleSetRows(connection),
                outbox=PostgresOutbox(connection),
                actions=PostgresActionJournal(connection),
                readings=self._readings,
            )

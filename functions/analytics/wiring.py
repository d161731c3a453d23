"""What the function is made of."""

from __future__ import annotations

from functools import cache

from functions.analytics.desk import AnalyticsDesk
from nightdesk.adapters.postgres.bar_columns import PostgresBarSource
from nightdesk.adapters.postgres.caps_history import PostgresCapHistory
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rules_holdings import PostgresHeld
from nightdesk.contracts.api.replay_answers import ReplayAnswers
from nightdesk.indicators.history import HistoryService
from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.model import Books
from nightdesk.rules.replaying import ReplayService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import candle_service, formula_service, identity_service, open_stores
from nightdesk.wiring_rules import rule_answers


@cache
def wire() -> AnalyticsDesk:
    """The services behind it; nothing is connected before it is used."""
    here = settings()
    stores = open_stores(here)
    return AnalyticsDesk(
        identity=identity_service(here, stores),
        formulas=formula_service(stores.database),
        history=HistoryService(candle_service(stores.database), PostgresCapHistory(stores.database)),
        replays=ReplayAnswers(replay_service(stores.database), rule_answers(here, stores).desk, SystemClock()),
        allowed_origin=here.require("allowed_origin"),
    )


def replay_service(database: Database) -> ReplayService:
    """Who replays, on what is stored."""
    held = PostgresHeld(database)

    def books(tenant_id: TenantId) -> Books:
        return held.read(tenant_id, {}).books

    caps = PostgresCapHistory(database)
    return ReplayService(PostgresBarSource(database, candle_service(database)), books, caps)

"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CacheClientProtocol, CachePersistenceLayer

from functions.api.alerting import Alerting
from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from nightdesk.accounts.positions import PositionService
from nightdesk.adapters.postgres.positions import PostgresPositionUnits
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.runtime.settings import settings
from nightdesk.wiring import answers, candle_service, formula_service, identity_service, open_stores, webhook_service
from nightdesk.wiring_actions import action_answers
from nightdesk.wiring_alerts import alert_centre, channel_service, signal_service
from nightdesk.wiring_books import book_answers
from nightdesk.wiring_charts import chart_answers
from nightdesk.wiring_coverage import coverage_desk
from nightdesk.wiring_datafeed import datafeed_answers, market_proxy
from nightdesk.wiring_files import file_answers
from nightdesk.wiring_key_service import key_answers
from nightdesk.wiring_ledger import ledger_answers
from nightdesk.wiring_orders import order_answers, trading
from nightdesk.wiring_quality import quality_answers, valuation_answers
from nightdesk.wiring_reference import reference_answers
from nightdesk.wiring_rules import rule_answers


@cache
def wire() -> Desk:
    """The services behind the API; nothing is connected before it is used."""
    here = settings()
    stores = open_stores(here)
    known, orders = answers(here, stores), trading(here, stores)
    return Desk(
        identity=identity_service(here, stores),
        answers=known,
        keys=key_answers(here, stores, known, orders.switch),
        files=file_answers(here, stores),
        books=book_answers(here, stores),
        proof=ledger_answers(stores),
        orders=order_answers(orders),
        actions=action_answers(here, stores),
        rules=rule_answers(here, stores),
        reference=reference_answers(stores, known.portfolio),
        positions=PositionService(PostgresPositionUnits(stores.database)),
        candles=candle_service(stores.database),
        coverage=coverage_desk(here, stores),
        datafeed=datafeed_answers(here, stores),
        proxy=market_proxy(here, stores),
        charts=chart_answers(stores),
        formulas=formula_service(stores.database),
        webhooks=webhook_service(here, stores.database),
        alerting=Alerting(
            alert_centre(here, stores.database),
            channel_service(here, stores.database),
            signal_service(here, stores.database),
        ),
        quality=quality_answers(stores),
        valuations=valuation_answers(stores),
        budgets=RedisBudgetView(stores.cache, calendar_speed=here.balancer_calendar_speed),
        once=RememberedOnce(CachePersistenceLayer(client=cast("CacheClientProtocol", stores.cache))),
        checks=stores.checks(),
        allowed_origin=here.require("allowed_origin"),
        version=here.service_version,
    )

"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CacheClientProtocol, CachePersistenceLayer

from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.runtime.settings import settings
from nightdesk.wiring import answers, candle_service, identity_service, open_stores, webhook_service


@cache
def wire() -> Desk:
    """The services behind the API; nothing is connected before it is used."""
    here = settings()
    stores = open_stores(here)
    return Desk(
        identity=identity_service(here, stores),
        answers=answers(here, stores),
        candles=candle_service(stores.database),
        webhooks=webhook_service(here, stores.database),
        budgets=RedisBudgetView(stores.cache, calendar_speed=here.balancer_calendar_speed),
        once=RememberedOnce(CachePersistenceLayer(client=cast("CacheClientProtocol", stores.cache))),
        checks=stores.checks(),
        allowed_origin=here.require("allowed_origin"),
        version=here.service_version,
    )

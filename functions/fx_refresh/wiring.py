"""What the function is made of."""

from __future__ import annotations

from functools import cache, partial
from typing import Final, cast

import boto3

from nightdesk.adapters.marketdata.ecb import EuropeanCentralBank
from nightdesk.adapters.marketdata.openexchangerates import OpenExchangeRates
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import fx_books
from nightdesk.kernel.instants import Clock
from nightdesk.markets.fx import FxSource
from nightdesk.markets.fx_refreshing import FxRefreshed, FxRefresher
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import Settings, settings

PLACEHOLDER: Final = "not-set-yet"
"""What the secret holds until somebody puts an application id there."""


def refresh() -> FxRefreshed:
    """Ask both sources, keep, compare.

    Everything is made anew each time: it is needed once an hour, and an application id that was put there meanwhile
    must count.
    """
    here, client, clock = settings(), cast("SecretsClient", boto3.client("secretsmanager")), SystemClock()
    database = Database(database_conninfo(here, client), max_size=1)
    try:
        return refresher(here, client, database, clock).refresh()
    finally:
        database.close()


def refresher(here: Settings, client: SecretsClient, database: Database, clock: Clock) -> FxRefresher:
    """Who does it, with the given settings."""
    second = EuropeanCentralBank(clock, route=here.venues_route)
    return FxRefresher(first_source(here, client), second, partial(fx_books, database), clock)


def first_source(here: Settings, client: SecretsClient) -> FxSource | None:
    """The source of hundreds of currencies; None while nobody gave the desk an application id."""
    app_id = secret_text(here.require("fx_secret"), client).strip()
    return None if app_id in {"", PLACEHOLDER} else OpenExchangeRates(app_id, route=here.venues_route)


@cache
def meter() -> Meter:
    """What alarms look at."""
    return Meter("fx_refresh")

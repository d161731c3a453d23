"""What the function is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import boto3

from nightdesk.adapters.marketdata.openexchangerates import OpenExchangeRates
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import PostgresFxStore
from nightdesk.markets.fx import FxRates, FxSource
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import settings


@cache
def wire() -> Callable[[], FxRates]:
    """What fetches one table and keeps it."""
    here = settings()
    client = cast("SecretsClient", boto3.client("secretsmanager"))
    database = Database(database_conninfo(here, client), max_size=1)
    source = OpenExchangeRates(secret_text(here.require("fx_secret"), client), route=here.venues_route)
    return lambda: refresh(source, database)


def refresh(source: FxSource, database: Database) -> FxRates:
    """Fetch first, so that no transaction waits for another's answer."""
    rates = source.latest()
    with database.transaction() as connection:
        PostgresFxStore(connection).put(rates)
    return rates

"""What the function is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import boto3

from nightdesk.adapters.marketdata.openexchangerates import OpenExchangeRates
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import PostgresFxStore
from nightdesk.markets.fx import FxRates, FxSource
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import Settings, settings

PLACEHOLDER: Final = "not-set-yet"
"""What the secret holds until somebody puts an application id there."""


def wire() -> Callable[[], FxRates | None]:
    """What fetches one table and keeps it.

    Made anew each time: it is needed once an hour, and an application id that was put there meanwhile must count.
    """
    return refresher(settings(), cast("SecretsClient", boto3.client("secretsmanager")))


def refresher(here: Settings, client: SecretsClient) -> Callable[[], FxRates | None]:
    """The same for given settings; it gives None while there is no application id."""
    app_id = secret_text(here.require("fx_secret"), client).strip()
    if app_id in {"", PLACEHOLDER}:
        return lambda: None
    source = OpenExchangeRates(app_id, route=here.venues_route)
    return lambda: _refresh(source, here, client)


def _refresh(source: FxSource, here: Settings, client: SecretsClient) -> FxRates:
    database = Database(database_conninfo(here, client), max_size=1)
    try:
        return refresh(source, database)
    finally:
        database.close()


def refresh(source: FxSource, database: Database) -> FxRates:
    """Fetch first, so that no transaction waits for another's answer."""
    rates = source.latest()
    with database.transaction() as connection:
        PostgresFxStore(connection).put(rates)
    return rates

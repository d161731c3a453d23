"""What the function is made of."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Final, cast

import boto3

from nightdesk.adapters.marketdata.coinmarketcap import CoinMarketCap
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.market_caps import cap_books
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.balancer.tables import VENUES
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.markets.caps import CapsSource
from nightdesk.markets.caps_mapping import dollar_prices
from nightdesk.markets.caps_refreshing import CapsRefreshed, CapsRefresher
from nightdesk.markets.ports import PriceBook
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import Settings, settings

PLACEHOLDER: Final = "not-set-yet"
"""What the secret holds until somebody puts a key there."""

_log = logging.getLogger(__name__)


def refresh() -> CapsRefreshed:
    """Do this hour's work. Everything is made anew each time: a key that was put there meanwhile must count."""
    here, client, clock = settings(), cast("SecretsClient", boto3.client("secretsmanager")), SystemClock()
    source = caps_source(here, client)
    if source is None:
        return CapsRefreshed(skipped="the secret holds no key of CoinMarketCap yet")
    database = Database(database_conninfo(here, client), max_size=1)
    try:
        return refresher(source, database, ValkeyPriceBook(valkey(here.require("valkey_url"))), clock).refresh()
    finally:
        database.close()


def caps_source(here: Settings, client: SecretsClient) -> CapsSource | None:
    """Who lists coins; None while nobody gave the desk a key."""
    key = secret_text(here.require("caps_secret"), client).strip()
    return None if key in {"", PLACEHOLDER} else CoinMarketCap(key, route=here.venues_route)


def refresher(source: CapsSource, database: Database, prices: PriceBook, clock: Clock) -> CapsRefresher:
    """Who does it, with the given parts."""
    return CapsRefresher(source, partial(cap_books, database), partial(known_prices, prices), clock)


def known_prices(book: PriceBook) -> Mapping[AssetId, Decimal]:
    """What venues trade assets at now, in dollars; nothing while that can't be asked: then fewer coins are mapped."""
    try:
        return dollar_prices(price for venue in VENUES for price in book.all(venue))
    except Unavailable as error:
        _log.warning("no prices to compare with", extra={"error_code": error.code})
        return {}

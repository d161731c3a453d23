"""Who shows how much history is stored, put together for the API."""

from __future__ import annotations

import boto3

from nightdesk.accounts.model import VENUES
from nightdesk.adapters.aws.errors import ONCE
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.postgres.candle_coverage_reads import coverage_units
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.candles.coverage_desk import CoverageDesk, MarketCheck
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NotFound
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores


def coverage_desk(here: Settings, stores: Stores) -> CoverageDesk:
    """The service behind `/candle-coverage`."""
    return CoverageDesk(
        coverage_units(stores.database),
        venues=[each.venue for each in VENUES],
        has_market=market_check(here, stores),
        clock=SystemClock(),
    )


def market_check(here: Settings, stores: Stores) -> MarketCheck:
    """Whether a venue has a market: by its last prices, or else by asking it."""
    prices = ValkeyPriceBook(stores.cache)

    def has_market(instrument: Instrument) -> bool:
        if any(price.instrument == instrument for price in prices.all(instrument.venue)):
            return True
        function = here.require("exchange_gateway_function")
        gateway = LambdaVenueGateway(boto3.client("lambda", config=ONCE), function, asker=running())
        try:
            gateway.market_rules(instrument, correlation.current() or correlation.new())
        except NotFound:
            return False
        return True

    return has_market

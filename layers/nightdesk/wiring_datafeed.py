"""What the datafeed is wired with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_urlsafe
from time import sleep
from uuid import uuid4

import boto3

from nightdesk.adapters.aws.errors import ONCE
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.market_proxy import LambdaVenueBars
from nightdesk.adapters.postgres.chart_firings import PostgresFiringReads
from nightdesk.adapters.postgres.feed_tokens import PostgresFeedTokenUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.adapters.postgres.series_catalogue import PostgresSeriesCatalogue
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.adapters.redis.proxied_bars import ValkeyBarsMemory
from nightdesk.balancer.tables import VENUES
from nightdesk.candles.proxying import MarketProxy
from nightdesk.contracts.api.datafeed_answers import DatafeedAnswers
from nightdesk.contracts.api.datafeed_happenings import Happenings
from nightdesk.contracts.api.datafeed_prices import Prices, RulesOf
from nightdesk.identity.feed_tokens import FeedTokenService
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import Clock
from nightdesk.markets.orders import MarketRules
from nightdesk.markets.ports import PriceBook
from nightdesk.orders.remembering import RulesRemembered
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores, candle_service


def datafeed_answers(settings: Settings, stores: Stores) -> DatafeedAnswers:
    """What answers charting libraries; nothing is connected yet."""
    gateway = LambdaVenueGateway(
        boto3.client("lambda", config=ONCE), settings.require("exchange_gateway_function"), asker=running()
    )
    venue, book = RulesRemembered(gateway, SystemClock()), ValkeyPriceBook(stores.cache)

    def rules_of(instrument: Instrument) -> MarketRules:
        return venue.market_rules(instrument, correlation.current() or correlation.new())

    answers = datafeed_of(stores, rules_of, SystemClock())
    if settings.market_clock == "wall":
        return answers
    return replace(answers, now=partial(_newest_price_at, book))


def datafeed_of(stores: Stores, rules_of: RulesOf, clock: Clock) -> DatafeedAnswers:
    """The same in wall time, with whoever tells markets' rules."""
    candles = candle_service(stores.database)
    return DatafeedAnswers(
        tokens=FeedTokenService(
            units=PostgresFeedTokenUnits(stores.database),
            clock=clock,
            new_id=uuid4,
            new_token=partial(token_urlsafe, 32),
        ),
        catalogue=PostgresSeriesCatalogue(stores.database),
        candles=candles,
        prices=Prices(ValkeyPriceBook(stores.cache), candles, rules_of),
        happenings=Happenings(PostgresLedgerReads(stores.database), PostgresFiringReads(stores.database)),
        now=clock.now,
    )


def market_proxy(settings: Settings, stores: Stores) -> MarketProxy:
    """Who reads bars of any venue; nothing is connected yet."""
    function = LambdaVenueBars(boto3.client("lambda", config=ONCE), settings.require("market_proxy_function"))
    return MarketProxy(venues=function, memory=ValkeyBarsMemory(stores.cache), clock=SystemClock(), sleep=sleep)


def _newest_price_at(book: PriceBook) -> datetime:
    """Where the market has a clock of its own, the newest price shows it."""
    newest = max((price.at for venue in VENUES for price in book.all(venue)), default=None)
    return newest or SystemClock().now()

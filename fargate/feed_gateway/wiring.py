"""What the service is made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from fargate.feed_gateway.candles import CandleTopic
from fargate.feed_gateway.feeds import Feeds
from fargate.feed_gateway.imports import ImportTopic
from fargate.feed_gateway.ledgers import LedgerTopic
from fargate.feed_gateway.live import LiveView
from fargate.feed_gateway.portfolios import PortfolioTopic
from fargate.feed_gateway.rules import RuleTopic
from fargate.feed_gateway.service import Gateway
from fargate.feed_gateway.statuses import StatusTopic
from fargate.feed_gateway.stored_bars import StoredBars
from fargate.feed_gateway.switchboard import PATTERNS, Switchboard
from fargate.feed_gateway.tickers import TickerTopic
from nightdesk.adapters.redis.live_wire import ValkeyLiveState, ValkeyWire
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.graphql.schema import make_schema
from nightdesk.contracts.live import WATCHED
from nightdesk.contracts.live_rules import RULES_WATCHED
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.logging import configure
from nightdesk.runtime.settings import settings
from nightdesk.wiring import Stores, answers, candle_service, identity_service, open_stores

WATCHED_FOR_S: Final = 15
FORGOTTEN_AFTER_S: Final = 60


def wire() -> Gateway:
    """The service; its stores are connected when they are used."""
    here = settings()
    configure(service="feed_gateway", version=here.service_version, level=here.log_level)
    stores = open_stores(here, connections_max=4)
    valkey = ValkeyWire(here.require("valkey_url"), PATTERNS)
    clock = SystemClock()
    feeds = make_feeds(valkey, ValkeyLiveState(here.require("valkey_url")), stores, answers(here, stores), clock)
    return Gateway(
        switchboard=Switchboard(valkey, feeds.topics()),
        feeds=feeds,
        live=LiveView(make_schema(), feeds, identity_service(here, stores), clock),
        allowed_origin=here.require("allowed_origin"),
        host=here.feed_host,
        port=here.feed_port,
        version=here.service_version,
    )


def make_feeds(valkey: ValkeyWire, state: ValkeyLiveState, stores: Stores, known: Answers, clock: Clock) -> Feeds:
    """Everything that can be followed."""
    venues = [venue.venue for venue in known.accounts.venues()]
    prices, bars = ValkeyPriceBook(stores.cache), StoredBars(candle_service(stores.database))

    def known_prices() -> Sequence[Price]:
        return [price for venue in venues for price in prices.all(VenueId(venue))]

    async def watch(name: str, ids: Sequence[str]) -> None:
        now_s = int(clock.now().timestamp())
        await state.watch(name, ids, until_s=now_s + WATCHED_FOR_S, forget_s=now_s - FORGOTTEN_AFTER_S)

    return Feeds(
        import_topic=ImportTopic(known),
        portfolio_topic=PortfolioTopic(valkey, known.portfolio_view, partial(watch, WATCHED)),
        ticker_topic=TickerTopic(known_prices),
        candle_topic=CandleTopic(valkey, bars.base_of, bars.read),
        status_topic=StatusTopic(settings().streamed_venues, state.statuses, clock),
        ledger_topic=LedgerTopic(lambda caller: [each.account_id for each in known.account_list(caller).items]),
        rule_topic=RuleTopic(valkey, partial(watch, RULES_WATCHED)),
    )

"""What every process that places orders is wired with."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import boto3

from nightdesk.adapters.aws.errors import ONCE
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.postgres.orders import PostgresOrderUnits
from nightdesk.adapters.redis.order_news import ValkeyOrderNews
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.api.order_answers import OrderAnswers
from nightdesk.execution.books import TradingBooks
from nightdesk.orders.halting import KillSwitch
from nightdesk.orders.limit_desk import LimitDesk
from nightdesk.orders.previewing import Previewer
from nightdesk.orders.remembering import RulesRemembered
from nightdesk.orders.service import OrderDesk
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """The services around orders, sharing their parts."""

    desk: OrderDesk
    previewer: Previewer
    switch: KillSwitch
    limits: LimitDesk
    books: TradingBooks


def trading(settings: Settings, stores: Stores) -> Trading:
    """Who places orders, tries them, stops them and limits them; nothing is connected yet."""
    clock, units, prices = SystemClock(), PostgresOrderUnits(stores.database), ValkeyPriceBook(stores.cache)
    gateway = LambdaVenueGateway(
        boto3.client("lambda", config=ONCE), settings.require("exchange_gateway_function"), asker=running()
    )
    venue = RulesRemembered(gateway, clock)
    desk = OrderDesk(units=units, venue=venue, prices=prices, clock=clock, news=ValkeyOrderNews(stores.cache))
    return Trading(
        desk=desk,
        previewer=Previewer(units=units, venue=venue, prices=prices, clock=clock),
        switch=KillSwitch(units=units, desk=desk, clock=clock, new_id=uuid4),
        limits=LimitDesk(units, clock),
        books=TradingBooks(units=units, venue=venue, prices=prices),
    )


def order_answers(services: Trading) -> OrderAnswers:
    """What answers callers about orders."""
    return OrderAnswers(
        desk=services.desk, previewer=services.previewer, switch=services.switch, limits=services.limits
    )

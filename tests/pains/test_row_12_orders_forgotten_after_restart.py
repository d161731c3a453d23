"""Row 12: protective orders are forgotten when a program is started again (OctoBot #3190, hummingbot #3374).

A desk dies between every two steps of placing a stop, at every venue that it trades at. The next one finds each order
there is, forgets none, and places none twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

import pytest

from nightdesk.accounts.model import AccountRef
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.ids import CorrelationId
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, OrderType, Side, VenueOrder
from nightdesk.orders.model import Order, OrderRequest, OrderScope, OrderState, order_id_of
from nightdesk.orders.ports import OrderVenue
from tests.builders.desk_accounts import CORRELATION, desk_accounts
from tests.builders.desk_orders import DeskOrders, desk_orders, own_database
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration

STEPS = ("before_intent", "after_intent", "after_claim", "after_placing", "after_answer")
QUOTES = {"binance": "USDT", "bitfinex": "USD", "coinbase": "USD", "htx": "USDT", "kraken": "USD"}
UNHURRIED = {
    "bitfinex": {"requests_permille": 1_000_000},
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
    "kraken": {"counter_max": 10_000, "public_max": 10_000, "engine_max": 10_000},
}


class Killed(BaseException):
    """The process is gone: nothing that it was about to do is done."""


@dataclass(slots=True)
class Dying:
    """The venue, for a desk that dies at a step."""

    venue: OrderVenue
    step: str

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:
        self._die_at("before_intent")
        return self.venue.market_rules(instrument, correlation_id)

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        self._die_at("after_claim")
        order = self.venue.place_order(account, ticket)
        self._die_at("after_placing")
        return order

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        return self.venue.cancel_order(account, name)

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        return self.venue.find_order(account, name)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        return self.venue.open_orders(account)

    def _die_at(self, step: str) -> None:
        if self.step == step:
            raise Killed


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        for venue, limits in UNHURRIED.items():
            paper.admin("POST", "/limits", {"venue": venue, **limits})
        yield paper


@pytest.fixture(scope="module")
def own_postgres(postgres: Postgres) -> Postgres:
    return own_database(postgres)


@pytest.fixture(params=sorted(QUOTES))
def rig(
    own_postgres: Postgres, own_paper: Paper, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[DeskOrders]:
    venue: str = request.param
    folder: Path = tmp_path_factory.mktemp("desk")
    history = {"kind": "empty", "balances": {QUOTES[venue]: "1000000", "BTC": "10"}}
    with (
        desk_accounts(own_postgres, own_paper, folder) as accounts,
        desk_orders(accounts, history, market_at(venue)) as made,
    ):
        yield made
        accounts.service().disconnect(made.tenant_id, made.account.account_id, CORRELATION)  # or sweepers ask it on


def market_at(venue: str) -> Instrument:
    return Instrument(VenueId(venue), asset_id("BTC"), asset_id(QUOTES[venue]))


def protective(rig: DeskOrders) -> OrderRequest:
    """A stop far below the market, at a price of few digits: Bitfinex takes five."""
    market = market_at(rig.account.venue)
    price = (rig.last_price(market) * Decimal("0.8")).quantize(Decimal("1E+2"), ROUND_DOWN)
    return rig.request(
        Side.SELL, "0.02", instrument=market, type=OrderType.STOP_LOSS_LIMIT, price=price, stop_price=price
    )


def die_at(rig: DeskOrders, step: str, request: OrderRequest) -> None:
    """Submit by a desk that dies at the step."""
    desk = rig.desk(Dying(rig.accounts.gateway, step))
    if step == "after_intent":

        def killed(order: Order) -> Order:
            raise Killed(order.order_id)

        desk.send = killed  # type: ignore[method-assign]
    if step == "after_answer":
        desk.submit(request)
        return
    with pytest.raises(Killed):
        desk.submit(request)


def start_again(rig: DeskOrders, later: timedelta) -> None:
    """What a desk does when it begins: the rest of what was begun, and a look at every account."""
    rig.shift(later)
    sweeper = rig.sweeper()
    sweeper.sweep()
    sweeper.adopt_all(CORRELATION)


def at_venue(rig: DeskOrders) -> set[str]:
    return {order.client_order_id for order in rig.accounts.gateway.open_orders(rig.ref)}


def in_books(rig: DeskOrders) -> set[str]:
    with rig.units(rig.tenant_id) as unit:
        return {order.client_order_id for order in unit.orders.live(rig.tenant_id, OrderScope())}


@pytest.mark.parametrize("step", STEPS)
def test_a_stop_is_neither_forgotten_nor_placed_twice(rig: DeskOrders, step: str) -> None:
    request = protective(rig)
    before = at_venue(rig)
    die_at(rig, step, request)
    start_again(rig, timedelta(seconds=7))
    start_again(rig, timedelta(seconds=200))
    assert at_venue(rig) == in_books(rig)
    there = {"before_intent": 0, "after_claim": 0}.get(step, 1)
    assert len(at_venue(rig) - before) == there
    again = rig.desk().submit(request)
    assert again.state is (OrderState.REJECTED if step == "after_claim" else OrderState.OPEN)
    assert again.order_id == order_id_of(rig.tenant_id, request.intent_key)
    assert len(at_venue(rig) - before) == (0 if step == "after_claim" else 1)
    rig.shift(timedelta())

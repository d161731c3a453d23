"""Orders: accepted, filled at once, by the tape and by each other, cancelled, refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fargate.paper_exchange.engine.errors import (
    DuplicateOrder,
    FilterFailed,
    InsufficientBalance,
    UnknownInstrument,
    UnknownOrder,
    WouldTake,
)
from fargate.paper_exchange.engine.events import BalancesChanged, Execution, OrderChanged
from fargate.paper_exchange.engine.model import OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from fargate.paper_exchange.engine.store.history import FillQuery

if TYPE_CHECKING:
    from .conftest import Desk

BUY = OrderRequest("ETH/USDT", Side.BUY, OrderType.LIMIT, Decimal(2), Decimal(90))
SELL = OrderRequest("ETH/USDT", Side.SELL, OrderType.LIMIT, Decimal(2), Decimal(110))


def test_a_limit_order_locks_rests_and_fills_when_the_price_crosses(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    order = desk.exchange.trading.submit(account.account_id, BUY).order
    assert (order.status, desk.locked(account, "USDT")) == (OrderStatus.NEW, Decimal(180))
    desk.trade("95")
    assert desk.exchange.trading.resting("ETH/USDT") == [order]
    desk.trade("89.99")
    filled = desk.exchange.store.orders.by_id(account.account_id, "ETH/USDT", order.order_id)
    assert (filled.status, filled.filled_quote) == (OrderStatus.FILLED, Decimal(180))
    assert (desk.free(account, "USDT"), desk.locked(account, "USDT")) == (Decimal(820), Decimal(0))
    assert desk.free(account, "ETH") == Decimal("1.998")


def test_an_order_fills_in_parts_by_what_trades_at_its_price(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    order = desk.exchange.trading.submit(account.account_id, BUY).order
    desk.trade("90", "0.5")
    part = desk.exchange.store.orders.by_id(account.account_id, "ETH/USDT", order.order_id)
    assert (part.status, part.filled) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.5"))
    desk.trade("90", "7")
    assert desk.exchange.trading.resting("ETH/USDT") == []
    fills = desk.exchange.store.history.fills(account.account_id, FillQuery("ETH/USDT", 10))
    assert [(fill.quantity, fill.is_maker) for fill in fills] == [(Decimal("0.5"), True), (Decimal("1.5"), True)]


def test_a_market_order_eats_through_the_book_at_worse_and_worse_prices(desk: Desk) -> None:
    account = desk.account(USDT="100000")
    request = OrderRequest("ETH/USDT", Side.BUY, OrderType.MARKET, Decimal(60))
    executed = desk.exchange.trading.submit(account.account_id, request)
    prices = [fill.price for fill in executed.fills]
    assert executed.order.status is OrderStatus.FILLED
    assert len(prices) > 1
    assert prices == sorted(set(prices))
    again = desk.exchange.trading.submit(account.account_id, replace(request, quantity=Decimal(1)))
    assert again.fills[0].price >= prices[-1]


def test_a_market_order_by_quote_spends_at_most_that(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    request = OrderRequest("ETH/USDT", Side.BUY, OrderType.MARKET, None, quote_quantity=Decimal(250))
    order = desk.exchange.trading.submit(account.account_id, request).order
    assert order.status is OrderStatus.FILLED
    assert Decimal(249) < order.filled_quote <= Decimal(250)


def test_accounts_trade_with_each_other_before_the_made_book(desk: Desk) -> None:
    maker, taker = desk.account("m", ETH="5"), desk.account("t", USDT="1000")
    inside = replace(SELL, price=Decimal("100.01"))
    desk.tapes["ETH/USDT"].add(desk.exchange.clock.now_ms(), "100.05", buyer_is_maker=False)
    desk.exchange.trading.submit(maker.account_id, replace(inside, price=Decimal("100.05")))
    request = OrderRequest("ETH/USDT", Side.BUY, OrderType.MARKET, Decimal(1))
    fill = desk.exchange.trading.submit(taker.account_id, request).fills[0]
    other = desk.exchange.store.history.fills(maker.account_id, FillQuery("ETH/USDT", 10))[0]
    assert (fill.price, fill.trade_id, fill.is_maker) == (Decimal("100.05"), other.trade_id, False)
    assert (other.side, other.is_maker) == (Side.SELL, True)


def test_immediate_orders_never_rest(desk: Desk) -> None:
    account = desk.account(USDT="100000")
    hasty = replace(BUY, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    assert desk.exchange.trading.submit(account.account_id, hasty).order.status is OrderStatus.EXPIRED
    whole = replace(BUY, price=Decimal("100.01"), quantity=Decimal(900), time_in_force=TimeInForce.FILL_OR_KILL)
    killed = desk.exchange.trading.submit(account.account_id, whole)
    assert (killed.order.status, killed.fills) == (OrderStatus.EXPIRED, ())
    assert desk.locked(account, "USDT") == 0


def test_cancelling_gives_back_what_was_locked(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = desk.exchange.trading.submit(account.account_id, SELL).order
    assert desk.exchange.trading.cancel(account.account_id, order).status is OrderStatus.CANCELLED
    assert (desk.free(account, "ETH"), desk.locked(account, "ETH")) == (Decimal(5), Decimal(0))
    with pytest.raises(UnknownOrder):
        desk.exchange.trading.cancel(account.account_id, order)


def test_nobody_cancels_another_accounts_order(desk: Desk) -> None:
    owner, other = desk.account("o", ETH="5"), desk.account("x")
    order = desk.exchange.trading.submit(owner.account_id, SELL).order
    with pytest.raises(UnknownOrder):
        desk.exchange.trading.cancel(other.account_id, order)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (replace(BUY, quantity=Decimal(1000)), InsufficientBalance),
        (replace(BUY, price=Decimal("90.001")), FilterFailed),
        (replace(BUY, quantity=Decimal("0.0001")), FilterFailed),
        (replace(BUY, quantity=Decimal("0.01")), FilterFailed),
        (replace(BUY, price=Decimal(5)), FilterFailed),
        (replace(BUY, symbol="DOGE/USDT"), UnknownInstrument),
        (replace(BUY, price=Decimal(120), type=OrderType.LIMIT_MAKER), WouldTake),
    ],
)
def test_a_refused_order_leaves_nothing_behind(desk: Desk, request_: OrderRequest, error: type[Exception]) -> None:
    account = desk.account(USDT="1000")
    with pytest.raises(error):
        desk.exchange.trading.submit(account.account_id, request_)
    assert desk.free(account, "USDT") == Decimal(1000)
    assert desk.exchange.store.orders.open_orders() == []
    assert not [event for event in desk.events if isinstance(event, OrderChanged)]


def test_a_client_order_id_is_used_once_at_a_time(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    named = replace(BUY, client_order_id="mine")
    order = desk.exchange.trading.submit(account.account_id, named).order
    with pytest.raises(DuplicateOrder):
        desk.exchange.trading.submit(account.account_id, named)
    desk.exchange.trading.cancel(account.account_id, order)
    assert desk.exchange.trading.submit(account.account_id, named).order.order_id > order.order_id


def test_events_follow_an_order_from_acceptance_to_its_balances(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    desk.exchange.trading.submit(account.account_id, OrderRequest("ETH/USDT", Side.BUY, OrderType.MARKET, Decimal(1)))
    told = [event.execution if isinstance(event, OrderChanged) else type(event) for event in desk.events]
    assert told == [Execution.NEW, Execution.TRADE, BalancesChanged]


def test_injected_equal_fills_stay_as_many_as_they_are(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    request = replace(BUY, quantity=Decimal("0.1"))
    desk.exchange.trading.inject(account.account_id, request, Decimal(100), 10)
    fills = desk.exchange.store.history.fills(account.account_id, FillQuery("ETH/USDT", 100))
    assert len({fill.trade_id for fill in fills}) == 10
    assert len({(fill.at_ms, fill.price, fill.quantity) for fill in fills}) == 1

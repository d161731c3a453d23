"""Stops: they wait for their price unseen, then are the market or limit order that they name."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fargate.paper_exchange.engine.errors import DuplicateOrder, FilterFailed, InsufficientBalance, WouldTrigger
from fargate.paper_exchange.engine.events import Execution, OrderChanged
from fargate.paper_exchange.engine.filters import STOPS_MAX
from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.engine.market.reach import trades_that_matter
from fargate.paper_exchange.engine.model import Order, OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from fargate.paper_exchange.engine.store import Store

if TYPE_CHECKING:
    from fargate.paper_exchange.engine.model import Account

    from .conftest import Desk

STOP = OrderRequest("ETH/USDT", Side.SELL, OrderType.STOP_LOSS, Decimal(2), stop_price=Decimal(90))
STOP_LIMIT = replace(STOP, type=OrderType.STOP_LOSS_LIMIT, price=Decimal(89))


def now(desk: Desk, order: Order) -> Order:
    return desk.exchange.store.orders.by_id(order.account_id, order.symbol, order.order_id)


def place(desk: Desk, account: Account, request: OrderRequest) -> Order:
    return desk.exchange.trading.submit(account.account_id, request).order


def test_a_stop_waits_unseen_and_what_it_sells_is_set_aside(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, STOP)
    assert (order.status, order.is_waiting, desk.locked(account, "ETH")) == (OrderStatus.NEW, True, Decimal(2))
    desk.trade("90.01")
    trading = desk.exchange.trading
    assert (trading.resting("ETH/USDT"), trading.waiting("ETH/USDT")) == ([], [order])
    assert all(level.price > Decimal(90) for level in desk.exchange.books.depth("ETH/USDT").asks)


def test_a_stop_becomes_a_market_order_in_the_book_that_its_trade_left(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, STOP)
    desk.trade("85")  # through the gap: the stop price is no promise
    filled = now(desk, order)
    assert filled.status is OrderStatus.FILLED
    assert filled.filled_quote / filled.filled <= Decimal(85)
    assert (desk.free(account, "ETH"), desk.locked(account, "ETH")) == (Decimal(3), Decimal(0))
    told = [event.execution for event in desk.events if isinstance(event, OrderChanged)]
    assert told[:2] == [Execution.NEW, Execution.NEW]  # accepted, then at work
    assert set(told[2:]) == {Execution.TRADE}


def test_a_stop_limit_rests_at_its_price_when_the_market_is_past_it(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, STOP_LIMIT)
    desk.trade("80")
    resting = now(desk, order)
    assert (resting.status, resting.is_waiting) == (OrderStatus.NEW, False)
    assert desk.exchange.trading.resting("ETH/USDT") == [resting]
    desk.trade("89.5", buyer_is_maker=False)
    assert now(desk, order).status is OrderStatus.FILLED
    assert now(desk, order).filled_quote == Decimal(178)


@pytest.mark.parametrize(
    ("kind", "side", "short_of_it", "reached"),
    [
        (OrderType.STOP_LOSS, Side.SELL, "90.01", "90"),
        (OrderType.STOP_LOSS, Side.BUY, "109.99", "110"),
        (OrderType.TAKE_PROFIT, Side.SELL, "109.99", "110"),
        (OrderType.TAKE_PROFIT, Side.BUY, "90.01", "90"),
    ],
)
def test_each_kind_starts_on_its_side_of_the_market(
    desk: Desk, kind: OrderType, side: Side, short_of_it: str, reached: str
) -> None:
    account = desk.account(ETH="5", USDT="1000")
    order = place(desk, account, OrderRequest("ETH/USDT", side, kind, Decimal(1), stop_price=Decimal(reached)))
    desk.trade(short_of_it)
    assert now(desk, order).is_waiting
    desk.trade(reached)
    assert now(desk, order).status is OrderStatus.FILLED
    assert (desk.locked(account, "ETH"), desk.locked(account, "USDT")) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (replace(STOP, stop_price=Decimal(100)), WouldTrigger),
        (replace(STOP, stop_price=Decimal("90.001")), FilterFailed),
        (replace(STOP, quantity=Decimal(6)), InsufficientBalance),
        (replace(STOP, side=Side.BUY, stop_price=Decimal(99)), WouldTrigger),
    ],
)
def test_a_refused_stop_leaves_nothing_behind(desk: Desk, request_: OrderRequest, error: type[Exception]) -> None:
    account = desk.account(ETH="5", USDT="1000")
    with pytest.raises(error):
        place(desk, account, request_)
    assert desk.exchange.store.orders.open_orders() == []
    assert desk.locked(account, "ETH") == 0


def test_only_so_many_wait_at_a_market(desk: Desk) -> None:
    account = desk.account(ETH="50")
    for _ in range(STOPS_MAX):
        place(desk, account, STOP)
    with pytest.raises(FilterFailed) as refused:
        place(desk, account, STOP)
    assert refused.value.rule == "stops"


def test_a_waiting_stop_is_cancelled_and_its_name_is_taken_until_then(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    named = OrderRequest(
        "ETH/USDT", Side.BUY, OrderType.STOP_LOSS, Decimal(2), client_order_id="mine", stop_price=Decimal(110)
    )
    order = place(desk, account, named)
    assert desk.locked(account, "USDT") == Decimal(220)
    with pytest.raises(DuplicateOrder):
        place(desk, account, named)
    assert desk.exchange.trading.cancel(account.account_id, order).status is OrderStatus.CANCELLED
    assert (desk.free(account, "USDT"), desk.locked(account, "USDT")) == (Decimal(1000), Decimal(0))


def test_a_stop_that_buys_more_than_can_be_paid_gets_what_can(desk: Desk) -> None:
    account = desk.account(USDT="10010")
    request = OrderRequest("ETH/USDT", Side.BUY, OrderType.STOP_LOSS, Decimal(100), stop_price=Decimal("100.1"))
    order = place(desk, account, request)
    desk.trade("140", buyer_is_maker=False)
    over = now(desk, order)
    assert over.status is OrderStatus.EXPIRED
    assert Decimal(0) < over.filled < Decimal(100)
    assert (desk.free(account, "USDT") >= 0, desk.locked(account, "USDT")) == (True, Decimal(0))


def test_a_hasty_stop_limit_never_rests(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, replace(STOP_LIMIT, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL))
    desk.trade("80")
    assert now(desk, order).status is OrderStatus.EXPIRED
    assert (desk.free(account, "ETH"), desk.locked(account, "ETH")) == (Decimal(5), Decimal(0))


def test_a_stop_sells_to_an_account_that_bids_before_the_made_book(desk: Desk) -> None:
    seller, buyer = desk.account("s", ETH="5"), desk.account("b", USDT="1000")
    order = place(desk, seller, STOP)
    bid = place(desk, buyer, OrderRequest("ETH/USDT", Side.BUY, OrderType.LIMIT, Decimal(2), Decimal(90)))
    desk.trade("90", "0.0001", buyer_is_maker=False)
    assert (now(desk, order).status, now(desk, order).filled_quote) == (OrderStatus.FILLED, Decimal(180))
    assert now(desk, bid).status is OrderStatus.FILLED


def test_a_frozen_book_holds_stops_back_until_it_thaws(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, STOP)
    desk.exchange.markets.is_frozen = lambda: True
    desk.trade("80")
    assert now(desk, order).is_waiting
    desk.exchange.markets.is_frozen = lambda: False
    desk.trade("81")
    assert now(desk, order).status is OrderStatus.FILLED


def test_a_stop_outlives_a_kill(desk: Desk) -> None:
    account = desk.account(ETH="5")
    order = place(desk, account, STOP_LIMIT)
    desk.restart()
    assert desk.exchange.trading.waiting("ETH/USDT") == [order]
    desk.trade("80")
    desk.restart()
    assert [row.order_id for row in desk.exchange.trading.resting("ETH/USDT")] == [order.order_id]


def test_an_hour_that_starts_a_stop_is_read(desk: Desk) -> None:
    account = desk.account(ETH="5", USDT="1000")
    order = place(desk, account, STOP_LIMIT)
    rising = place(desk, account, replace(STOP, side=Side.BUY, quantity=Decimal(1), stop_price=Decimal(110)))
    tape, since_ms = desk.tapes["ETH/USDT"], desk.exchange.clock.now_ms()
    for hour, price in ((2, "95"), (4, "88"), (6, "95"), (8, "111"), (10, "100")):
        tape.add(since_ms + hour * HOUR_MS, price)
    read = {str(trade.price) for trade in trades_that_matter(tape, since_ms, since_ms + 11 * HOUR_MS, [order])}
    assert read >= {"88", "95"}  # the limit price that it then rests at is reached as well
    read = {str(trade.price) for trade in trades_that_matter(tape, since_ms, since_ms + 11 * HOUR_MS, [rising])}
    assert "111" in read


def test_a_file_from_before_there_were_stops_is_taken_over(tmp_path: Path, desk: Desk) -> None:
    account = desk.account(USDT="1000")
    limit = OrderRequest("ETH/USDT", Side.BUY, OrderType.LIMIT, Decimal(2), Decimal(90))
    order = place(desk, account, limit)
    desk.exchange.close()
    with sqlite3.connect(tmp_path / "exchange.sqlite3") as old:
        for column in ("stop_price", "working_at_ms"):
            old.execute(f"ALTER TABLE orders DROP COLUMN {column}")
    old.close()
    store = Store(tmp_path / "exchange.sqlite3")
    assert store.orders.open_orders() == [replace(order, working_at_ms=order.created_at_ms)]
    store.database.close()

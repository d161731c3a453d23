"""A restart loses nothing and does nothing twice."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fargate.paper_exchange.engine.exchange import read_clock
from fargate.paper_exchange.engine.model import OrderRequest, OrderType, Side
from fargate.paper_exchange.engine.store.history import FillQuery

if TYPE_CHECKING:
    from .conftest import Desk

BUY = OrderRequest("ETH/USDT", Side.BUY, OrderType.LIMIT, Decimal(2), Decimal(90))


def test_open_orders_and_balances_survive(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    order = desk.exchange.trading.submit(account.account_id, BUY).order
    desk.restart()
    assert desk.exchange.trading.resting("ETH/USDT") == [order]
    assert desk.exchange.store.accounts.by_key(account.key) == account
    desk.trade("80")
    assert desk.free(account, "ETH") == Decimal("1.998")


def test_what_the_tape_did_while_the_exchange_was_down_fills_afterwards_once(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    desk.exchange.trading.submit(account.account_id, BUY)
    desk.trade("90", "0.5")
    desk.clock.forward(5000)
    desk.tapes["ETH/USDT"].add(desk.exchange.clock.now_ms() - 2500, "90", "0.7")
    for _ in range(3):
        desk.restart()
        desk.exchange.trading.advance()
    fills = desk.exchange.store.history.fills(account.account_id, FillQuery("ETH/USDT", 10))
    assert [fill.quantity for fill in fills] == [Decimal("0.5"), Decimal("0.7")]


def test_order_and_trade_numbers_go_on(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    market = OrderRequest("ETH/USDT", Side.BUY, OrderType.MARKET, Decimal(1))
    before = desk.exchange.trading.submit(account.account_id, market)
    desk.restart()
    after = desk.exchange.trading.submit(account.account_id, market)
    assert after.order.order_id > before.order.order_id
    assert after.fills[0].trade_id > before.fills[0].trade_id


def test_the_market_clock_is_remembered(desk: Desk) -> None:
    desk.exchange.clock.advance(3_600_000)
    desk.exchange.keep_clock()
    desk.restart()
    assert read_clock(desk.exchange.store) is not None


def test_a_long_absence_is_caught_up_hour_by_hour(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    desk.exchange.trading.submit(account.account_id, BUY)
    for price in ("99", "89", "95"):
        desk.clock.forward(5 * 3_600_000)
        desk.tapes["ETH/USDT"].add(desk.exchange.clock.now_ms() - 1000, price)
    desk.restart()
    desk.exchange.trading.advance()
    assert desk.exchange.trading.resting("ETH/USDT") == []
    assert desk.free(account, "ETH") == Decimal("1.998")

"""What each venue's words and rows say of an order: payloads as the venues' documentation gives them, 2026-11."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nightdesk.adapters.exchange import order_errors
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.venues import coinbase_orders, htx_orders
from nightdesk.adapters.exchange.venues.ordering import READABLE
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.markets.orders import OrderType, Side, TimeInForce, VenueOrderState

client_class("binance")
from ccxt.base import errors as ccxt_errors  # noqa: E402 - ours must be the first import of ccxt

ETH_USD = Instrument(VenueId("coinbase"), asset_id("ETH"), asset_id("USD"))
ETH_USDT = Instrument(VenueId("htx"), asset_id("ETH"), asset_id("USDT"))


def rejected(error: str, preview: str) -> str:
    said = (
        f'"error_response":{{"error":"{error}","message":"","error_details":"","preview_failure_reason":"{preview}"}}'
    )
    return f'coinbase {{"success":false,{said},"order_configuration":{{}}}}'


def htx(code: str, message: str = "") -> str:
    return f'htx {{"status":"error","err-code":"{code}","err-msg":"{message}","data":null}}'


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (rejected("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"), 200, "orders.insufficient_balance"),
        (rejected("UNKNOWN_FAILURE_REASON", "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE"), 200, "orders.would_trigger"),
        (rejected("INVALID_LIMIT_PRICE_POST_ONLY", ""), 200, "orders.would_take"),
        (rejected("INVALID_PRICE_PRECISION", ""), 200, "orders.filter_price_filter"),
        (rejected("INVALID_LIMIT_PRICE", ""), 200, "orders.filter_percent_price"),
        (rejected("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"), 200, "orders.filter_lot_size"),
        (rejected("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"), 200, "orders.filter_notional"),
        (rejected("ORDER_ENTRY_DISABLED", ""), 200, "orders.market_closed"),
        (rejected("INVALID_PRODUCT_ID", ""), 200, "orders.market_unknown"),
        (rejected("COMMANDER_REJECTED_NEW_ORDER", "UNKNOWN_PREVIEW_FAILURE_REASON"), 200, "orders.venue_refused"),
        (rejected("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_LEVERAGE"), 200, "orders.venue_refused"),
        (rejected("UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON"), 200, "orders.outcome_unknown"),
        ('coinbase {"error":"PERMISSION_DENIED","message":"Missing required scopes"}', 403, "orders.key_may_not_trade"),
        ('coinbase {"errors":[{"id":"rate_limit_exceeded"}]}', 400, "venue.rate_limited"),
        ("coinbase Bad Gateway INSUFFICIENT_FUND", 502, "orders.outcome_unknown"),
    ],
)
def test_coinbase_says_no(said: str, status: int, code: str) -> None:
    assert translated(said, status, coinbase_orders.WORDING) == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (htx("account-frozen-balance-insufficient-error", "left: `0.0027`"), "orders.insufficient_balance"),
        (htx("order-orderprice-precision-error", "scale: `4`"), "orders.filter_price_filter"),
        (htx("order-limitorder-price-buy-max-error"), "orders.filter_percent_price"),
        (htx("order-limitorder-amount-min-error", "min: `0.001`"), "orders.filter_lot_size"),
        (htx("order-orderamount-precision-error"), "orders.filter_lot_size"),
        (htx("order-value-min-error"), "orders.filter_notional"),
        (htx("order-stop-order-hit-trigger"), "orders.would_trigger"),
        (htx("base-symbol-trade-disabled"), "orders.market_closed"),
        (htx("base-symbol-error"), "orders.market_unknown"),
        (htx("base-request-exceed-frequency-limit"), "venue.rate_limited"),
        (htx("api-signature-not-valid", "API key has no permission"), "orders.key_may_not_trade"),
        (htx("api-signature-not-valid", "Invalid timestamp"), "venue.clock_skew"),
        (htx("order-orderstate-error"), "venue.order_unknown"),
        (htx("order-holding-limit-failed"), "orders.venue_refused"),
        (htx("order-client-order-id-repeat"), "orders.outcome_unknown"),
        (htx("gateway-internal-error", "Failed to load data. Try again later."), "orders.outcome_unknown"),
        (htx("timeout", "Request Timeout"), "orders.outcome_unknown"),
    ],
)
def test_htx_says_no_with_the_status_of_a_success(said: str, code: str) -> None:
    assert translated(said, 200, htx_orders.WORDING) == code


def translated(said: str, status: int, wording: order_errors.Wording) -> str:
    error = order_errors.translate(ccxt_errors.ExchangeError(said), {}, frozenset(), status=status, wording=wording)
    return error.code


COINBASE: dict[str, Any] = {
    "order_id": "0000-000000-000000",
    "product_id": "ETH-USD",
    "order_configuration": {
        "limit_limit_gtc": {"base_size": "0.001", "limit_price": "10000.00", "post_only": False},
    },
    "side": "SELL",
    "client_order_id": "11111-000000-000000",
    "status": "OPEN",
    "time_in_force": "GOOD_UNTIL_CANCELLED",
    "created_time": "2021-05-31T09:59:59.000Z",
    "filled_size": "0.0004",
    "average_filled_price": "10000.00",
    "filled_value": "4",
}


def test_an_order_of_coinbase() -> None:
    order = coinbase_orders.order(COINBASE, ETH_USD)
    assert (order.state, order.side, order.type) == (VenueOrderState.PARTIALLY_FILLED, Side.SELL, OrderType.LIMIT)
    assert (order.quantity, order.filled, order.price) == (Decimal("0.001"), Decimal("0.0004"), Decimal(10000))
    market = COINBASE | {"order_configuration": {"market_market_ioc": {"quote_size": "4"}}, "status": "FILLED"}
    bought = coinbase_orders.order(market, ETH_USD)
    assert (bought.type, bought.quantity, bought.state) == (OrderType.MARKET, Decimal("0.0004"), VenueOrderState.FILLED)
    for strange in ({"order_configuration": {"twap": "yes"}}, {"filled_size": 0.5}, {"status": "NEVER_SEEN"}):
        with pytest.raises(READABLE):
            coinbase_orders.order(COINBASE | strange, ETH_USD)


HTX: dict[str, Any] = {
    "id": 357632718898331,
    "symbol": "ethusdt",
    "account-id": 13496526,
    "client-order-id": "23456",
    "amount": "5.000000000000000000",
    "price": "1662.000000000000000001",
    "created-at": 1630649406687,
    "type": "buy-limit-maker",
    "filled-amount": "1.5",
    "filled-cash-amount": "2493",
    "filled-fees": "0.0",
    "source": "spot-api",
    "state": "partial-filled",
}


def test_an_order_of_htx() -> None:
    order = htx_orders.order(HTX, ETH_USDT)
    assert (order.type, order.price) == (OrderType.LIMIT_MAKER, Decimal("1662.000000000000000001"))
    assert (order.venue_order_id, order.client_order_id) == ("357632718898331", "23456")
    assert (order.filled, order.filled_quote, order.quantity) == (Decimal("1.5"), Decimal(2493), Decimal(5))
    spent = htx_orders.order(HTX | {"type": "buy-market", "amount": "2493", "price": "0", "state": "filled"}, ETH_USDT)
    assert (spent.quantity, spent.price, spent.type) == (Decimal("1.5"), None, OrderType.MARKET)
    stop = HTX | {"type": "sell-stop-limit", "stop-price": "1700", "operator": "gte", "state": "created"}
    assert htx_orders.order(stop, ETH_USDT).type is OrderType.TAKE_PROFIT_LIMIT
    fok = htx_orders.order(HTX | {"type": "sell-limit-fok", "state": "partial-canceled"}, ETH_USDT)
    assert (fok.time_in_force, fok.state) == (TimeInForce.FILL_OR_KILL, VenueOrderState.CANCELLED)

"""Orders at Coinbase, by Advanced Trade: every digit as it is sent and told.

Coinbase answers 200 also where it refuses, names a new order and tells nothing else of it, and can't be asked for a
client order id: its orders are listed, newest first, until the one that is meant is found.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders (create-order, cancel-orders,
get-order, list-orders), 2026-11.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.exchange import errors, order_errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.order_errors import Wording
from nightdesk.adapters.exchange.venues.ordering import Market, positive
from nightdesk.adapters.exchange.venues.reading import Row, exact, object_of, rows_of
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.instants import parse_instant
from nightdesk.kernel.money import ZERO, format_amount, parse_amount
from nightdesk.markets.orders import (
    MarketRules,
    OrderName,
    OrderTicket,
    OrderType,
    Side,
    TimeInForce,
    VenueOrder,
    VenueOrderState,
)
from nightdesk.orders.errors import key_may_not_trade, outcome_unknown

VENUE: Final = VenueId("coinbase")
LISTED_ROWS: Final = 1_000
LISTED_PAGES_MAX: Final = 50

WORDING: Final = Wording(
    words=(
        (r"INSUFFICIENT_FUND", order_errors.insufficient_balance),
        (r"POST_ONLY", order_errors.would_take),
        (r"STOP_PRICE_(ABOVE|BELOW)_LAST_TRADE_PRICE", order_errors.would_trigger),
        (r"INVALID_(STOP_|LIMIT_)?PRICE_PRECISION", order_errors.price_step),
        (r"INVALID_(STOP_|LIMIT_)?PRICE|PRICE_OUT_OF_BOUNDS", order_errors.price_band),
        (r"QUOTE_SIZE_TOO_SMALL|INVALID_ORDER_SIZE", order_errors.too_little),
        (r"SIZE_PRECISION|SIZE_TOO_(SMALL|LARGE)", order_errors.size_step),
        (r"INVALID_PRODUCT_ID|product_id is required", order_errors.no_such_market),
        (r"ORDER_ENTRY_DISABLED|IN_AUCTION_MODE|PRODUCT_DISABLED|TRADING_DISABLED", order_errors.market_closed),
        (r"PERMISSION_DENIED|Missing required scopes|Unauthorized", key_may_not_trade),
        (r"orderID was not found|UNKNOWN_CANCEL_ORDER", order_errors.order_unknown),
        (r"rate_limit_exceeded|RESOURCE_EXHAUSTED", order_errors.limited),
        (r'"(preview_failure_reason": *"PREVIEW_|error": *"(?!UNKNOWN)[A-Z_]+)', order_errors.refused),
        (r'"error_response"', outcome_unknown),
    ),
    speaks={HTTPStatus.OK, *range(400, 500)},
)
"""A failure without a reason may have come after the order was kept; one with a reason came before."""

TIMES: Final = {
    "GOOD_UNTIL_CANCELLED": TimeInForce.GOOD_TILL_CANCELLED,
    "GOOD_UNTIL_DATE_TIME": TimeInForce.GOOD_TILL_CANCELLED,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FILL_OR_KILL": TimeInForce.FILL_OR_KILL,
}
_LIMITS: Final = {
    TimeInForce.GOOD_TILL_CANCELLED: "limit_limit_gtc",
    TimeInForce.IMMEDIATE_OR_CANCEL: "sor_limit_ioc",
    TimeInForce.FILL_OR_KILL: "limit_limit_fok",
}
STATES: Final = {
    "FILLED": VenueOrderState.FILLED,
    "CANCELLED": VenueOrderState.CANCELLED,
    "EXPIRED": VenueOrderState.EXPIRED,
    "FAILED": VenueOrderState.REJECTED,
    **dict.fromkeys(("PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"), VenueOrderState.OPEN),
}
_DOWN, _UP = "STOP_DIRECTION_STOP_DOWN", "STOP_DIRECTION_STOP_UP"
_LOSS_SIDES: Final = {_DOWN: Side.SELL, _UP: Side.BUY}
"""Which side ends a position at a loss when the price goes there."""

_TYPES: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)


def rules(instrument: Instrument, market: Market) -> MarketRules:
    """What a product demands."""
    info = market["info"]
    closed = ("is_disabled", "trading_disabled", "cancel_only", "view_only", "auction_mode", "post_only")
    only = {OrderType.LIMIT, OrderType.LIMIT_MAKER} if info.get("limit_only") else _TYPES
    return MarketRules(
        instrument=instrument,
        tick=exact(info.get("price_increment") or info["quote_increment"]),
        lot=exact(info["base_increment"]),
        quantity_min=exact(info["base_min_size"]),
        quantity_max=positive(info.get("base_max_size")),
        notional_min=positive(info.get("quote_min_size")) or ZERO,
        types=frozenset(only),
        maker_ratio=parse_amount(str(market["maker"])),
        taker_ratio=parse_amount(str(market["taker"])),
        is_open=not any(info.get(flag) is True for flag in closed),
    )


async def place(client: VenueClient, ticket: OrderTicket, market: Market) -> object:
    """Send the order; Coinbase answers with its id."""
    ask = {
        "client_order_id": ticket.client_order_id,
        "product_id": str(market["id"]),
        "side": ticket.side.value.upper(),
        "order_configuration": _configuration(ticket),
    }
    said = await _send(client, "v3_private_post_brokerage_orders", ask)
    made = said.get("success_response") if isinstance(said, dict) else None
    name = made.get("order_id") if isinstance(made, dict) else None
    if not isinstance(name, str) or not name:
        raise outcome_unknown()
    return name


def _configuration(ticket: OrderTicket) -> dict[str, dict[str, Any]]:
    size = {"base_size": format_amount(ticket.quantity)}
    if ticket.price is None:
        return {"market_market_ioc": size}
    limit = {**size, "limit_price": format_amount(ticket.price)}
    if ticket.stop_price is not None:
        stop = {"stop_price": format_amount(ticket.stop_price), "stop_direction": _direction(ticket)}
        return {"stop_limit_stop_limit_gtc": {**limit, **stop}}
    if ticket.type is OrderType.LIMIT_MAKER:
        return {"limit_limit_gtc": {**limit, "post_only": True}}
    return {_LIMITS[ticket.time_in_force]: limit}


def _direction(ticket: OrderTicket) -> str:
    falls = (ticket.type is OrderType.STOP_LOSS_LIMIT) == (ticket.side is Side.SELL)
    return _DOWN if falls else _UP


async def cancel(client: VenueClient, name: OrderName, market: Market) -> None:
    """Cancel the order; Coinbase says no more than whether it will."""
    number = name.venue_order_id
    if number is None:
        found = await find(client, name, market)
        if found is None:
            raise order_errors.order_unknown()
        number = str(object_of(found).get("order_id"))
    await _send(client, "v3_private_post_brokerage_orders_batch_cancel", {"order_ids": [number]})


async def find(client: VenueClient, name: OrderName, market: Market) -> object:
    """The order's row."""
    if name.venue_order_id is not None:
        method = "v3_private_get_brokerage_orders_historical_order_id"
        ask = {"order_id": name.venue_order_id}
        said = await client.look_up(method, ask, weight=0, account_weight=1, wording=WORDING)
        return None if said is None else object_of(said).get("order")
    async for row in _listed(client, {"product_ids": str(market["id"])}):
        if row.get("client_order_id") == name.client_order_id:
            return row
    return None


async def opened(client: VenueClient) -> Iterable[Row]:
    """The rows of every open order."""
    return [row async for row in _listed(client, {"order_status": "OPEN", "product_type": "SPOT"})]


def market_id(row: Row) -> object:
    """The venue's name of a row's market."""
    return row.get("product_id")


def order(row: Row, instrument: Instrument) -> VenueOrder:
    """The order of a row."""
    configured = _configured(row)
    filled = exact(row["filled_size"])
    price, stop_price = positive(configured.get("limit_price")), positive(configured.get("stop_price"))
    state, side = STATES[row["status"]], Side(str(row["side"]).lower())
    return VenueOrder(
        client_order_id=str(row["client_order_id"]),
        venue_order_id=str(row["order_id"]),
        instrument=instrument,
        side=side,
        type=_type(configured, side),
        state=VenueOrderState.PARTIALLY_FILLED if filled and state is VenueOrderState.OPEN else state,
        # One for an amount of the quote is for what it came to.
        quantity=positive(configured.get("base_size")) or filled,
        filled=filled,
        filled_quote=exact(row["filled_value"]),
        price=price,
        stop_price=stop_price,
        time_in_force=TIMES.get(str(row.get("time_in_force")), TimeInForce.GOOD_TILL_CANCELLED),
        created_at=parse_instant(row["created_time"]),
    )


def _configured(row: Row) -> Mapping[str, Any]:
    """What was ordered: the one configuration there is."""
    (configured,) = row["order_configuration"].values()
    if not isinstance(configured, Mapping):
        raise TypeError("a configuration must be an object")
    return configured


def _type(configured: Mapping[str, Any], side: Side) -> OrderType:
    if configured.get("stop_price"):
        loss = _LOSS_SIDES.get(str(configured.get("stop_direction")), side) is side
        return OrderType.STOP_LOSS_LIMIT if loss else OrderType.TAKE_PROFIT_LIMIT
    if not configured.get("limit_price"):
        return OrderType.MARKET
    return OrderType.LIMIT_MAKER if configured.get("post_only") is True else OrderType.LIMIT


async def _listed(client: VenueClient, wanted: Mapping[str, str]) -> AsyncIterator[Row]:
    """Orders, newest first, page by page.

    Raises:
        Unavailable: `venue.answer_malformed`: there is no end to the pages, and what was not seen may be there.
    """
    ask = {**wanted, "limit": str(LISTED_ROWS)}
    for _ in range(LISTED_PAGES_MAX):
        method = "v3_private_get_brokerage_orders_historical_batch"
        said = object_of(await client.call(method, ask, weight=0, account_weight=1))
        for row in rows_of(said.get("orders")):
            yield row
        if not said.get("has_next"):
            return
        ask["cursor"] = str(said.get("cursor"))
    raise errors.malformed()


async def _send(client: VenueClient, method: str, ask: Mapping[str, Any]) -> Any:
    return await client.order(method, ask, weight=0, account_weight=1, wording=WORDING)

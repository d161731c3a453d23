"""Orders at Binance spot, through ccxt's direct methods: every digit as it is sent and told.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints, …/filters, …/enums and
…/user-data-stream (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues.ordering import READABLE, Market, positive
from nightdesk.adapters.exchange.venues.reading import Row, exact, rows_of
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.instants import from_ms
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

VENUE: Final = VenueId("binance")

_TYPES: Final = {kind.value.upper(): kind for kind in OrderType}
_TIMES: Final = {
    "GTC": TimeInForce.GOOD_TILL_CANCELLED,
    "IOC": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FOK": TimeInForce.FILL_OR_KILL,
}
_CODES_OF_TIMES: Final = {time: code for code, time in _TIMES.items()}
_STATES: Final = {
    "NEW": VenueOrderState.OPEN,
    "PENDING_NEW": VenueOrderState.OPEN,
    "PARTIALLY_FILLED": VenueOrderState.PARTIALLY_FILLED,
    "FILLED": VenueOrderState.FILLED,
    "PENDING_CANCEL": VenueOrderState.OPEN,
    "CANCELED": VenueOrderState.CANCELLED,
    "EXPIRED": VenueOrderState.EXPIRED,
    "EXPIRED_IN_MATCH": VenueOrderState.EXPIRED,
    "REJECTED": VenueOrderState.REJECTED,
}


def rules(instrument: Instrument, market: Market) -> MarketRules:
    """What a market demands, by its filters."""
    info = market["info"]
    filters = {row["filterType"]: row for row in info["filters"]}
    lot, market_lot = filters["LOT_SIZE"], filters.get("MARKET_LOT_SIZE", {})
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    return MarketRules(
        instrument=instrument,
        tick=exact(filters["PRICE_FILTER"]["tickSize"]),
        lot=exact(lot["stepSize"]),
        quantity_min=exact(lot["minQty"]),
        quantity_max=positive(lot.get("maxQty")),
        market_lot=positive(market_lot.get("stepSize")),
        market_quantity_max=positive(market_lot.get("maxQty")),
        notional_min=positive(notional.get("minNotional")) or ZERO,
        types=frozenset(_TYPES[name] for name in info["orderTypes"] if name in _TYPES),
        maker_ratio=parse_amount(str(market["maker"])),
        taker_ratio=parse_amount(str(market["taker"])),
        is_open=info.get("status") == "TRADING",
    )


async def place(client: VenueClient, ticket: OrderTicket, market: Market) -> object:
    """Send the order; Binance answers with what became of it."""
    ask: dict[str, str | int] = {
        "symbol": str(market["id"]),
        "side": ticket.side.value.upper(),
        "type": ticket.type.value.upper(),
        "quantity": format_amount(ticket.quantity),
        "newClientOrderId": ticket.client_order_id,
        "newOrderRespType": "RESULT",
    }
    if ticket.price is not None:
        ask["price"] = format_amount(ticket.price)
    if ticket.stop_price is not None:
        ask["stopPrice"] = format_amount(ticket.stop_price)
    if ticket.type.has_time_in_force:
        ask["timeInForce"] = _CODES_OF_TIMES[ticket.time_in_force]
    return await client.order("private_post_order", ask)


async def cancel(client: VenueClient, name: OrderName, market: Market) -> object:
    """Cancel the order; Binance tells it under a client order id of the cancellation's own."""
    said = await client.order("private_delete_order", _name(name, market))
    return {**said, "clientOrderId": said.get("origClientOrderId")} if isinstance(said, dict) else said


async def find(client: VenueClient, name: OrderName, market: Market) -> object:
    """The order's row."""
    return await client.look_up("private_get_order", _name(name, market), weight=4)


async def opened(client: VenueClient) -> Iterable[Row]:
    """The rows of every open order."""
    return rows_of(await client.call("private_get_openorders", {}, weight=80))


def market_id(row: Row) -> object:
    """The venue's name of a row's market."""
    return row.get("symbol")


def streamed(event: Row, instrument: Instrument) -> VenueOrder | None:
    """The order that an `executionReport` tells of; None if it can't be read."""
    row = {
        "clientOrderId": event.get("C") or event.get("c"),
        "orderId": event.get("i"),
        "side": event.get("S"),
        "type": event.get("o"),
        "status": event.get("X"),
        "timeInForce": event.get("f"),
        "origQty": event.get("q"),
        "executedQty": event.get("z"),
        "cummulativeQuoteQty": event.get("Z"),
        "price": event.get("p"),
        "stopPrice": event.get("P"),
        "time": event.get("O"),
    }
    try:
        return order(row, instrument)
    except READABLE:
        return None


def order(row: Row, instrument: Instrument) -> VenueOrder:
    """The order of a row."""
    created_ms = row.get("time") or row.get("transactTime")
    return VenueOrder(
        client_order_id=str(row["clientOrderId"]),
        venue_order_id=str(row["orderId"]),
        instrument=instrument,
        side=Side(str(row["side"]).lower()),
        type=_TYPES[str(row["type"])],
        state=_STATES[str(row["status"])],
        quantity=exact(row["origQty"]),
        filled=exact(row["executedQty"]),
        # Negative where the venue no longer knows it.
        filled_quote=max(exact(row["cummulativeQuoteQty"]), ZERO),
        price=positive(row.get("price")),
        stop_price=positive(row.get("stopPrice")),
        time_in_force=_TIMES.get(str(row.get("timeInForce")), TimeInForce.GOOD_TILL_CANCELLED),
        created_at=None if created_ms is None else from_ms(int(created_ms)),
    )


def _name(name: OrderName, market: Market) -> dict[str, str | int]:
    named = {"symbol": str(market["id"])}
    if name.venue_order_id is not None:
        return {**named, "orderId": name.venue_order_id}
    return {**named, "origClientOrderId": name.client_order_id}

"""What the exchange gateway is asked about orders, what it answers, and the domain's words for both.

Quantities and prices are decimal texts; nothing here names a credential.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount, parse_amount
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

_CLIENT_ORDER_ID = r"^[A-Za-z0-9_-]{1,36}$"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _OrderRequest(_Shape):
    tenant_id: UUID
    account_id: UUID
    venue: str = Field(max_length=40)
    correlation_id: str = Field(max_length=64)
    asker: str = Field(default="service", max_length=40)


class MarketRulesRequest(_Shape):
    """What does the market demand of orders? Needs no account."""

    operation: Literal["market_rules"] = "market_rules"
    venue: str = Field(max_length=40)
    symbol: str = Field(max_length=90)
    correlation_id: str = Field(max_length=64)


class PlaceOrderRequest(_OrderRequest):
    """Send an order, once."""

    operation: Literal["place_order"] = "place_order"
    client_order_id: str = Field(pattern=_CLIENT_ORDER_ID)
    symbol: str = Field(max_length=90)
    side: Side
    type: OrderType
    quantity: str = Field(max_length=40)
    price: str | None = Field(default=None, max_length=40)
    stop_price: str | None = Field(default=None, max_length=40)
    time_in_force: TimeInForce
    send_before: datetime


class _NamedRequest(_OrderRequest):
    symbol: str = Field(max_length=90)
    client_order_id: str = Field(max_length=64)
    venue_order_id: str | None = Field(default=None, max_length=80)


class CancelOrderRequest(_NamedRequest):
    """Cancel an order, or say what had become of it."""

    operation: Literal["cancel_order"] = "cancel_order"


class FindOrderRequest(_NamedRequest):
    """What has become of an order?"""

    operation: Literal["find_order"] = "find_order"


class OpenOrdersRequest(_OrderRequest):
    """Which orders are open?"""

    operation: Literal["open_orders"] = "open_orders"


class VenueOrderShape(_Shape):
    """An order as the venue tells it."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    type: OrderType
    state: VenueOrderState
    quantity: str
    filled: str
    filled_quote: str
    price: str | None
    stop_price: str | None
    time_in_force: TimeInForce
    created_at: datetime | None


class MarketRulesShape(_Shape):
    """A market's rules."""

    symbol: str
    tick: str
    lot: str
    price_digits: int | None = None
    quantity_min: str
    quantity_max: str | None
    market_lot: str | None
    market_quantity_max: str | None
    notional_min: str
    types: tuple[OrderType, ...]
    maker_ratio: str
    taker_ratio: str
    is_open: bool


ORDER_OPERATIONS = ("market_rules", "place_order", "cancel_order", "find_order", "open_orders")
VENUE_ORDER: TypeAdapter[VenueOrderShape] = TypeAdapter(VenueOrderShape)
FOUND_ORDER: TypeAdapter[VenueOrderShape | None] = TypeAdapter(VenueOrderShape | None)
VENUE_ORDERS: TypeAdapter[tuple[VenueOrderShape, ...]] = TypeAdapter(tuple[VenueOrderShape, ...])
MARKET_RULES: TypeAdapter[MarketRulesShape] = TypeAdapter(MarketRulesShape)


def instrument_of(venue: str, symbol: str) -> Instrument:
    """The market that a request names."""
    return parse_instrument(f"{venue}:{symbol}")


def ticket_request(ticket: OrderTicket) -> dict[str, Any]:
    """A ticket as the fields of a request."""
    return {
        "client_order_id": ticket.client_order_id,
        "symbol": ticket.instrument.symbol,
        "side": ticket.side.value,
        "type": ticket.type.value,
        "quantity": format_amount(ticket.quantity),
        "price": _text(ticket.price),
        "stop_price": _text(ticket.stop_price),
        "time_in_force": ticket.time_in_force.value,
        "send_before": format_instant(ticket.send_before),
    }


def ticket_of(request: PlaceOrderRequest) -> OrderTicket:
    """The ticket that a request holds."""
    return OrderTicket(
        client_order_id=request.client_order_id,
        instrument=instrument_of(request.venue, request.symbol),
        side=request.side,
        type=request.type,
        quantity=parse_amount(request.quantity),
        price=_amount(request.price),
        stop_price=_amount(request.stop_price),
        time_in_force=request.time_in_force,
        send_before=request.send_before,
    )


def name_request(name: OrderName) -> dict[str, Any]:
    """What names an order, as the fields of a request."""
    return {
        "symbol": name.instrument.symbol,
        "client_order_id": name.client_order_id,
        "venue_order_id": name.venue_order_id,
    }


def name_of(request: CancelOrderRequest | FindOrderRequest) -> OrderName:
    """The order that a request names."""
    return OrderName(
        instrument=instrument_of(request.venue, request.symbol),
        client_order_id=request.client_order_id,
        venue_order_id=request.venue_order_id,
    )


def order_result(order: VenueOrder) -> dict[str, Any]:
    """An order as JSON."""
    return {
        "client_order_id": order.client_order_id,
        "venue_order_id": order.venue_order_id,
        "symbol": order.instrument.symbol,
        "side": order.side.value,
        "type": order.type.value,
        "state": order.state.value,
        "quantity": format_amount(order.quantity),
        "filled": format_amount(order.filled),
        "filled_quote": format_amount(order.filled_quote),
        "price": _text(order.price),
        "stop_price": _text(order.stop_price),
        "time_in_force": order.time_in_force.value,
        "created_at": None if order.created_at is None else format_instant(order.created_at),
    }


def orders_result(orders: Iterable[VenueOrder]) -> list[dict[str, Any]]:
    """Orders as JSON."""
    return [order_result(order) for order in orders]


def order_of(venue: VenueId, shape: VenueOrderShape) -> VenueOrder:
    """The order that a shape is."""
    return VenueOrder(
        client_order_id=shape.client_order_id,
        venue_order_id=shape.venue_order_id,
        instrument=instrument_of(venue, shape.symbol),
        side=shape.side,
        type=shape.type,
        state=shape.state,
        quantity=parse_amount(shape.quantity),
        filled=parse_amount(shape.filled),
        filled_quote=parse_amount(shape.filled_quote),
        price=_amount(shape.price),
        stop_price=_amount(shape.stop_price),
        time_in_force=shape.time_in_force,
        created_at=shape.created_at,
    )


def rules_result(rules: MarketRules) -> dict[str, Any]:
    """A market's rules as JSON."""
    return {
        "symbol": rules.instrument.symbol,
        "tick": format_amount(rules.tick),
        "lot": format_amount(rules.lot),
        "price_digits": rules.price_digits,
        "quantity_min": format_amount(rules.quantity_min),
        "quantity_max": _text(rules.quantity_max),
        "market_lot": _text(rules.market_lot),
        "market_quantity_max": _text(rules.market_quantity_max),
        "notional_min": format_amount(rules.notional_min),
        "types": sorted(kind.value for kind in rules.types),
        "maker_ratio": format_amount(rules.maker_ratio),
        "taker_ratio": format_amount(rules.taker_ratio),
        "is_open": rules.is_open,
    }


def rules_of(venue: VenueId, shape: MarketRulesShape) -> MarketRules:
    """A market's rules."""
    return MarketRules(
        instrument=instrument_of(venue, shape.symbol),
        tick=parse_amount(shape.tick),
        lot=parse_amount(shape.lot),
        price_digits=shape.price_digits,
        quantity_min=parse_amount(shape.quantity_min),
        quantity_max=_amount(shape.quantity_max),
        market_lot=_amount(shape.market_lot),
        market_quantity_max=_amount(shape.market_quantity_max),
        notional_min=parse_amount(shape.notional_min),
        types=frozenset(shape.types),
        maker_ratio=parse_amount(shape.maker_ratio),
        taker_ratio=parse_amount(shape.taker_ratio),
        is_open=shape.is_open,
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else parse_amount(text)

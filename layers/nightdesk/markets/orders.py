"""What a venue is asked for and what it tells of an order; a market's rules for orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.money import ZERO, divide, subtract


class Side(StrEnum):
    """Which way, seen from the account."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """How an order meets the book; stops wait for their stop price and then are a market or a limit order."""

    MARKET = "market"
    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    STOP_LOSS = "stop_loss"
    STOP_LOSS_LIMIT = "stop_loss_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"

    @property
    def has_price(self) -> bool:
        """Whether it names a limit price."""
        return self not in {OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}

    @property
    def has_stop_price(self) -> bool:
        """Whether it waits for a stop price."""
        return self not in {OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT_MAKER}

    @property
    def has_time_in_force(self) -> bool:
        """Whether it may say how long it lives."""
        return self.has_price and self is not OrderType.LIMIT_MAKER


class TimeInForce(StrEnum):
    """How long an order lives."""

    GOOD_TILL_CANCELLED = "good_till_cancelled"
    IMMEDIATE_OR_CANCEL = "immediate_or_cancel"
    FILL_OR_KILL = "fill_or_kill"


class VenueOrderState(StrEnum):
    """Where an order is in its life, as a venue tells it."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can become of it."""
        return self not in {VenueOrderState.OPEN, VenueOrderState.PARTIALLY_FILLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTicket:
    """An order as it is sent to a venue: everything rounded to the market's rules.

    Attributes:
        client_order_id: Minted and stored by us before it is sent; 1 to 36 letters, digits, `-`, `_`.
        quantity: In base.
        price: Limit price, in quote per base; of types that have one.
        stop_price: Likewise.
        send_before: The gateway refuses to send it from this instant on.
    """

    client_order_id: str
    instrument: Instrument
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    send_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderName:
    """What names an order at a venue; `venue_order_id` wins where both are known."""

    instrument: Instrument
    client_order_id: str
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order as a venue tells it.

    Attributes:
        client_order_id: The one it was placed with, also after a cancellation.
        filled: Of the quantity, in base.
        filled_quote: What that cost or brought, in quote, before fees.
    """

    client_order_id: str
    venue_order_id: str
    instrument: Instrument
    side: Side
    type: OrderType
    state: VenueOrderState
    quantity: Decimal
    filled: Decimal
    filled_quote: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    created_at: datetime | None = None

    @property
    def average_price(self) -> Decimal | None:
        """Quote per base of what was filled."""
        return divide(self.filled_quote, self.filled) if self.filled else None

    @property
    def remaining(self) -> Decimal:
        """What was not filled."""
        return subtract(self.quantity, self.filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRules:
    """What a venue's market demands of orders.

    Attributes:
        tick: Smallest step of a price.
        price_digits: How many significant digits a price may have, where the venue counts them.
        lot: Smallest step of a quantity; `market_lot` of market orders where that is another.
        quantity_max: None where the venue states none.
        notional_min: Smallest price times quantity, in quote; zero where there is none.
        types: Those the market takes.
        maker_ratio: Fee as part of what is received, by the venue's published tier; an account may have another.
    """

    instrument: Instrument
    tick: Decimal
    lot: Decimal
    price_digits: int | None = None
    quantity_min: Decimal = ZERO
    quantity_max: Decimal | None = None
    market_lot: Decimal | None = None
    market_quantity_max: Decimal | None = None
    notional_min: Decimal = ZERO
    types: frozenset[OrderType] = frozenset(OrderType)
    maker_ratio: Decimal = ZERO
    taker_ratio: Decimal = ZERO
    is_open: bool = True

"""Orders, their preview and limits, and the kill switch."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.markets.orders import OrderType, Side, TimeInForce
from nightdesk.orders.model import HaltScope, OrderState

AmountText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?$")]
"""An exact number of zero or more as plain decimal text."""

SeriesText = Annotated[str, StringConstraints(min_length=5, max_length=100)]
ReasonText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class PlaceOrder(RequestShape):
    """An order to be placed.

    Attributes:
        instrument: `BINANCE:BTC/USDT`.
        quantity: In base; rounded down to the market's lot.
        price: Limit price, of types that have one; so `stop_price`.
        reduce_only: Only ever sells what the account holds and is not selling already.
        under_halt: Let it pass a halt that allows reducing.
    """

    account_id: UUID
    instrument: SeriesText
    side: Side
    type: OrderType
    quantity: AmountText
    price: AmountText | None = None
    stop_price: AmountText | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    reduce_only: bool = False
    under_halt: bool = False


class CancelOrders(RequestShape):
    """Which orders to cancel; everything left out is every open order."""

    account_id: UUID | None = None
    instrument: SeriesText | None = None


class OrderStepShape(Shape):
    """One change of an order."""

    at: InstantText
    state: str
    filled: DecimalText
    code: str | None
    source: str


class OrderShape(Shape):
    """An order and what became of it.

    Attributes:
        wanted: What was asked for; `residue` of it was not sent.
        quantity: What was sent, in base.
        filled_quote: What the filled part cost or brought, in quote, before fees.
        adopted: Placed elsewhere and found at the venue.
        cancelling: Somebody wants it cancelled, and the venue has not said so yet.
    """

    order_id: UUID
    account_id: UUID
    client_order_id: str
    venue_order_id: str | None
    instrument: str
    side: Side
    type: OrderType
    wanted: DecimalText
    quantity: DecimalText
    residue: DecimalText
    price: DecimalText | None
    stop_price: DecimalText | None
    time_in_force: TimeInForce
    reduce_only: bool
    adopted: bool
    state: OrderState
    cancelling: bool
    code: str | None
    message: str | None
    filled: DecimalText
    filled_quote: DecimalText
    average_price: DecimalText | None
    reason: str
    correlation_id: str
    created_at: InstantText
    sent_at: InstantText | None
    updated_at: InstantText


class OrderDetail(OrderShape):
    """An order with everything it went through, oldest first."""

    steps: list[OrderStepShape]


class OrderPage(Shape):
    """Orders, newest first; `next_cursor` asks for the older ones."""

    items: list[OrderShape]
    next_cursor: UUID | None


class CancelReportShape(Shape):
    """What came of cancelling.

    Attributes:
        failed: By order, what stood in the way; they are tried again.
    """

    cancelled: list[OrderShape]
    failed: dict[str, str]


class PreviewShape(Shape):
    """What placing the order would do now.

    Attributes:
        reference_price: The order's own price, or the last one, of `priced_at`.
        notional: In quote; `value` in the desk's base asset.
        fee: About what it costs, by the venue's published tier.
        free: What the account has free of the asset that is paid with, as last reported.
        code: Why placing it would be refused, if it would.
    """

    instrument: str
    side: Side
    type: OrderType
    quantity: DecimalText
    residue: DecimalText
    price: DecimalText | None
    stop_price: DecimalText | None
    reference_price: DecimalText | None
    priced_at: InstantText | None
    notional: DecimalText | None
    value: DecimalText | None
    fee: DecimalText | None
    fee_asset: str
    free: DecimalText | None
    free_asset: str
    lot: DecimalText
    tick: DecimalText
    notional_min: DecimalText
    code: str | None
    message: str | None


class SetLimits(RequestShape):
    """Limits to set; what is left out does not limit. Amounts are in the desk's base asset."""

    notional_max: AmountText | None = None
    exposure_max: AmountText | None = None
    asset_exposure_max: AmountText | None = None
    asset_exposures: Annotated[dict[str, AmountText], Field(max_length=200, default_factory=dict)]
    orders_per_minute_max: Annotated[int, Field(ge=0, le=100_000)] | None = None
    reduce_only: bool = False


class LimitsShape(Shape):
    """The limits of the tenant, or of one account."""

    account_id: UUID | None
    notional_max: DecimalText | None
    exposure_max: DecimalText | None
    asset_exposure_max: DecimalText | None
    asset_exposures: dict[str, DecimalText]
    orders_per_minute_max: int | None
    reduce_only: bool


class AuditLineShape(Shape):
    """Who changed what may be traded."""

    at: InstantText
    actor: str
    action: str
    details: dict[str, object]


class LimitsList(Shape):
    """Every limit that is set, and who changed what last."""

    items: list[LimitsShape]
    audit: list[AuditLineShape]


class EngageHalt(RequestShape):
    """Stop trading.

    Attributes:
        allow_reducing: Orders that only reduce and ask to may pass, such as a panic sell meant to go on.
        cancel_orders: Cancel what is open.
    """

    reason: ReasonText
    allow_reducing: bool = False
    cancel_orders: bool = False


class ReleaseHalt(RequestShape):
    """Let trading go on; `confirm` is the word RESUME."""

    confirm: Annotated[str, StringConstraints(max_length=20)]


class HaltShape(Shape):
    """Trading was stopped, of this desk or of the whole platform."""

    halt_id: UUID
    scope: HaltScope
    allow_reducing: bool
    cancel_orders: bool
    reason: str
    engaged_by: str
    engaged_at: InstantText
    released_by: str | None
    released_at: InstantText | None


class HaltedShape(Shape):
    """The halt, and what came of cancelling."""

    halt: HaltShape
    cancelled: int
    failed: dict[str, str]


class HaltsShape(Shape):
    """What stops trading now, and what did before."""

    halted: bool
    active: list[HaltShape]
    history: list[HaltShape]
    open_orders: int

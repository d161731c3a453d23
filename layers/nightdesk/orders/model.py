"""Orders as the desk keeps them: what was wanted, what was sent, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID, uuid5

from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import ZERO, divide, subtract
from nightdesk.markets.orders import OrderName, OrderType, Side, TimeInForce

OrderId = NewType("OrderId", UUID)

_NAMESPACE: Final = UUID("0b3f8c1e-4c0e-4d6a-9f5a-2f8f6a6b9d52")
CLIENT_ORDER_PREFIX: Final = "nd-"
SEND_WITHIN: Final = timedelta(seconds=10)


class OrderState(StrEnum):
    """Where an order is in its life.

    INTENDED is kept and was never handed to the gateway; SENT was handed over and may be anywhere; UNKNOWN has lost
    its answer and is looked up until it is known, or proven never to have arrived. The venue knows the others.
    """

    INTENDED = "intended"
    SENT = "sent"
    UNKNOWN = "unknown"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can become of it."""
        return self in {OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED}

    @property
    def is_uncertain(self) -> bool:
        """Whether the venue may have it without our knowing."""
        return self in {OrderState.SENT, OrderState.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What somebody wants done.

    Attributes:
        intent_key: Names the wish within the tenant: the same key is the same order, however often it is submitted,
            whatever else the request says. `firing:<id>:step:2:BTC` for an action, `api:<key>` for a person.
        quantity: In base; rounded down to the market's lot.
        price: Rounded to the market's tick: down for a buy, up for a sell.
        stop_price: Rounded the same way.
        reduce_only: Only ever sells what the account holds and has not committed already: cut to that. Passes the
            limits on notional and exposure, because it can only lessen the risk.
        under_halt: Let it pass a halt that allows reducing; means nothing without `reduce_only`.
        send_within: So long the intent may wait for a venue that is away, or for a process that takes up the work of
            one that died; then it is rejected with the reason, and was never sent.
        reason: Why, for the one who looks later: `user:<id>`, `firing:<id>`.
    """

    tenant_id: TenantId
    account_id: AccountId
    intent_key: str
    instrument: Instrument
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    reduce_only: bool = False
    under_halt: bool = False
    send_within: timedelta = SEND_WITHIN
    reason: str
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order and what became of it.

    Attributes:
        wanted: The quantity that was asked for, before rounding and cutting; the residue is the difference.
        quantity: What was sent, in base.
        filled_quote: What the filled part cost or brought, in quote, before fees.
        code: Why it was rejected, cancelled by the venue, or is unknown; a stable error code.
        adopted: Placed elsewhere and found at the venue.
        send_before: Never sent from then on.
        sent_at: When it was handed to the gateway.
        filled_at: When our books last learned of more filled.
        looked_at: When it was last looked up at the venue.
        cancel_wanted_at: Since when somebody wants it cancelled.
    """

    order_id: OrderId
    tenant_id: TenantId
    account_id: AccountId
    intent_key: str
    client_order_id: str
    venue_order_id: str | None = None
    instrument: Instrument
    side: Side
    type: OrderType
    wanted: Decimal
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    reduce_only: bool = False
    under_halt: bool = False
    adopted: bool = False
    reason: str
    correlation_id: CorrelationId
    state: OrderState = OrderState.INTENDED
    code: str | None = None
    message: str | None = None
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    created_at: datetime
    send_before: datetime
    sent_at: datetime | None = None
    updated_at: datetime
    filled_at: datetime | None = None
    looked_at: datetime | None = None
    cancel_wanted_at: datetime | None = None

    @property
    def remaining(self) -> Decimal:
        """What may still fill; nothing once it is over."""
        return ZERO if self.state.is_over else subtract(self.quantity, self.filled)

    @property
    def residue(self) -> Decimal:
        """What was wanted and not sent: less than a lot, or not held any more."""
        return subtract(self.wanted, self.quantity)

    @property
    def average_price(self) -> Decimal | None:
        """Quote per base of what was filled."""
        return divide(self.filled_quote, self.filled) if self.filled else None

    @property
    def name(self) -> OrderName:
        """What names it at the venue."""
        return OrderName(
            instrument=self.instrument, client_order_id=self.client_order_id, venue_order_id=self.venue_order_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderScope:
    """Which orders; everything left out is everything of the tenant.

    Attributes:
        live: Only those that are not over.
    """

    account_id: AccountId | None = None
    instrument: Instrument | None = None
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReport:
    """What came of cancelling a scope.

    Attributes:
        failed: The rest, with the code of what stood in the way; they are tried again by the sweeper.
    """

    cancelled: tuple[Order, ...]
    failed: Mapping[OrderId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is checked before every order, of a tenant or of one account; None does not limit.

    Attributes:
        notional_max: Of one order, in the tenant's base asset.
        exposure_max: Of everything held and being bought besides cash, in the base asset.
        asset_exposure_max: Of any one asset besides cash, in the base asset.
        asset_exposures: Of named assets, instead of `asset_exposure_max`.
        orders_per_minute_max: Orders submitted within the last sixty seconds.
        reduce_only: Only orders that reduce are let through.
    """

    notional_max: Decimal | None = None
    exposure_max: Decimal | None = None
    asset_exposure_max: Decimal | None = None
    asset_exposures: Mapping[AssetId, Decimal] = field(default_factory=dict)
    orders_per_minute_max: int | None = None
    reduce_only: bool = False


class HaltScope(StrEnum):
    """Whom a halt stops."""

    TENANT = "tenant"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Trading was stopped.

    Attributes:
        tenant_id: None for the platform.
        allow_reducing: Orders that are reduce-only and asked to pass a halt may pass this one.
        engaged_by: `user:<id>`, `firing:<id>`, `operator`.
        cancel_orders: Orders from before it are cancelled, until none is left.
    """

    halt_id: UUID
    scope: HaltScope
    tenant_id: TenantId | None
    allow_reducing: bool
    reason: str
    engaged_by: str
    cancel_orders: bool = False
    engaged_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None

    def stops(self, *, reduce_only: bool, under_halt: bool) -> bool:
        """Whether an order of this kind may not go out."""
        return not (self.allow_reducing and reduce_only and under_halt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What submitting would do now.

    Attributes:
        quantity: What would be sent; zero when nothing can be.
        residue: What would not.
        reference_price: The limit price, or the last price for orders without one.
        notional: Quantity at that price, in quote; `value` the same in the tenant's base asset.
        fee: About what it costs, in `fee_asset`, by the venue's published tier.
        code: The refusal that submitting would answer with now, and its sentence.
    """

    instrument: Instrument
    side: Side
    type: OrderType
    quantity: Decimal
    residue: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    reference_price: Decimal | None
    priced_at: datetime | None
    notional: Decimal | None
    value: Decimal | None
    fee: Decimal | None
    fee_asset: AssetId
    free: Decimal | None
    lot: Decimal
    tick: Decimal
    notional_min: Decimal
    code: str | None = None
    message: str | None = None


def order_id_of(tenant_id: TenantId, intent_key: str) -> OrderId:
    """The order's id: the same whenever the same wish is submitted again."""
    return OrderId(uuid5(_NAMESPACE, f"{tenant_id}:{intent_key}"))


def client_order_id_of(order_id: OrderId) -> str:
    """What the venue knows the order by; 35 characters."""
    return f"{CLIENT_ORDER_PREFIX}{order_id.hex}"

"""What orders need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import AccountStore, Outbox
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder
from nightdesk.orders.model import Halt, Limits, Order, OrderId, OrderScope


class OrderVenue(Protocol):
    """The venue, through the gateway. Every method raises as `VenueGateway` does."""

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:
        """The market's rules.

        Raises:
            NotFound: `orders.market_unknown`.
        """
        ...

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once.

        Raises:
            Conflict: `orders.…`: the venue refused it; it is not there.
            Forbidden: `orders.key_may_not_trade`.
            RateLimited, Unavailable: It was not sent.
            OutcomeUnknown: It may be there: look it up, never send it again.
        """
        ...

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it before.

        Raises:
            NotFound: `orders.not_at_venue`.
            OutcomeUnknown: Ask again.
        """
        ...

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        """The order, or None if the venue says that there is none."""
        ...

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        """Every open order of the account."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an account has of an asset, as the venue reported it last."""

    account_id: AccountId
    asset: AssetId
    free: Decimal
    locked: Decimal
    reported_at: datetime


class OrderStore(Protocol):
    """Orders within one transaction of one tenant."""

    def gate(self, tenant_id: TenantId) -> None:
        """Wait until no other transaction judges or halts orders of the tenant, and be the one that does."""
        ...

    def add(self, order: Order) -> bool:
        """Keep a new order; False if there is one of this id."""
        ...

    def get(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        """The order."""
        ...

    def lock(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        """The order, its row locked until the transaction ends."""
        ...

    def lock_named(self, tenant_id: TenantId, account_id: AccountId, name: OrderName) -> Order | None:
        """The order that a venue names, its row locked."""
        ...

    def save(self, order: Order, source: str) -> None:
        """Keep what changed of a locked order, and the step if its state or fill changed."""
        ...

    def page(self, tenant_id: TenantId, scope: OrderScope, *, before: Order | None, limit: int) -> tuple[Order, ...]:
        """The newest first, from before the given one."""
        ...

    def live(self, tenant_id: TenantId, scope: OrderScope) -> tuple[Order, ...]:
        """Every order of the scope that is not over, oldest first."""
        ...

    def steps(self, tenant_id: TenantId, order_id: OrderId) -> tuple[OrderStep, ...]:
        """What the order went through, oldest first."""
        ...

    def submitted_since(self, tenant_id: TenantId, account_id: AccountId | None, since: datetime) -> int:
        """How many orders were submitted since then; adopted ones are not counted."""
        ...

    def sold_since_reported(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Decimal:
        """What was sold of the asset that the reported balance does not show yet."""
        ...

    def held(self, tenant_id: TenantId, accounts: Collection[AccountId] | None = None) -> tuple[Held, ...]:
        """Reported balances of connected accounts; all of them if none is named."""
        ...

    def base_asset(self, tenant_id: TenantId) -> AssetId:
        """What the tenant's limits are stated in."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """One change of an order.

    Attributes:
        source: Who brought it: `desk`, `venue`, `stream`, `sweeper`, `user:<id>`.
    """

    at: datetime
    state: str
    filled: Decimal
    code: str | None
    source: str


class LimitStore(Protocol):
    """Limits within one transaction of one tenant."""

    def get(self, tenant_id: TenantId, account_id: AccountId | None) -> Limits:
        """The limits of the tenant (no account) or of one account; none set are limits that limit nothing."""
        ...

    def all(self, tenant_id: TenantId) -> Mapping[AccountId | None, Limits]:
        """Every one that is set."""
        ...

    def put(self, tenant_id: TenantId, account_id: AccountId | None, limits: Limits) -> None:
        """Keep them in the place of any others."""
        ...


class HaltStore(Protocol):
    """Halts within one transaction."""

    def active(self, tenant_id: TenantId) -> tuple[Halt, ...]:
        """What stops the tenant now: its own halt and the platform's."""
        ...

    def history(self, tenant_id: TenantId, limit: int) -> tuple[Halt, ...]:
        """The tenant's and the platform's, newest first."""
        ...

    def engage(self, halt: Halt) -> bool:
        """Keep it; False if the scope is halted already."""
        ...

    def save(self, halt: Halt) -> None:
        """Keep what changed of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who changed what, when."""

    at: datetime
    actor: str
    action: str
    details: Mapping[str, object]


class Audit(Protocol):
    """Who changed what may be traded; only grows."""

    def add(self, tenant_id: TenantId, at: datetime, actor: str, action: str, details: Mapping[str, object]) -> None:
        """Keep a line."""
        ...

    def newest(self, tenant_id: TenantId, limit: int) -> tuple[AuditLine, ...]:
        """The newest first."""
        ...


@dataclass(frozen=True, slots=True)
class OrderUnit:
    """Stores that share one transaction."""

    orders: OrderStore
    limits: LimitStore
    halts: HaltStore
    accounts: AccountStore
    outbox: Outbox
    audit: Audit


class OrderUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[OrderUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class OrderNews(Protocol):
    """Tells whoever watches that orders changed; called after the commit, never raises."""

    def publish(self, tenant_id: TenantId, orders: Sequence[Order]) -> None:
        """Tell it; missing news is harmless."""
        ...


class Loose(Protocol):
    """Orders of every tenant that wait for somebody."""

    def dangling(self, *, silent_since: datetime, limit: int) -> tuple[tuple[TenantId, OrderId], ...]:
        """Orders that are intended, sent or unknown, or wait to be cancelled, and were not touched since then."""
        ...

    def connected(self) -> tuple[tuple[TenantId, AccountId], ...]:
        """Every account whose open orders can be asked for."""
        ...


class PlatformHalts(Protocol):
    """The switch of the whole platform; needs the operator's own role."""

    def engage(self, halt: Halt) -> bool:
        """Keep it; False if the platform is halted already."""
        ...

    def release(self, released_by: str, released_at: datetime) -> bool:
        """Let go; False if it was not halted."""
        ...

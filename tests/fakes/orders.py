"""Orders' ports in memory: a venue that does what it is told, and books that are never rolled back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.model import AccountRef
from nightdesk.contracts.api.order_answers import OrderAnswers
from nightdesk.kernel.assets import AssetId, Instrument, parse_instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, IdFactory, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, OrderType, VenueOrder, VenueOrderState
from nightdesk.markets.ports import PriceBook
from nightdesk.orders.errors import market_unknown, not_at_venue
from nightdesk.orders.halting import KillSwitch
from nightdesk.orders.limit_desk import LimitDesk
from nightdesk.orders.model import Halt, Limits, Order, OrderId, OrderScope
from nightdesk.orders.ports import AuditLine, Held, OrderStep, OrderUnit
from nightdesk.orders.previewing import Previewer
from nightdesk.orders.service import OrderDesk
from tests.fakes.accounts import FakeAccountStore, FakeAccountsUnits, FakeOutbox
from tests.fakes.clock import NOON

BTC_USDT = parse_instrument("BINANCE:BTC/USDT")
RULES = MarketRules(
    instrument=BTC_USDT,
    tick=Decimal("0.01"),
    lot=Decimal("0.0001"),
    quantity_min=Decimal("0.0001"),
    quantity_max=Decimal(1000),
    market_lot=Decimal("0.001"),
    market_quantity_max=Decimal(10),
    notional_min=Decimal(5),
    maker_ratio=Decimal("0.001"),
    taker_ratio=Decimal("0.002"),
)


@dataclass(slots=True)
class FakeVenue:
    """Fills market orders at 50,000 and keeps the others open.

    Attributes:
        lost: Raised after an order was taken.
        refusal: Raised before anything is done.
        silent: Raised when something is asked.
    """

    orders: dict[str, VenueOrder] = field(default_factory=dict)
    rules: dict[Instrument, MarketRules] = field(default_factory=lambda: {BTC_USDT: RULES})
    price: Decimal = Decimal(50_000)
    lost: NightdeskError | None = None
    refusal: NightdeskError | None = None
    silent: NightdeskError | None = None
    placed: list[OrderTicket] = field(default_factory=list)
    asked_rules: int = 0
    before: Callable[[], None] = lambda: None

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:  # noqa: ARG002
        self.asked_rules += 1
        if instrument not in self.rules:
            raise market_unknown(instrument)
        return self.rules[instrument]

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:  # noqa: ARG002
        self.before()
        self.placed.append(ticket)
        if self.refusal:
            raise self.refusal
        order = self.take(ticket)
        if self.lost:
            raise self.lost
        return order

    def take(self, ticket: OrderTicket) -> VenueOrder:
        fills = ticket.type is OrderType.MARKET
        filled = ticket.quantity if fills else Decimal(0)
        self.orders[ticket.client_order_id] = VenueOrder(
            client_order_id=ticket.client_order_id,
            venue_order_id=str(len(self.orders) + 1),
            instrument=ticket.instrument,
            side=ticket.side,
            type=ticket.type,
            state=VenueOrderState.FILLED if fills else VenueOrderState.OPEN,
            quantity=ticket.quantity,
            filled=filled,
            filled_quote=filled * self.price,
            price=ticket.price,
            stop_price=ticket.stop_price,
            time_in_force=ticket.time_in_force,
            created_at=NOON,
        )
        return self.orders[ticket.client_order_id]

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        found = self.find_order(account, name)
        if found is None:
            raise not_at_venue()
        if not found.state.is_over:
            self.become(found, VenueOrderState.CANCELLED)
        return self.orders[found.client_order_id]

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:  # noqa: ARG002
        if self.silent:
            raise self.silent
        return self.orders.get(name.client_order_id)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:  # noqa: ARG002
        if self.silent:
            raise self.silent
        return tuple(order for order in self.orders.values() if not order.state.is_over)

    def become(self, order: VenueOrder, state: VenueOrderState, filled: str | None = None) -> VenueOrder:
        """What the market does to it."""
        amount = order.filled if filled is None else Decimal(filled)
        after = replace(order, state=state, filled=amount, filled_quote=amount * self.price)
        self.orders[order.client_order_id] = after
        return after


@dataclass(slots=True)
class FakeOrderStore:
    """Orders of every tenant; rivals are kept by another process just before we keep one."""

    orders: dict[OrderId, Order] = field(default_factory=dict)
    told: dict[OrderId, list[OrderStep]] = field(default_factory=dict)
    balances: list[Held] = field(default_factory=list)
    sold: Decimal = Decimal(0)
    gates: int = 0
    rivals: list[Order] = field(default_factory=list)

    def gate(self, tenant_id: TenantId) -> None:  # noqa: ARG002
        self.gates += 1

    def add(self, order: Order) -> bool:
        if self.rivals:
            self._keep(self.rivals.pop(), "desk")
        if order.order_id in self.orders:
            return False
        self._keep(order, "desk")
        return True

    def get(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        found = self.orders.get(order_id)
        return found if found and found.tenant_id == tenant_id else None

    def lock(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        return self.get(tenant_id, order_id)

    def lock_named(self, tenant_id: TenantId, account_id: AccountId, name: OrderName) -> Order | None:
        for order in self.orders.values():
            if (order.tenant_id, order.account_id) != (tenant_id, account_id):
                continue
            by_client = order.venue_order_id is None and order.client_order_id == name.client_order_id
            if by_client or order.venue_order_id == name.venue_order_id:
                return order
        return None

    def save(self, order: Order, source: str) -> None:
        self._keep(order, source)

    def page(self, tenant_id: TenantId, scope: OrderScope, *, before: Order | None, limit: int) -> tuple[Order, ...]:
        found = [order for order in self._of(tenant_id, scope) if not (scope.live and order.state.is_over)]
        newest = found[::-1]
        start = newest.index(before) + 1 if before else 0
        return tuple(newest[start : start + limit])

    def live(self, tenant_id: TenantId, scope: OrderScope) -> tuple[Order, ...]:
        return tuple(order for order in self._of(tenant_id, scope) if not order.state.is_over)

    def steps(self, tenant_id: TenantId, order_id: OrderId) -> tuple[OrderStep, ...]:  # noqa: ARG002
        return tuple(self.told[order_id])

    def submitted_since(self, tenant_id: TenantId, account_id: AccountId | None, since: datetime) -> int:
        found = self._of(tenant_id, OrderScope(account_id=account_id))
        return sum(1 for order in found if order.created_at > since and not order.adopted)

    def sold_since_reported(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Decimal:  # noqa: ARG002
        return self.sold

    def held(self, tenant_id: TenantId, accounts: Collection[AccountId] | None = None) -> tuple[Held, ...]:  # noqa: ARG002
        return tuple(held for held in self.balances if accounts is None or held.account_id in accounts)

    def base_asset(self, tenant_id: TenantId) -> AssetId:  # noqa: ARG002
        return AssetId("USDT")

    def _of(self, tenant_id: TenantId, scope: OrderScope) -> list[Order]:
        return [
            order
            for order in self.orders.values()
            if order.tenant_id == tenant_id
            and scope.account_id in {None, order.account_id}
            and scope.instrument in {None, order.instrument}
        ]

    def _keep(self, order: Order, source: str) -> None:
        self.orders[order.order_id] = order
        step = OrderStep(
            at=order.updated_at, state=order.state.value, filled=order.filled, code=order.code, source=source
        )
        self.told.setdefault(order.order_id, []).append(step)


@dataclass(slots=True)
class FakeLimitStore:
    """Limits by account; the tenant's stand under None."""

    limits: dict[AccountId | None, Limits] = field(default_factory=dict)

    def get(self, tenant_id: TenantId, account_id: AccountId | None) -> Limits:  # noqa: ARG002
        return self.limits.get(account_id, Limits())

    def all(self, tenant_id: TenantId) -> Mapping[AccountId | None, Limits]:  # noqa: ARG002
        return self.limits

    def put(self, tenant_id: TenantId, account_id: AccountId | None, limits: Limits) -> None:  # noqa: ARG002
        self.limits[account_id] = limits


@dataclass(slots=True)
class FakeHaltStore:
    """Halts of tenants and the platform."""

    halts: list[Halt] = field(default_factory=list)

    def active(self, tenant_id: TenantId) -> tuple[Halt, ...]:
        return tuple(halt for halt in self.halts if halt.released_at is None and halt.tenant_id in {None, tenant_id})

    def history(self, tenant_id: TenantId, limit: int) -> tuple[Halt, ...]:
        return tuple([halt for halt in self.halts if halt.tenant_id in {None, tenant_id}][::-1][:limit])

    def engage(self, halt: Halt) -> bool:
        if any(each.tenant_id == halt.tenant_id and each.released_at is None for each in self.halts):
            return False
        self.halts.append(halt)
        return True

    def save(self, halt: Halt) -> None:
        self.halts = [halt if each.halt_id == halt.halt_id else each for each in self.halts]

    def release(self, released_by: str, released_at: datetime) -> bool:
        """The platform's, as `PlatformHalts`."""
        for halt in self.halts:
            if halt.tenant_id is None and halt.released_at is None:
                self.save(replace(halt, released_by=released_by, released_at=released_at))
                return True
        return False


@dataclass(slots=True)
class FakeAudit:
    """Lines, oldest first."""

    lines: list[AuditLine] = field(default_factory=list)

    def add(self, tenant_id: TenantId, at: datetime, actor: str, action: str, details: Mapping[str, object]) -> None:  # noqa: ARG002
        self.lines.append(AuditLine(at=at, actor=actor, action=action, details=details))

    def newest(self, tenant_id: TenantId, limit: int) -> tuple[AuditLine, ...]:  # noqa: ARG002
        return tuple(self.lines[::-1][:limit])


@dataclass(slots=True)
class FakeOrderUnits:
    """One set of stores for everybody."""

    orders: FakeOrderStore = field(default_factory=FakeOrderStore)
    limits: FakeLimitStore = field(default_factory=FakeLimitStore)
    halts: FakeHaltStore = field(default_factory=FakeHaltStore)
    accounts: FakeAccountStore = field(default_factory=FakeAccountStore)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    audit: FakeAudit = field(default_factory=FakeAudit)
    errors: list[NightdeskError] = field(default_factory=list)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[OrderUnit]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[OrderUnit]:
        if self.errors:
            raise self.errors.pop(0)
        yield OrderUnit(
            orders=self.orders,
            limits=self.limits,
            halts=self.halts,
            accounts=self.accounts,
            outbox=self.outbox,
            audit=self.audit,
        )


@dataclass(slots=True)
class FakeOrderNews:
    """What was told."""

    told: list[Order] = field(default_factory=list)

    def publish(self, tenant_id: TenantId, orders: Sequence[Order]) -> None:  # noqa: ARG002
        self.told += orders


@dataclass(slots=True)
class FakeTrading:
    """The order side of a desk in memory."""

    units: FakeOrderUnits = field(default_factory=FakeOrderUnits)
    venue: FakeVenue = field(default_factory=FakeVenue)
    news: FakeOrderNews = field(default_factory=FakeOrderNews)

    def desk(self, prices: PriceBook, clock: Clock) -> OrderDesk:
        return OrderDesk(units=self.units, venue=self.venue, prices=prices, clock=clock, news=self.news)

    def answers(self, accounts: FakeAccountsUnits, prices: PriceBook, clock: Clock, new_id: IdFactory) -> OrderAnswers:
        """What answers callers, for the accounts that a desk has."""
        self.units.accounts, self.units.outbox = accounts.accounts, accounts.outbox
        desk = self.desk(prices, clock)
        return OrderAnswers(
            desk=desk,
            previewer=Previewer(units=self.units, venue=self.venue, prices=prices, clock=clock),
            switch=KillSwitch(units=self.units, desk=desk, clock=clock, new_id=new_id),
            limits=LimitDesk(self.units, clock),
        )

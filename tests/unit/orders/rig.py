"""An order desk in memory with one account that may trade."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from nightdesk.accounts.model import Account, AccountRef, AccountState, KeyPermissions
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import OrderType, Side, VenueOrder, VenueOrderState
from nightdesk.orders.halting import HaltWish, KillSwitch, PlatformSwitch
from nightdesk.orders.limit_desk import LimitDesk
from nightdesk.orders.model import Order, OrderRequest
from nightdesk.orders.ports import Held
from nightdesk.orders.previewing import Previewer
from nightdesk.orders.service import OrderDesk
from nightdesk.orders.sweeping import OrderSweeper
from tests.fakes.clock import NOON, CountedIds, FakeClock
from tests.fakes.orders import BTC_USDT, FakeTrading
from tests.fakes.portfolio import FakePriceBook

TENANT, ACCOUNT = TenantId(UUID(int=1)), AccountId(UUID(int=2))
CORRELATION = CorrelationId("correlation-orders")
BINANCE = VenueId("binance")
REF = AccountRef(tenant_id=TENANT, account_id=ACCOUNT, venue=BINANCE, correlation_id=CORRELATION)
TRADING = KeyPermissions(may_read=True, may_trade=True, may_withdraw=False, ip_bound=False, checked_at=NOON)


class Loose:
    """Every order that somebody must look after, of a rig."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def dangling(self, *, silent_since: Any, limit: int) -> tuple[Any, ...]:
        found = [
            (order.tenant_id, order.order_id)
            for order in self._rig.store.orders.values()
            if order.updated_at < silent_since
            and (
                order.state.value in {"intended", "sent", "unknown"}
                or (order.cancel_wanted_at and not order.state.is_over)
            )
        ]
        return tuple(found[:limit])

    def connected(self) -> tuple[tuple[TenantId, AccountId], ...]:
        known = tuple(self._rig.trading.units.accounts.accounts)
        return known or ((TENANT, ACCOUNT),)


class Rig:
    """Everything around one desk."""

    def __init__(self) -> None:
        self.trading, self.clock, self.prices, self.ids = FakeTrading(), FakeClock(), FakePriceBook(), CountedIds(100)
        self.venue, self.store, self.units = self.trading.venue, self.trading.units.orders, self.trading.units
        self.account(ACCOUNT)
        self.prices.put([Price(instrument=BTC_USDT, last=Decimal(50_000), at=NOON)])
        self.hold("BTC", "2")
        self.hold("USDT", "100000")

    @property
    def desk(self) -> OrderDesk:
        return self.trading.desk(self.prices, self.clock)

    @property
    def switch(self) -> KillSwitch:
        return KillSwitch(units=self.units, desk=self.desk, clock=self.clock, new_id=self.ids)

    @property
    def platform(self) -> PlatformSwitch:
        return PlatformSwitch(halts=self.units.halts, clock=self.clock, new_id=self.ids)

    @property
    def limits(self) -> LimitDesk:
        return LimitDesk(self.units, self.clock)

    @property
    def previewer(self) -> Previewer:
        return Previewer(units=self.units, venue=self.venue, prices=self.prices, clock=self.clock)

    @property
    def sweeper(self) -> OrderSweeper:
        return OrderSweeper(loose=Loose(self), units=self.units, desk=self.desk, clock=self.clock)

    @property
    def events(self) -> list[str]:
        return [event.name for _, event in self.units.outbox.events]

    def account(self, account_id: AccountId, **more: Any) -> Account:
        made = Account(
            tenant_id=TENANT,
            account_id=account_id,
            venue=BINANCE,
            label="Main",
            state=AccountState.ACTIVE,
            permissions=TRADING,
            created_at=NOON,
        )
        self.units.accounts.accounts[TENANT, account_id] = replace(made, **more)
        return self.units.accounts.accounts[TENANT, account_id]

    def hold(self, asset: str, free: str, locked: str = "0", account_id: AccountId = ACCOUNT) -> None:
        held = Held(
            account_id=account_id,
            asset=AssetId(asset),
            free=Decimal(free),
            locked=Decimal(locked),
            reported_at=NOON,
        )
        kept = [each for each in self.store.balances if (each.account_id, each.asset) != (account_id, asset)]
        self.store.balances = [*kept, held]

    def request(self, side: Side = Side.BUY, quantity: str = "0.1", **more: Any) -> OrderRequest:
        made = OrderRequest(
            tenant_id=TENANT,
            account_id=ACCOUNT,
            intent_key=f"key-{self.ids()}",
            instrument=BTC_USDT,
            side=side,
            type=OrderType.MARKET,
            quantity=Decimal(quantity),
            reason="test",
            correlation_id=CORRELATION,
        )
        return replace(made, **more)

    def limit(self, side: Side = Side.BUY, quantity: str = "0.1", price: str = "40000", **more: Any) -> OrderRequest:
        return self.request(side, quantity, type=OrderType.LIMIT, price=Decimal(price), **more)

    def rest(self, **more: Any) -> Order:
        """An order that stands in the book."""
        return self.desk.submit(self.limit(**more))

    def halt(self, **more: Any) -> HaltWish:
        return HaltWish(reason="drill", engaged_by="user:1", correlation_id=CORRELATION, **more)


def venue_order(order: Order, state: VenueOrderState, filled: str = "0", **more: Any) -> VenueOrder:
    """What a venue tells of an order."""
    made = VenueOrder(
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id or "1",
        instrument=order.instrument,
        side=order.side,
        type=order.type,
        state=state,
        quantity=order.quantity,
        filled=Decimal(filled),
        filled_quote=Decimal(filled) * 50_000,
    )
    return replace(made, **more)

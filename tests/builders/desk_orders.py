"""An order desk on real servers: PostgreSQL, Valkey, the gateway's own code and the paper exchange behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

from nightdesk.accounts.model import Account, AccountRef
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.orders import PostgresOrderUnits
from nightdesk.adapters.postgres.trading import PostgresLoose, PostgresPlatformHalts
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.halting import KillSwitch, PlatformSwitch
from nightdesk.orders.limit_desk import LimitDesk
from nightdesk.orders.model import Order, OrderRequest
from nightdesk.orders.ports import OrderVenue
from nightdesk.orders.service import OrderDesk
from nightdesk.orders.sweeping import OrderSweeper
from nightdesk.runtime.clock import SystemClock
from tests.builders.desk_accounts import CORRELATION, DeskAccounts
from tests.fakes.portfolio import FakePriceBook
from tests.servers import Postgres

BTC = parse_instrument("BINANCE:BTC/USDT")
RICH: dict[str, Any] = {"kind": "empty", "balances": {"USDT": "1000000", "BTC": "10"}}
HELD = Decimal(10)
FEE = Decimal("0.999")


@dataclass(slots=True)
class ShiftedClock:
    """Wall time, shifted."""

    by: timedelta = timedelta()
    wall: SystemClock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        return self.wall.now() + self.by


@dataclass(slots=True)
class SeenNews:
    """What was told."""

    told: list[Order] = field(default_factory=list)

    def publish(self, tenant_id: TenantId, orders: Sequence[Order]) -> None:  # noqa: ARG002
        self.told += orders


@dataclass(slots=True, kw_only=True)
class DeskOrders:
    """One tenant with a funded account that may trade."""

    accounts: DeskAccounts
    account: Account
    key: str
    outbox: Database
    market: Instrument = BTC
    prices: FakePriceBook = field(default_factory=FakePriceBook)
    news: SeenNews = field(default_factory=SeenNews)

    @property
    def units(self) -> PostgresOrderUnits:
        return PostgresOrderUnits(self.accounts.app)

    @property
    def tenant_id(self) -> TenantId:
        return self.accounts.tenant_id

    @property
    def ref(self) -> AccountRef:
        return AccountRef(
            tenant_id=self.tenant_id,
            account_id=self.account.account_id,
            venue=self.account.venue,
            correlation_id=CORRELATION,
        )

    def desk(self, venue: OrderVenue | None = None) -> OrderDesk:
        return OrderDesk(
            units=self.units,
            venue=venue or self.accounts.gateway,
            prices=self.prices,
            clock=self.accounts.clock,
            news=self.news,
        )

    def switch(self) -> KillSwitch:
        return KillSwitch(units=self.units, desk=self.desk(), clock=self.accounts.clock, new_id=uuid4)

    def platform(self) -> PlatformSwitch:
        return PlatformSwitch(halts=PostgresPlatformHalts(self.outbox), clock=self.accounts.clock, new_id=uuid4)

    def limits(self) -> LimitDesk:
        return LimitDesk(self.units, self.accounts.clock)

    def sweeper(self, venue: OrderVenue | None = None) -> OrderSweeper:
        return OrderSweeper(
            loose=PostgresLoose(self.outbox), units=self.units, desk=self.desk(venue), clock=self.accounts.clock
        )

    def request(self, side: Side = Side.BUY, quantity: str = "0.01", **more: Any) -> OrderRequest:
        made = OrderRequest(
            tenant_id=self.tenant_id,
            account_id=self.account.account_id,
            intent_key=uuid4().hex,
            instrument=self.market,
            side=side,
            type=OrderType.MARKET,
            quantity=Decimal(quantity),
            reason="test",
            correlation_id=CORRELATION,
        )
        return replace(made, **more)

    def limit(self, side: Side = Side.BUY, quantity: str = "0.01", price: str = "20000", **more: Any) -> OrderRequest:
        return self.request(side, quantity, type=OrderType.LIMIT, price=Decimal(price), **more)

    def last_price(self, instrument: Instrument | None = None) -> Decimal:
        instrument = instrument or self.market
        told = self.accounts.gateway.tickers(instrument.venue, CORRELATION)
        return Decimal(next(price.last for price in told if price.instrument == instrument))

    def shift(self, by: timedelta) -> None:
        """Have the desk's own clock go on; the gateway's and the venue's stay."""
        self.accounts.clock = ShiftedClock(by)

    def learn_prices(self) -> None:
        """What the market streamer would have told."""
        self.prices.put(self.accounts.gateway.tickers(self.market.venue, CORRELATION))

    def report_balances(self) -> None:
        """What the refresh or the private stream would have told."""
        asked_at = self.accounts.clock.now()
        found = self.accounts.gateway.balances(self.ref)
        with PostgresAccountsUnits(self.accounts.app)(self.tenant_id) as unit:
            unit.accounts.put_balances(self.tenant_id, self.account.account_id, found, asked_at)

    def at_venue(self, asset: str = "BTC") -> Decimal:
        """What the account has of the asset at the paper exchange."""
        shown = cast("dict[str, Any]", self.accounts.paper.admin("GET", f"/accounts/{quote(self.key, safe='')}"))
        held = shown["balances"].get(asset, {"free": "0", "locked": "0"})
        return Decimal(held["free"]) + Decimal(held["locked"])

    def events(self) -> list[str]:
        rows = self.accounts.rows("SELECT name FROM outbox WHERE tenant_id = %s ORDER BY created_at", self.tenant_id)
        return [name for (name,) in rows]


def own_database(postgres: Postgres) -> Postgres:
    """A migrated database that nobody else uses, on the same server."""
    return postgres.another("orders")


@contextmanager
def desk_orders(
    accounts: DeskAccounts, history: dict[str, Any] | None = None, market: Instrument = BTC
) -> Iterator[DeskOrders]:
    """A desk with one account, closed with the block."""
    credential = accounts.open_at_venue(history or RICH, venue=market.venue)
    account = accounts.connect(credential, venue=market.venue)
    outbox = Database(accounts.postgres.url("outbox"))
    made = DeskOrders(accounts=accounts, account=account, key=credential.key, outbox=outbox, market=market)
    made.learn_prices()
    made.report_balances()
    try:
        yield made
    finally:
        outbox.close()

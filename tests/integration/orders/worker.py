"""A process that submits one order and kills itself at a given step, as a machine would that loses its power."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from nightdesk.accounts.model import AccountRef
from nightdesk.adapters.postgres.orders import PostgresOrderUnits
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, OrderType, Side, VenueOrder
from nightdesk.orders.model import OrderRequest
from nightdesk.orders.ports import OrderVenue
from nightdesk.orders.service import OrderDesk
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.desk_orders import BTC, SeenNews
from tests.fakes.portfolio import FakePriceBook
from tests.servers import Paper, Postgres

STEPS = ("before_intent", "after_intent", "after_claim", "after_placing", "after_answer")


def die() -> None:
    """Leave no time for anything."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class DyingVenue:
    """The real one, until its time has come."""

    venue: OrderVenue
    step: str

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:
        if self.step == "before_intent":
            die()
        return self.venue.market_rules(instrument, correlation_id)

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        if self.step == "after_claim":
            die()
        order = self.venue.place_order(account, ticket)
        if self.step == "after_placing":
            die()
        return order

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        return self.venue.cancel_order(account, name)

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        return self.venue.find_order(account, name)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        return self.venue.open_orders(account)


def main() -> None:
    """Submit the order that standard input tells of."""
    told = json.load(sys.stdin)
    accounts = DeskAccounts(
        postgres=Postgres(**told["postgres"]),
        paper=Paper(**told["paper"]),
        key_file=Path(told["key_file"]),
        tenant_id=TenantId(UUID(told["tenant_id"])),
    )
    units = PostgresOrderUnits(accounts.app)
    desk = OrderDesk(
        units=units,
        venue=DyingVenue(accounts.gateway, told["step"]),
        prices=FakePriceBook(),
        clock=accounts.clock,
        news=SeenNews(),
    )
    request = OrderRequest(
        tenant_id=accounts.tenant_id,
        account_id=AccountId(UUID(told["account_id"])),
        intent_key=told["intent_key"],
        instrument=BTC,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=Decimal(told["quantity"]),
        reason="test",
        correlation_id=CorrelationId("killed"),
    )
    if told["step"] == "after_intent":
        desk.send = lambda order: die() or order  # type: ignore[method-assign, func-returns-value]
    desk.submit(request)
    die()


if __name__ == "__main__":
    main()

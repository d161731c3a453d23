from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest

from nightdesk.execution.books import TradingBooks
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Conflict, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules
from nightdesk.orders.errors import market_closed, venue_read_only
from nightdesk.orders.model import Order, OrderScope
from nightdesk.orders.ports import Held, OrderUnit, OrderVenue
from tests.builders.liquidation import MAIN, OTHER, VENUE, instrument

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))
BTC, USDT = AssetId("BTC"), AssetId("USDT")


@dataclass(slots=True)
class Desk:
    """Orders' stores and venue, as far as they are read."""

    asked: list[Instrument] = field(default_factory=list)
    refusal: Conflict | None = None

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[OrderUnit]:
        del tenant_id
        yield cast("OrderUnit", SimpleNamespace(orders=self, accounts=self))

    def list(self, tenant_id: TenantId) -> tuple[object, ...]:
        del tenant_id
        return (SimpleNamespace(account_id=MAIN, venue=VENUE),)

    def held(self, tenant_id: TenantId) -> tuple[Held, ...]:
        del tenant_id
        return tuple(
            Held(account_id=account, asset=asset, free=Decimal(3), locked=Decimal(1), reported_at=NOW)
            for account, asset in ((MAIN, BTC), (MAIN, USDT), (OTHER, BTC))
        )

    def live(self, tenant_id: TenantId, scope: OrderScope) -> tuple[Order, ...]:
        del tenant_id, scope
        return ()

    def sold_since_reported(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Decimal:
        del tenant_id, account_id
        return Decimal("0.5") if asset == BTC else Decimal(0)

    def base_asset(self, tenant_id: TenantId) -> AssetId:
        del tenant_id
        return USDT

    def market_rules(self, name: Instrument, correlation_id: CorrelationId) -> MarketRules:
        del correlation_id
        self.asked.append(name)
        if self.refusal is not None:
            raise self.refusal
        if name.base != BTC:
            raise NotFound("orders.market_unknown", "There is no such market.")
        return MarketRules(instrument=name, tick=Decimal("0.01"), lot=Decimal("0.001"))

    def all(self, venue: VenueId) -> tuple[Price, ...]:
        del venue
        last = {"BTC/USDT": "100", "ETH/USDT": "10", "OLD/USDT": "0"}
        return tuple(Price(instrument=instrument(name), last=Decimal(price), at=NOW) for name, price in last.items())

    def put(self, prices: object) -> None:
        raise AssertionError(prices)


def books(desk: Desk) -> TradingBooks:
    return TradingBooks(units=desk, venue=cast("OrderVenue", desk), prices=desk)


def test_what_can_be_sold_is_held_and_not_sold_already() -> None:
    sellable = books(Desk()).sellable(TENANT)
    assert [(each.asset, each.quantity, each.venue) for each in sellable.held] == [
        (BTC, Decimal("3.5"), VENUE),
        (USDT, Decimal(4), VENUE),
    ]
    assert sellable.free == {(MAIN, BTC): Decimal(3), (MAIN, USDT): Decimal(3)}
    assert sellable.base_asset == USDT
    assert [each.asset for each in books(Desk()).sellable(TENANT, Scope(asset=BTC)).held] == [BTC]


def test_a_market_is_one_with_rules_and_a_price_and_is_asked_once() -> None:
    desk = Desk()
    market_of = books(desk).markets(CorrelationId("test"))
    for _ in range(2):
        market = market_of(instrument("BTC/USDT"))
        assert market is not None
        assert market.last == Decimal(100)
        for other in ("ETH/USDT", "OLD/USDT", "NEW/USDT"):
            assert market_of(instrument(other)) is None
    assert desk.asked == [instrument("BTC/USDT"), instrument("ETH/USDT")]


def test_a_market_of_a_venue_that_is_only_read_takes_no_order() -> None:
    market = books(Desk(refusal=venue_read_only())).markets(CorrelationId("test"))(instrument("BTC/USDT"))
    assert market is not None
    assert market.rules.types == frozenset()
    with pytest.raises(Conflict):
        books(Desk(refusal=market_closed(instrument("BTC/USDT")))).markets(CorrelationId("test"))(
            instrument("BTC/USDT")
        )

"""What an action means at this moment: the sales, the cancellations, the order. Read by running and by previewing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import AccountRef
from nightdesk.execution.books import Sellable
from nightdesk.execution.liquidation import Aim, Liquidation, Market, plan_liquidation
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.money import ZERO, add, divide, multiply
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import Order, OrderScope
from nightdesk.rules.action_run_ports import Books, Desk
from nightdesk.rules.action_runs import Wanted
from nightdesk.rules.actions import PanicSell, PlaceOrder, Reduce, Sell, Size, SizeUnit

SPENT_AT_MOST: Final = Decimal("0.995")
"""Of free money, by a market order to buy: the price may have moved since."""

Selling = PanicSell | Sell | Reduce


class ActionReads:
    """Reads for one tenant's actions; nothing here changes anything but `adopt`."""

    def __init__(self, *, books: Books, desk: Desk) -> None:
        self._books = books
        self._desk = desk

    def liquidation(self, tenant_id: TenantId, correlation_id: CorrelationId, action: Selling) -> Liquidation:
        """What the action sells now, and what it must leave."""
        aim = aim_of(action)
        sellable = self._books.sellable(tenant_id, aim.scope)
        aim = replace(aim, base_asset=sellable.base_asset)
        return plan_liquidation(sellable.held, self._books.markets(correlation_id), aim)

    def live(self, tenant_id: TenantId, scope: Scope, side: Side | None = None) -> tuple[Order, ...]:
        """Open orders of the scope, oldest first; those of a position are all that trade the asset."""
        orders = self._desk.open_orders(tenant_id, OrderScope(account_id=scope.account_id))
        return tuple(order for order in orders if side in {None, order.side} and trades(order, scope))

    def adopt(self, tenant_id: TenantId, correlation_id: CorrelationId, scope: Scope) -> None:
        """Take over open orders of the scope's accounts that were placed elsewhere."""
        held = self._books.sellable(tenant_id, Scope(account_id=scope.account_id)).held
        for account_id, venue in sorted({(each.account_id, each.venue) for each in held}):
            ref = AccountRef(tenant_id=tenant_id, account_id=account_id, venue=venue, correlation_id=correlation_id)
            self._desk.adopt(ref)

    def wanted(self, tenant_id: TenantId, correlation_id: CorrelationId, action: PlaceOrder) -> Wanted:
        """The order that the action places now.

        Raises:
            Conflict: `actions.price_unknown`, `actions.market_unknown`.
        """
        market = self._books.markets(correlation_id)(action.instrument)
        if market is None:
            raise Conflict("actions.price_unknown", f"No price of {action.instrument} is known.")
        price = limit_price(action, market)
        return Wanted(
            account_id=action.account_id,
            instrument=action.instrument,
            side=action.side,
            type=action.type,
            quantity=self._quantity(tenant_id, action, price or market.last),
            price=price,
            reduce_only=action.reduce_only,
        )

    def _quantity(self, tenant_id: TenantId, action: PlaceOrder, price: Decimal) -> Decimal:
        size = action.size
        if size.unit is SizeUnit.BASE:
            return size.value
        if size.unit is SizeUnit.QUOTE:
            return divide(size.value, price)
        return _of_all(self._books.sellable(tenant_id, Scope(account_id=action.account_id)), action, size.value, price)


def aim_of(action: Selling) -> Aim:
    """What the action wants sold; the portfolio's base asset is still to be filled in."""
    match action:
        case PanicSell(scope=scope, into=into):
            return Aim(base_asset=_NOT_YET, scope=scope, into=into)
        case Reduce(scope=scope, into=into, ratio=ratio):
            return Aim(base_asset=_NOT_YET, scope=scope, into=into, ratio=ratio)
        case Sell(size=Size(SizeUnit.RATIO, ratio)):
            return Aim(base_asset=_NOT_YET, scope=_position(action), into=action.into, ratio=ratio)
        case _:
            return Aim(base_asset=_NOT_YET, scope=_position(action), into=action.into, amount=action.size.value)


def trades(order: Order, scope: Scope) -> bool:
    """Whether the order is of the scope."""
    assets = (None, order.instrument.base, order.instrument.quote)
    return scope.covers_account(order.account_id) and scope.asset in assets


def limit_price(action: PlaceOrder, market: Market) -> Decimal | None:
    """The price that a limit order names, to be rounded to the market's tick; None of a market order."""
    if action.type is OrderType.MARKET:
        return None
    if action.limit_price is not None:
        return action.limit_price
    assert action.limit_offset_ratio is not None  # noqa: S101 - a limit order has one of the two
    return multiply(market.last, add(Decimal(1), action.limit_offset_ratio))


def _position(action: Sell) -> Scope:
    return Scope(account_id=action.account_id, asset=action.asset)


def _of_all(sellable: Sellable, action: PlaceOrder, ratio: Decimal, price: Decimal) -> Decimal:
    """The ratio of what the account can sell, or can buy with what it has free."""
    if action.side is Side.SELL:
        held = {(each.account_id, each.asset): each.quantity for each in sellable.held}
        return multiply(held.get((action.account_id, action.instrument.base), ZERO), ratio)
    free = sellable.free.get((action.account_id, action.instrument.quote), ZERO)
    most = SPENT_AT_MOST if action.type is OrderType.MARKET else Decimal(1)
    return multiply(divide(free, price), multiply(ratio, most))


_NOT_YET: Final = AssetId("?")

"""From a wish to an intent: every check there is, in the one transaction that keeps the intent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from nightdesk.accounts import errors as account_errors
from nightdesk.accounts.model import Account, AccountState
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.orders import MarketRules, Side
from nightdesk.orders import errors
from nightdesk.orders.fitting import Wanted, fit, require_size, require_whole
from nightdesk.orders.limiting import Proposed, Situation, needs_prices, reducible, require_within
from nightdesk.orders.model import Halt, Limits, Order, OrderRequest, OrderScope, order_id_of
from nightdesk.orders.naming import client_order_id_at
from nightdesk.orders.ports import Held, OrderUnit
from nightdesk.orders.pricing import Prices

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What an order is judged by besides the books."""

    rules: MarketRules
    prices: Prices


def judge(unit: OrderUnit, request: OrderRequest, market: Market, now: datetime) -> Order:
    """The intent that the request comes to; the caller holds the tenant's gate.

    Raises:
        NightdeskError: Why it may not be: the key, the halt, the market's rules, the limits.
    """
    account = tradable(unit, request)
    require_no_halt(unit.halts.active(request.tenant_id), request)
    wanted = Wanted(
        side=request.side,
        type=request.type,
        quantity=request.quantity,
        price=request.price,
        stop_price=request.stop_price,
    )
    require_whole(wanted, market.rules)
    fitted = fit(_cut(unit, request, wanted), market.rules)
    price = reference_price(fitted, market)
    require_size(fitted, market.rules, price)
    _require_limits(unit, request, fitted, market, now)
    return _order(request, account, fitted, now)


def tradable(unit: OrderUnit, request: OrderRequest) -> Account:
    """The account, which may trade.

    Raises:
        NotFound: `accounts.not_found`.
        Conflict: `orders.account_inactive`.
        Forbidden: `orders.key_may_not_trade`.
        InvalidInput: `orders.other_venue`.
    """
    account = unit.accounts.get(request.tenant_id, request.account_id)
    if account is None or account.state is AccountState.DISCONNECTED:
        raise account_errors.not_found()
    if account.state is not AccountState.ACTIVE:
        raise errors.account_inactive(account.state.value)
    if account.venue != request.instrument.venue:
        raise errors.other_venue(request.instrument)
    if account.permissions is None or not account.permissions.may_trade:
        raise errors.key_may_not_trade()
    return account


def require_no_halt(halts: tuple[Halt, ...], order: OrderRequest | Order) -> None:
    """Pass if no halt stops the order.

    Raises:
        Conflict: `orders.halted`.
    """
    for halt in halts:
        if halt.stops(reduce_only=order.reduce_only, under_halt=order.under_halt):
            raise errors.halted("everybody" if halt.tenant_id is None else "this desk")


def reference_price(fitted: Wanted, market: Market) -> Decimal | None:
    """What the order is valued at: its own price, or the last one."""
    own = fitted.price or fitted.stop_price
    if own is not None:
        return own
    last = market.prices.last(market.rules.instrument)
    return None if last is None else last.last


def held_of(unit: OrderUnit, account_id: AccountId, asset: AssetId, request: OrderRequest) -> Held | None:
    """What the account has of the asset."""
    held = unit.orders.held(request.tenant_id, {account_id})
    return next((each for each in held if each.asset == asset), None)


def _cut(unit: OrderUnit, request: OrderRequest, wanted: Wanted) -> Wanted:
    if not request.reduce_only:
        return wanted
    if request.side is not Side.SELL:
        raise errors.not_a_reduction()
    left = reducible_of(unit, request)
    if not left:
        raise errors.nothing_to_reduce(request.instrument.base)
    return replace(wanted, quantity=min(wanted.quantity, left))


def reducible_of(unit: OrderUnit, request: OrderRequest) -> Decimal:
    """How much of the base the account can still sell."""
    base = request.instrument.base
    return reducible(
        held_of(unit, request.account_id, base, request),
        unit.orders.live(request.tenant_id, OrderScope(account_id=request.account_id)),
        unit.orders.sold_since_reported(request.tenant_id, request.account_id, base),
    )


def _require_limits(unit: OrderUnit, request: OrderRequest, fitted: Wanted, market: Market, now: datetime) -> None:
    proposed = Proposed(
        instrument=request.instrument,
        side=request.side,
        quantity=fitted.quantity,
        price=fitted.price or fitted.stop_price,
        reduce_only=request.reduce_only,
    )
    for account_id in (None, request.account_id):
        limits = unit.limits.get(request.tenant_id, account_id)
        if limits != Limits():
            require_within(limits, proposed, _situation(unit, request, account_id, limits, market=market, now=now))


def _situation(
    unit: OrderUnit,
    request: OrderRequest,
    account_id: AccountId | None,
    limits: Limits,
    *,
    market: Market,
    now: datetime,
) -> Situation:
    tenant_id, valued = request.tenant_id, needs_prices(limits)
    base_asset = unit.orders.base_asset(tenant_id)
    accounts = None if account_id is None else {account_id}
    counted = limits.orders_per_minute_max is not None
    return Situation(
        base_asset=base_asset,
        rates=lambda asset: market.prices.rate(asset, base_asset),
        held=unit.orders.held(tenant_id, accounts) if valued else (),
        live=unit.orders.live(tenant_id, OrderScope(account_id=account_id)) if valued else (),
        submitted=unit.orders.submitted_since(tenant_id, account_id, now - MINUTE) if counted else 0,
    )


def _order(request: OrderRequest, account: Account, fitted: Wanted, now: datetime) -> Order:
    order_id = order_id_of(request.tenant_id, request.intent_key)
    return Order(
        order_id=order_id,
        tenant_id=request.tenant_id,
        account_id=account.account_id,
        intent_key=request.intent_key,
        client_order_id=client_order_id_at(request.instrument.venue, order_id, now),
        instrument=request.instrument,
        side=request.side,
        type=request.type,
        wanted=request.quantity,
        quantity=fitted.quantity,
        price=fitted.price,
        stop_price=fitted.stop_price,
        time_in_force=request.time_in_force,
        reduce_only=request.reduce_only,
        under_halt=request.under_halt,
        reason=request.reason,
        correlation_id=request.correlation_id,
        created_at=now,
        send_before=now + request.send_within,
        updated_at=now,
    )

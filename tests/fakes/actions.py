"""Ports of actions, in memory, over a small venue that fills market orders at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.model import AccountRef
from nightdesk.alerts.model import Alert
from nightdesk.execution.books import Sellable
from nightdesk.execution.liquidation import HeldAsset, Market, MarketOf
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.errors import Conflict, NightdeskError, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import ZERO
from nightdesk.markets.orders import OrderType
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import (
    Order,
    OrderId,
    OrderRequest,
    OrderScope,
    OrderState,
    client_order_id_of,
    order_id_of,
)
from nightdesk.orders.ports import OrderStep
from nightdesk.rules.action_ports import ActionsDue, Confirmation, FiringId, RuleSetId
from nightdesk.rules.action_run_ports import ActionUnit
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent
from nightdesk.rules.actions import BotPart, CallWebhook
from tests.fakes.clock import FakeClock


class FakeConfirmationStore:
    """Consents in a dictionary; a used one is gone."""

    def __init__(self) -> None:
        self.kept: dict[tuple[TenantId, bytes], Confirmation] = {}

    def add(self, confirmation: Confirmation) -> None:
        """Keep a new consent."""
        self.kept[confirmation.tenant_id, confirmation.token_hash] = confirmation

    def take(self, tenant_id: TenantId, token_hash: bytes, now: datetime) -> Confirmation | None:
        """The consent, used up by this."""
        del now
        return self.kept.pop((tenant_id, token_hash), None)


class FakeActionRuns:
    """Firings and alerts in dictionaries; `transaction` takes back what an error leaves undone."""

    def __init__(self) -> None:
        self.firings: dict[FiringId, FiringRuns] = {}
        self.alerts: dict[str, Alert] = {}
        self.before: Callable[[str], None] = lambda _: None

    def begin(self, due: ActionsDue, now: datetime) -> None:
        """Keep a firing that nobody took up yet."""
        runs = tuple(ActionRun(step=step, action=action) for step, action in enumerate(due.actions))
        self.firings[due.firing_id] = FiringRuns(due=due, attempts=0, runs=runs, intents=(), created_at=now)

    @contextmanager
    def transaction(self) -> Iterator[ActionUnit]:
        """All of it or nothing."""
        kept = dict(self.firings), dict(self.alerts)
        try:
            self.before("begin")
            yield ActionUnit(self, self)
            self.before("commit")
        except BaseException:
            self.firings, self.alerts = kept
            raise
        self.before("committed")

    def take(self, tenant_id: TenantId, firing_id: FiringId, now: datetime) -> FiringRuns | None:
        """Take the firing up."""
        firing = self.get(tenant_id, firing_id)
        if firing is not None:
            firing = self.firings[firing_id] = replace(firing, attempts=firing.attempts + 1, taken_at=now)
        return firing

    def get(self, tenant_id: TenantId, firing_id: FiringId) -> FiringRuns | None:
        """The firing."""
        firing = self.firings.get(firing_id)
        return firing if firing is not None and firing.due.tenant_id == tenant_id else None

    def page(self, tenant_id: TenantId, rule_set_id: RuleSetId | None, limit: int) -> tuple[FiringRuns, ...]:
        """The newest."""
        found = [each for each in self.firings.values() if each.due.tenant_id == tenant_id]
        return tuple(each for each in found if rule_set_id in {None, each.due.rule_set_id})[:limit]

    def evidence(self, tenant_id: TenantId, firing_id: FiringId) -> dict[str, dict[str, str | None]]:
        """What the rules saw."""
        del tenant_id, firing_id
        return {"price(BINANCE:BTC/USDT)": {"value": "99.50", "source": "price", "at": "2026-03-01T12:00:00+00:00"}}

    def hold(self, firing: FiringRuns, now: datetime) -> None:
        """Refuse one that another took over."""
        del now
        if self.firings[firing.due.firing_id].attempts != firing.attempts:
            raise Conflict("actions.taken_over", "Another took the firing up.")

    def add_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what is wanted."""
        kept = self.firings[firing.due.firing_id]
        assert not {intent.key for intent in kept.intents} & {intent.key for intent in intents}
        self.firings[firing.due.firing_id] = replace(kept, intents=(*kept.intents, *intents))

    def save_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what became of intents."""
        kept = self.firings[firing.due.firing_id]
        changed = {intent.key: intent for intent in (*kept.intents, *intents)}
        self.firings[firing.due.firing_id] = replace(kept, intents=tuple(changed.values()))

    def save_run(self, firing: FiringRuns, run: ActionRun) -> None:
        """Keep what became of a step."""
        kept = self.firings[firing.due.firing_id]
        runs = tuple(run if each.step == run.step else each for each in kept.runs)
        self.firings[firing.due.firing_id] = replace(kept, runs=runs)

    def finish(self, firing: FiringRuns, now: datetime) -> None:
        """Note the end."""
        self.firings[firing.due.firing_id] = replace(self.firings[firing.due.firing_id], finished_at=now)

    def raise_alert(self, alert: Alert) -> bool:
        """Keep the alert once."""
        if alert.key in self.alerts:
            return False
        self.alerts[alert.key] = alert
        return True


@dataclass(slots=True)
class FakeTrading:
    """Order desk, kill switch, books, webhooks and bots over one small venue.

    Attributes:
        before: Called with the name of each thing that is about to happen; may raise.
        taken_ratio: How much of a market order finds somebody to trade with.
        troubles: Raised by the next submissions, in order; None lets one through.
        lost: How often the venue's answer to an order is lost.
    """

    clock: FakeClock
    base_asset: AssetId
    markets_known: dict[Instrument, Market]
    held: dict[tuple[AccountId, AssetId], Decimal] = field(default_factory=dict)
    orders: dict[OrderId, Order] = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)
    elsewhere: list[Order] = field(default_factory=list)
    halts: list[HaltWish] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    taken_ratio: Decimal = Decimal(1)
    troubles: list[NightdeskError | None] = field(default_factory=list)
    lost: int = 0
    away: NightdeskError | None = None
    webhook_troubles: list[NightdeskError] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def submit(self, request: OrderRequest) -> Order:
        """Do what is wanted, once; as the desk, keep it before it is sent."""
        self.before("submit")
        order_id = order_id_of(request.tenant_id, request.intent_key)
        if order_id not in self.orders:
            self._keep(request, order_id)
        self.before("keep")
        if self.orders[order_id].state is OrderState.INTENDED:
            self._send(order_id)
        self.before("answer")
        return self.orders[order_id]

    def _keep(self, request: OrderRequest, order_id: OrderId) -> None:
        if self.away is not None:
            raise self.away
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        if self.halts and not (self.halts[0].allow_reducing and request.under_halt):
            raise Conflict("orders.halted", "Trading is halted.")
        left = self.left(request.account_id, request.instrument.base)
        if request.reduce_only and not left:
            raise Conflict("orders.nothing_to_reduce", "Nothing is left.")
        quantity = min(request.quantity, left) if request.reduce_only else request.quantity
        self.orders[order_id] = order_of(request, order_id, quantity, self.clock.now())

    def _send(self, order_id: OrderId) -> None:
        order = self.orders[order_id]
        self.placed.append(order.intent_key)
        rests = order.type is not OrderType.MARKET
        filled = ZERO if rests else order.quantity * self.taken_ratio
        last = self.markets_known[order.instrument].last
        key = (order.account_id, order.instrument.base)
        self.held[key] = self.held.get(key, ZERO) - (filled if order.side == "sell" else -filled)
        state = OrderState.OPEN if rests else OrderState.FILLED if filled == order.quantity else OrderState.CANCELLED
        code = "orders.expired" if state is OrderState.CANCELLED else None
        told = replace(order, state=state, filled=filled, filled_quote=filled * last, code=code, message=code)
        if self.lost:
            self.lost -= 1
            told = replace(told, state=OrderState.UNKNOWN, code="orders.outcome_unknown")
        self.orders[order_id] = told

    def look_up(self, tenant_id: TenantId, order_id: OrderId) -> Order:
        """What the venue says, once it answers again."""
        del tenant_id
        order = self.orders[order_id]
        if order.state is OrderState.UNKNOWN and not self.lost:
            order = self.orders[order_id] = replace(order, state=OrderState.FILLED, code=None)
        elif self.lost:
            self.lost -= 1
        return order

    def cancel(self, tenant_id: TenantId, order_id: OrderId, *, actor: str) -> Order:
        """Cancel it, if it can be."""
        del tenant_id, actor
        self.before("cancel")
        if order_id not in self.orders:
            raise NotFound("orders.not_found", "There is no such order.")
        order = self.orders[order_id]
        if not order.state.is_over and order.state is not OrderState.UNKNOWN:
            order = self.orders[order_id] = replace(order, state=OrderState.CANCELLED)
        self.before("cancelled")
        return order

    def open_orders(self, tenant_id: TenantId, scope: OrderScope | None = None) -> tuple[Order, ...]:
        """Every order that is not over."""
        wanted = scope or OrderScope()
        return tuple(
            order
            for order in self.orders.values()
            if order.tenant_id == tenant_id
            and not order.state.is_over
            and wanted.account_id in {None, order.account_id}
        )

    def adopt(self, account: AccountRef) -> tuple[Order, ...]:
        """Take over what was placed elsewhere."""
        self.before("adopt")
        adopted = tuple(order for order in self.elsewhere if order.account_id == account.account_id)
        self.orders |= {order.order_id: order for order in adopted}
        self.elsewhere = [order for order in self.elsewhere if order not in adopted]
        return adopted

    def engage(self, tenant_id: TenantId, wish: HaltWish) -> object:
        """Halt."""
        del tenant_id
        self.halts.append(wish)
        return None

    def get(self, tenant_id: TenantId, order_id: OrderId) -> Order:
        """The order, with the name that the venue gave it."""
        order = self.orders.get(order_id)
        if order is None or order.tenant_id != tenant_id:
            raise NotFound("orders.not_found", "There is no such order.")
        return replace(order, venue_order_id=order.venue_order_id or "venue-1")

    def steps(self, tenant_id: TenantId, order_id: OrderId) -> tuple[OrderStep, ...]:
        """What it went through."""
        order = self.get(tenant_id, order_id)
        step = OrderStep(at=order.updated_at, state=order.state.value, filled=order.filled, code=None, source="desk")
        return (step,)

    def left(self, account_id: AccountId, asset: AssetId) -> Decimal:
        """What is held and not being sold."""
        selling = sum(
            order.remaining
            for order in self.orders.values()
            if (order.account_id, order.instrument.base, order.side) == (account_id, asset, "sell")
        )
        return max(self.held.get((account_id, asset), ZERO) - selling, ZERO)

    def sellable(self, tenant_id: TenantId, scope: Scope) -> Sellable:
        """What can be sold now."""
        del tenant_id
        self.before("sellable")
        venue = next(iter(self.markets_known)).venue
        return Sellable(
            base_asset=self.base_asset,
            held=tuple(
                HeldAsset(account_id=account, venue=venue, asset=asset, quantity=self.left(account, asset))
                for account, asset in self.held
                if scope.covers(account, asset)
            ),
            free=dict(self.held),
        )

    def markets(self, correlation_id: CorrelationId) -> MarketOf:
        """Every known market."""
        del correlation_id
        if self.away is not None:
            raise self.away
        return self.markets_known.get

    def call(self, due: ActionsDue, action: CallWebhook, identity: str) -> None:
        """Note the call."""
        del due, action
        if self.webhook_troubles:
            raise self.webhook_troubles.pop(0)
        self.called.append(identity)

    def reduce_buy_amount(self, tenant_id: TenantId, bot_id: str, ratio: Decimal) -> None:
        """Note it."""
        self.called.append(f"{tenant_id.int} {bot_id} less {ratio}")

    def switch(self, tenant_id: TenantId, bot_id: str, part: BotPart, *, on: bool) -> None:
        """Note it."""
        self.called.append(f"{tenant_id.int} {bot_id} {part.value} {on}")

    def sold(self) -> dict[str, Decimal]:
        """What was filled, by asset."""
        filled: dict[str, Decimal] = {}
        for order in self.orders.values():
            filled[order.instrument.base] = filled.get(order.instrument.base, ZERO) + order.filled
        return filled


def order_of(request: OrderRequest, order_id: OrderId, quantity: Decimal, now: datetime) -> Order:
    """The order as the desk keeps it."""
    return Order(
        order_id=order_id,
        tenant_id=request.tenant_id,
        account_id=request.account_id,
        intent_key=request.intent_key,
        client_order_id=client_order_id_of(order_id),
        instrument=request.instrument,
        side=request.side,
        type=request.type,
        wanted=request.quantity,
        quantity=quantity,
        price=request.price,
        reduce_only=request.reduce_only,
        under_halt=request.under_halt,
        reason=request.reason,
        correlation_id=request.correlation_id,
        created_at=now,
        send_before=now + request.send_within,
        updated_at=now,
    )


@dataclass(slots=True)
class CalledWebhooks:
    """Notes the identities of what was called."""

    called: list[str] = field(default_factory=list)

    def call(self, due: ActionsDue, action: CallWebhook, identity: str) -> None:
        """Note the call."""
        del due, action
        self.called.append(identity)

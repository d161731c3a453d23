"""Performing one intent. Performed again after a crash it does nothing twice: every one of them is named.

What is performed in several goes (an order that a venue is asked for, a webhook that nobody answers) is waited for
a little; then the intent stays open, and whoever takes up the firing next goes on with it.

A stated outcome for each trouble:

rejected order           FAILED with the venue's or the desk's code
halt                     HALTED; also the steps after it that trade
venue or gateway away    tried again for `TRY_FOR`, then FAILED with `venue.unavailable` or what it was
outcome unknown          looked up, never sent again; for `TRY_FOR`, then FAILED with `orders.outcome_unknown`,
                         and cancelled when the order desk finds it
nothing left to sell     DONE with `orders.nothing_to_reduce`: another rule or a person sold it
book without buyers      FAILED with `orders.expired`; what was filled is noted, and a panic sell tries the rest again
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from nightdesk.kernel.errors import Broken, ErrorKind, NightdeskError
from nightdesk.kernel.instants import Clock
from nightdesk.markets.orders import OrderType
from nightdesk.orders.errors import HALTED
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import Order, OrderRequest, OrderState
from nightdesk.rules.action_ports import ActionsDue, BotPort
from nightdesk.rules.action_run_ports import Desk, Switch, WebhookCaller
from nightdesk.rules.action_runs import ActionRun, Intent, IntentKind, IntentState, Wanted
from nightdesk.rules.actions import CallWebhook, HaltTrading, PanicSell, ReduceBotBuyAmount, SwitchBot

TRY_FOR: Final = timedelta(minutes=5)
TELL_FOR: Final = timedelta(seconds=10)
"""So long a webhook or a bot is tried: the steps after it wait."""

WAITS_S: Final = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)
REASON_LENGTH_MAX: Final = 500
WAITING: Final = "actions.waiting"
_BAD: Final = frozenset({OrderState.CANCELLED, OrderState.REJECTED})
NOTHING_LEFT: Final = "orders.nothing_to_reduce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """By what intents are performed."""

    desk: Desk
    switch: Switch
    webhooks: WebhookCaller
    bots: BotPort


class Performer:
    """Performs intents."""

    def __init__(self, means: Means, clock: Clock, pause: Callable[[float], None]) -> None:
        self._means = means
        self._clock = clock
        self._pause = pause

    def perform(self, due: ActionsDue, run: ActionRun, intent: Intent, *, patient: bool = True) -> Intent:
        """The intent after it was performed: settled, or open if somebody must try again.

        Args:
            due: The firing.
            run: The step.
            intent: An open one.
            patient: Whether to wait a few seconds for what is on its way.
        """
        for wait_s in WAITS_S if patient else ():
            intent = self._go(due, run, intent)
            if intent.state is not IntentState.OPEN:
                return intent
            self._pause(wait_s)
        return self._go(due, run, intent)

    def _go(self, due: ActionsDue, run: ActionRun, intent: Intent) -> Intent:
        try:
            return self._performed(due, run, intent)
        except NightdeskError as error:
            return self._refused(intent, error)

    def _performed(self, due: ActionsDue, run: ActionRun, intent: Intent) -> Intent:
        if intent.wanted is not None:
            return self._ordered(due, intent, _request(due, run, intent, intent.wanted))
        if intent.order_id is not None:
            order = self._means.desk.cancel(due.tenant_id, intent.order_id, actor=f"firing:{due.firing_id}")
            return self._settled(intent, order, is_over=order.state.is_over)
        self._act(due, run, intent)
        return self._over(intent, IntentState.DONE)

    def _ordered(self, due: ActionsDue, intent: Intent, request: OrderRequest) -> Intent:
        order = self._means.desk.submit(request)
        if not _is_enough(order):
            order = self._means.desk.look_up(due.tenant_id, order.order_id)
        if not _is_enough(order) and self._is_late(intent):
            order = self._means.desk.cancel(due.tenant_id, order.order_id, actor=request.reason)
        return self._settled(intent, order, is_over=_is_enough(order))

    def _act(self, due: ActionsDue, run: ActionRun, intent: Intent) -> None:
        match run.action:
            case HaltTrading(allow_reducing=allow_reducing):
                self._means.switch.engage(due.tenant_id, _halt(due, allow_reducing=allow_reducing))
            case CallWebhook() as action:
                self._means.webhooks.call(due, action, intent.key)
            case ReduceBotBuyAmount(bot_id=bot_id, ratio=ratio):
                self._means.bots.reduce_buy_amount(due.tenant_id, bot_id, ratio)
            case SwitchBot(bot_id=bot_id, part=part, on=on):
                self._means.bots.switch(due.tenant_id, bot_id, part, on=on)
            case _:
                raise Broken("actions.not_an_act", "This action consists of orders, or is told by an alert.")

    def _settled(self, intent: Intent, order: Order, *, is_over: bool) -> Intent:
        intent = replace(intent, order_id=order.order_id, filled=order.filled, filled_quote=order.filled_quote)
        if not is_over:
            return self._waiting(intent, order.code or WAITING, order.message)
        if intent.kind is IntentKind.CANCEL or order.state not in _BAD:
            return self._over(intent, IntentState.DONE)
        return self._over(intent, _bad_state(order.code), order.code, order.message)

    def _refused(self, intent: Intent, error: NightdeskError) -> Intent:
        if error.retryable or error.kind is ErrorKind.OUTCOME_UNKNOWN:
            return self._waiting(intent, error.code, error.message)
        state = IntentState.DONE if error.code == NOTHING_LEFT else _bad_state(error.code)
        return self._over(intent, state, error.code, error.message)

    def _waiting(self, intent: Intent, code: str, message: str | None) -> Intent:
        if self._is_late(intent):
            return self._over(intent, IntentState.FAILED, code, message)
        return replace(intent, code=code, message=message)

    def _is_late(self, intent: Intent) -> bool:
        limit = TELL_FOR if intent.kind is IntentKind.ACT else TRY_FOR
        return self._clock.now() - intent.recorded_at >= limit

    def _over(self, intent: Intent, state: IntentState, code: str | None = None, message: str | None = None) -> Intent:
        return replace(intent, state=state, code=code, message=message, settled_at=self._clock.now())


def _request(due: ActionsDue, run: ActionRun, intent: Intent, wanted: Wanted) -> OrderRequest:
    return OrderRequest(
        tenant_id=due.tenant_id,
        account_id=wanted.account_id,
        intent_key=intent.key,
        instrument=wanted.instrument,
        side=wanted.side,
        type=wanted.type,
        quantity=wanted.quantity,
        price=wanted.price,
        reduce_only=wanted.reduce_only,
        under_halt=isinstance(run.action, PanicSell),
        send_within=TRY_FOR,
        reason=f"firing:{due.firing_id}",
        correlation_id=due.correlation_id,
    )


def _halt(due: ActionsDue, *, allow_reducing: bool) -> HaltWish:
    return HaltWish(
        reason=f"{due.rule_set}: {due.reason}"[:REASON_LENGTH_MAX],
        engaged_by=f"firing:{due.firing_id}",
        allow_reducing=allow_reducing,
        correlation_id=due.correlation_id,
    )


def _is_enough(order: Order) -> bool:
    """Whether the step may go on: the order is over, or rests in the book as a limit order should."""
    rests = order.type is not OrderType.MARKET and order.state in {OrderState.OPEN, OrderState.PARTIALLY_FILLED}
    return order.state.is_over or rests


def _bad_state(code: str | None) -> IntentState:
    return IntentState.HALTED if code == HALTED else IntentState.FAILED

"""What a step does next, given what it has done: record another round of intents, or end.

Nothing is sent here. A plan that was not recorded is made again; one that was recorded is never made again.

A panic sell cancels the open orders of its scope, sells, looks what is left, and sells that, until nothing can be sold
any more. A book that is too thin is sold into as fast as it fills; after `VAIN_ROUNDS_MAX` rounds in a row that sold
nothing it has failed, and after `SALES_ROUNDS_MAX` in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nightdesk.execution.liquidation import Residue, Sale
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import Order
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.action_reading import ActionReads, Selling
from nightdesk.rules.action_runs import (
    ActionRun,
    Intent,
    IntentKind,
    IntentState,
    RunState,
    Wanted,
    intent_key,
    last_round,
)
from nightdesk.rules.actions import CancelOrders, PanicSell, PlaceOrder, Reduce, Sell

VAIN_ROUNDS_MAX: Final = 3
SALES_ROUNDS_MAX: Final = 30
NOTHING: Final = "actions.nothing_to_do"
NOT_ALL: Final = "actions.not_all_sold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Intents to be kept and then performed."""

    intents: tuple[Intent, ...]
    residue: tuple[Residue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The step is over; a residue of None keeps the one it has."""

    state: RunState
    code: str | None = None
    message: str | None = None
    residue: tuple[Residue, ...] | None = None


Next = Record | Finish


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands when it asks what is next.

    Attributes:
        intents: Of the step, all settled.
    """

    due: ActionsDue
    run: ActionRun
    intents: tuple[Intent, ...]
    now: datetime

    @property
    def last(self) -> tuple[Intent, ...]:
        """The newest round."""
        return last_round(self.intents)

    @property
    def round(self) -> int:
        """The number of the round to come."""
        return max((intent.round for intent in self.intents), default=0) + 1

    def intent(self, kind: IntentKind, name: str, wanted: Wanted | None = None, order: Order | None = None) -> Intent:
        """A new intent of the round to come."""
        return Intent(
            key=intent_key(self.due.firing_id, self.run.step, self.round, name),
            step=self.run.step,
            round=self.round,
            kind=kind,
            wanted=wanted,
            order_id=None if order is None else order.order_id,
            recorded_at=self.now,
        )


class Planner:
    """Decides what a step does next."""

    def __init__(self, reads: ActionReads) -> None:
        self._reads = reads

    def next(self, place: Place) -> Next:
        """What follows.

        Raises:
            NightdeskError: Of reading; retryable where asking again may help.
        """
        if isinstance(place.run.action, PanicSell):
            return self._panic(place, place.run.action)
        if place.intents:
            return ended(place.intents)
        due = place.due
        match place.run.action:
            case Sell() | Reduce() as action:
                return self._sales(place, action)
            case PlaceOrder() as action:
                wanted = self._reads.wanted(due.tenant_id, due.correlation_id, action)
                return Record(intents=(place.intent(IntentKind.ORDER, wanted.instrument.symbol, wanted),))
            case CancelOrders() as action:
                self._reads.adopt(due.tenant_id, due.correlation_id, action.scope)
                live = self._reads.live(due.tenant_id, action.scope, action.side)
                return _cancels(place, live) or Finish(state=RunState.DONE, code=NOTHING)
            case _:
                return Record(intents=(place.intent(IntentKind.ACT, "act"),))

    def _panic(self, place: Place, action: PanicSell) -> Next:
        due, last = place.due, place.last
        failed = [intent for intent in last if intent.state is IntentState.FAILED and intent.kind is IntentKind.ORDER]
        if any(intent.state is IntentState.HALTED for intent in last):
            return ended(last)
        if failed:
            self._reads.adopt(due.tenant_id, due.correlation_id, action.scope)
        cancels = _cancels(place, self._reads.live(due.tenant_id, action.scope)) if failed or not last else None
        return cancels or self._sales(place, action)

    def _sales(self, place: Place, action: Selling) -> Next:
        """Another round of sales; the end if there is nothing to sell, or if it was tried often enough."""
        due = place.due
        plan = self._reads.liquidation(due.tenant_id, due.correlation_id, action)
        if not plan.sales:
            sold = any(intent.kind is IntentKind.ORDER for intent in place.intents)
            return Finish(state=RunState.DONE, code=None if sold else NOTHING, residue=plan.residue)
        if _is_vain(place.intents):
            return _not_all(place.last, plan.residue)
        names = (f"{sale.account_id}:{sale.instrument.symbol}:{index}" for index, sale in enumerate(plan.sales))
        wanted = map(_sold, plan.sales)
        orders = (place.intent(IntentKind.ORDER, name, each) for name, each in zip(names, wanted, strict=True))
        return Record(intents=tuple(orders), residue=plan.residue)


def ended(intents: Sequence[Intent]) -> Finish:
    """The end that settled intents come to: halted if one was, failed if one did, else done."""
    for bad, state in ((IntentState.HALTED, RunState.HALTED), (IntentState.FAILED, RunState.FAILED)):
        worst = next((intent for intent in intents if intent.state is bad), None)
        if worst is not None:
            return Finish(state=state, code=worst.code, message=worst.message)
    return Finish(state=RunState.DONE, code=next((intent.code for intent in intents if intent.code), None))


def _cancels(place: Place, live: Sequence[Order]) -> Record | None:
    if not live:
        return None
    return Record(
        intents=tuple(place.intent(IntentKind.CANCEL, f"cancel:{each.order_id}", order=each) for each in live)
    )


def _is_vain(intents: Sequence[Intent]) -> bool:
    """Whether selling was tried often enough: the last rounds sold nothing, or there were very many."""
    sold: dict[int, bool] = {}
    for intent in intents:
        if intent.kind is IntentKind.ORDER:
            sold[intent.round] = sold.get(intent.round, False) or intent.filled > 0
    last = list(sold.values())[-VAIN_ROUNDS_MAX:]
    return len(sold) >= SALES_ROUNDS_MAX or (len(last) == VAIN_ROUNDS_MAX and not any(last))


def _not_all(last: Sequence[Intent], residue: tuple[Residue, ...]) -> Finish:
    why = next((intent.message for intent in last if intent.message), None) or "The market did not take it."
    return Finish(state=RunState.FAILED, code=NOT_ALL, message=f"Not all could be sold. {why}", residue=residue)


def _sold(sale: Sale) -> Wanted:
    return Wanted(
        account_id=sale.account_id,
        instrument=sale.instrument,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=sale.quantity,
    )

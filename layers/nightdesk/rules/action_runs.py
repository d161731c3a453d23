"""What becomes of the actions of a firing: one run a step, and the intents of each.

An intent is kept before anything of it is sent, and names itself: the same intent is the same order, the same alert,
the same webhook, however often it is performed. So a process may be killed anywhere, and the next goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.execution.liquidation import Residue
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import OrderId
from nightdesk.rules.action_ports import ActionsDue, FiringId
from nightdesk.rules.actions import Action


class RunState(StrEnum):
    """Where a step stands.

    FAILED is followed by what the policy says; SKIPPED was left out because an earlier step failed; HALTED was
    stopped by the kill switch.
    """

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    HALTED = "halted"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is done of it."""
        return self not in {RunState.WAITING, RunState.RUNNING}


class IntentKind(StrEnum):
    """What an intent does: place an order, cancel one, or what the action itself says (tell, call, halt, switch)."""

    ORDER = "order"
    CANCEL = "cancel"
    ACT = "act"


class IntentState(StrEnum):
    """Where an intent stands; one that is OPEN may have been begun and is performed again, which does nothing twice."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    HALTED = "halted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The order of an intent."""

    account_id: AccountId
    instrument: Instrument
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    reduce_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing that a step wants done.

    Attributes:
        key: Names it within the tenant; of an order, its intent key.
        round: A step may need several, one after the other: cancel, sell, sell what is left.
        wanted: Of an order.
        order_id: Of the order placed or cancelled.
        code: Why it failed, or what was remarkable.
        filled: Of an order, in base; `filled_quote` what that brought or cost.
    """

    key: str
    step: int
    round: int
    kind: IntentKind
    wanted: Wanted | None = None
    order_id: OrderId | None = None
    state: IntentState = IntentState.OPEN
    code: str | None = None
    message: str | None = None
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    recorded_at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRun:
    """One step of a firing.

    Attributes:
        residue: What a sale had to leave.
        code: Why it failed or was halted.
    """

    step: int
    action: Action
    state: RunState = RunState.WAITING
    code: str | None = None
    message: str | None = None
    residue: tuple[Residue, ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRuns:
    """All of a firing.

    Attributes:
        attempts: How often somebody took it up; the last one alone may write.
        intents: Of all steps, in the order in which they were recorded.
    """

    due: ActionsDue
    attempts: int
    runs: tuple[ActionRun, ...]
    intents: tuple[Intent, ...]
    created_at: datetime
    taken_at: datetime | None = None
    finished_at: datetime | None = None

    def of(self, step: int) -> tuple[Intent, ...]:
        """The intents of a step."""
        return tuple(intent for intent in self.intents if intent.step == step)


def intent_key(firing_id: FiringId, step: int, round_: int, name: str) -> str:
    """The name of an intent: `firing:<id>:2:1:<account>:BTC/USDT:0`."""
    return f"firing:{firing_id}:{step}:{round_}:{name}"


def last_round(intents: Sequence[Intent]) -> tuple[Intent, ...]:
    """The intents of the newest round of a step."""
    newest = max((intent.round for intent in intents), default=0)
    return tuple(intent for intent in intents if intent.round == newest)

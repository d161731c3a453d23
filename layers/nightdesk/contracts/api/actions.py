"""Actions of rule sets: what they may be, what they would do now, and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from nightdesk.alerts.model import Severity
from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.contracts.api.ledger import EntryShape
from nightdesk.contracts.api.orders import OrderDetail, OrderShape
from nightdesk.execution.liquidation import Left
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules.action_runs import IntentKind, IntentState, RunState
from nightdesk.rules.actions import (
    ACTIONS_MAX,
    TEMPLATE_LENGTH_MAX,
    URL_LENGTH_MAX,
    BotPart,
    FailurePolicy,
    SizeUnit,
)

_Text = Annotated[str, Field(max_length=100)]


class ScopeShape(RequestShape):
    """Which part of the portfolio; `kind` follows from what is named and may be left out."""

    kind: Literal["portfolio", "account", "position"] | None = None
    account_id: UUID | None = None
    asset: _Text | None = None


class SizeShape(RequestShape):
    """How much: units of the base or quote asset, or a ratio of what is free, more than 0 up to 1."""

    unit: SizeUnit
    value: DecimalText


class PanicSellShape(RequestShape):
    """Cancel the open orders of the scope and sell all of it at the market."""

    kind: Literal["panic_sell"]
    scope: ScopeShape = ScopeShape()
    into: _Text | None = None


class SellShape(RequestShape):
    """Sell of one position at the market."""

    kind: Literal["sell"]
    asset: _Text
    size: SizeShape = SizeShape(unit=SizeUnit.RATIO, value="1")
    account_id: UUID | None = None
    into: _Text | None = None


class ReduceShape(RequestShape):
    """Sell the same ratio of every position of the scope."""

    kind: Literal["reduce"]
    ratio: DecimalText
    scope: ScopeShape = ScopeShape()
    into: _Text | None = None


class PlaceOrderShape(RequestShape):
    """Place one order; a limit order names a price, or how far off the last one it is when it fires."""

    kind: Literal["place_order"]
    account_id: UUID
    instrument: _Text
    side: Side
    size: SizeShape
    type: OrderType = OrderType.MARKET
    limit_price: DecimalText | None = None
    limit_offset_ratio: DecimalText | None = None
    reduce_only: bool = False


class CancelOrdersShape(RequestShape):
    """Cancel the open orders of the scope."""

    kind: Literal["cancel_orders"]
    scope: ScopeShape = ScopeShape()
    side: Side | None = None


class HaltTradingShape(RequestShape):
    """Pull the kill switch."""

    kind: Literal["halt_trading"]
    scope: ScopeShape = ScopeShape()
    allow_reducing: bool = False


class NotifyShape(RequestShape):
    """Tell somebody; the text may hold `$rule_set`, `$fired_at`, `$reason`, `$step`."""

    kind: Literal["notify"]
    text: Annotated[str, Field(max_length=TEMPLATE_LENGTH_MAX)] = ""
    severity: Severity = Severity.WARNING
    channels: tuple[UUID, ...] = ()


class CallWebhookShape(RequestShape):
    """Post the firing to an address."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(max_length=URL_LENGTH_MAX)]
    signed: bool = True


class ReduceBotBuyAmountShape(RequestShape):
    """Let a bot buy for less."""

    kind: Literal["reduce_bot_buy_amount"]
    bot_id: _Text
    ratio: DecimalText


class SwitchBotShape(RequestShape):
    """Switch a bot, or its buying or selling."""

    kind: Literal["switch_bot"]
    bot_id: _Text
    part: BotPart
    on: bool


ActionShape = Annotated[
    PanicSellShape
    | SellShape
    | ReduceShape
    | PlaceOrderShape
    | CancelOrdersShape
    | HaltTradingShape
    | NotifyShape
    | CallWebhookShape
    | ReduceBotBuyAmountShape
    | SwitchBotShape,
    Field(discriminator="kind"),
]
ActionShapes = Annotated[list[ActionShape], Field(min_length=1, max_length=ACTIONS_MAX)]


class PreviewActions(RequestShape):
    """Actions to be tried without doing anything."""

    actions: ActionShapes


class SaleShape(Shape):
    """A market order to sell; `brings` is about what, at the last price and before fees."""

    account_id: UUID
    instrument: str
    quantity: DecimalText
    brings: DecimalText


class ResidueShape(Shape):
    """What can't be sold, and why."""

    account_id: UUID
    asset: str
    quantity: DecimalText
    why: Left


class WantedShape(Shape):
    """An order as a step wants it."""

    account_id: UUID
    instrument: str
    side: Side
    type: OrderType
    quantity: DecimalText
    price: DecimalText | None
    reduce_only: bool


class ActionPreviewShape(Shape):
    """What one step would do now; a code says why it would not."""

    step: int
    action: ActionShape
    dangerous: bool
    cancels: list[OrderShape]
    sells: list[SaleShape]
    residue: list[ResidueShape]
    order: WantedShape | None
    code: str | None
    message: str | None


class PreviewShape(Shape):
    """What every step would do now, and whether a person has to confirm it at set-up."""

    items: list[ActionPreviewShape]
    confirmation_needed: bool
    as_of: InstantText


class IntentShape(Shape):
    """One thing that a step wanted done: the order with what it went through, and the ledger's entries of its fills."""

    key: str
    round: int
    kind: IntentKind
    state: IntentState
    code: str | None
    message: str | None
    wanted: WantedShape | None
    filled: DecimalText
    filled_quote: DecimalText
    order: OrderDetail | None
    fills: list[EntryShape]
    recorded_at: InstantText
    settled_at: InstantText | None


class RunShape(Shape):
    """What became of one step."""

    step: int
    action: ActionShape
    state: RunState
    code: str | None
    message: str | None
    residue: list[ResidueShape]
    intents: list[IntentShape]
    started_at: InstantText | None
    finished_at: InstantText | None


class EvidenceShape(Shape):
    """A figure that the rules saw when they fired."""

    text: str
    value: DecimalText | None
    source: str
    at: InstantText | None


class FiringRunsShape(Shape):
    """What a firing did: seen, fired, taken up, and each step."""

    firing_id: UUID
    rule_set_id: UUID
    rule_set_version: int
    rule_set: str
    reason: str
    policy: FailurePolicy
    correlation_id: str
    evidence: list[EvidenceShape]
    runs: list[RunShape]
    seen_at: InstantText | None
    fired_at: InstantText
    created_at: InstantText
    taken_at: InstantText | None
    finished_at: InstantText | None


class FiringRunsList(Shape):
    """Firings, newest first; without orders, fills and evidence."""

    items: list[FiringRunsShape]


class ActionWebhookSecretShape(Shape):
    """What receivers of the webhook action verify its signature with."""

    secret: str

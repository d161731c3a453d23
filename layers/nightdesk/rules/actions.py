"""What a rule set does when it fires: the kinds of action, and which of them are dangerous."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.alerts.model import ChannelId, Severity
from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope, ScopeKind
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import require_amount
from nightdesk.markets.orders import OrderType, Side

ACTIONS_MAX: Final = 20
TEMPLATE_LENGTH_MAX: Final = 2000
URL_LENGTH_MAX: Final = 2000
TEMPLATE_NAMES: Final = frozenset({"rule_set", "fired_at", "reason", "step"})
"""What `$name` may stand for in a message."""

_TYPES: Final = (OrderType.MARKET, OrderType.LIMIT)
_PLACEHOLDER = re.compile(r"\$(?:\{([a-z_]+)\}|([a-z_]+))")


class FailurePolicy(StrEnum):
    """What follows when a step of a firing fails; in each case an alert says so.

    STOP leaves out the steps that are left. CONTINUE takes the next step. ESCALATE raises the alert as critical
    (which goes to the second channel when nobody acknowledges it) and takes the next step.
    """

    STOP = "stop"
    CONTINUE = "continue"
    ESCALATE = "escalate"


class SizeUnit(StrEnum):
    """What the number of a size counts."""

    BASE = "base"
    QUOTE = "quote"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Size:
    """How much to trade: units of the base asset, of the quote asset, or a part of what is free, 0 < ratio <= 1."""

    unit: SizeUnit
    value: Decimal

    def __post_init__(self) -> None:
        require_amount(self.value)
        if self.value <= 0:
            raise InvalidInput("actions.size_not_positive", "A size must be more than zero.")
        if self.unit is SizeUnit.RATIO and self.value > 1:
            raise InvalidInput("actions.ratio_over_one", "A ratio is at most 1: all of it.")


ALL: Final = Size(SizeUnit.RATIO, Decimal(1))


class BotPart(StrEnum):
    """What of a bot is switched."""

    BOT = "bot"
    BUYING = "buying"
    SELLING = "selling"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanicSell:
    """Cancel the open orders of the scope and sell all of it at the market.

    Attributes:
        into: Sell into this asset; None for the portfolio's base asset, or where that has no market the quote asset
            that trades most.
    """

    scope: Scope = WHOLE_PORTFOLIO
    into: AssetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sell:
    """Sell of one position at the market.

    Attributes:
        account_id: Only there; None sells in every account that holds the asset, in proportion.
        size: Of the base asset or a ratio of what is held.
    """

    asset: AssetId
    size: Size = ALL
    account_id: AccountId | None = None
    into: AssetId | None = None

    def __post_init__(self) -> None:
        if self.size.unit is SizeUnit.QUOTE:
            raise InvalidInput("actions.size_unit", "A position is sold by amount or ratio, not by what it brings.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduce:
    """Sell the same ratio of every position of the scope at the market; open orders stay."""

    ratio: Decimal
    scope: Scope = WHOLE_PORTFOLIO
    into: AssetId | None = None

    def __post_init__(self) -> None:
        Size(SizeUnit.RATIO, self.ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place one order.

    Attributes:
        limit_price: Of a limit order, in quote per base.
        limit_offset_ratio: Of a limit order instead of a price: off the last price when it fires, -0.01 is 1 % below.
        reduce_only: Never sell more than is free; a sale of less than the smallest order is left out.
    """

    account_id: AccountId
    instrument: Instrument
    side: Side
    size: Size
    type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    limit_offset_ratio: Decimal | None = None
    reduce_only: bool = False

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise InvalidInput("actions.order_type", "An action places a market or a limit order.")
        prices = [price for price in (self.limit_price, self.limit_offset_ratio) if price is not None]
        if len(prices) != (self.type is OrderType.LIMIT):
            raise InvalidInput("actions.limit_price", "A limit order names one price, a market order none.")
        if self.limit_price is not None and require_amount(self.limit_price) <= 0:
            raise InvalidInput("actions.price_not_positive", "A price must be more than zero.")
        if self.limit_offset_ratio is not None and require_amount(self.limit_offset_ratio) <= -1:
            raise InvalidInput("actions.price_not_positive", "A price must be more than zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrders:
    """Cancel the open orders of the scope."""

    scope: Scope = WHOLE_PORTFOLIO
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltTrading:
    """Pull the tenant's kill switch: nothing more is traded until a person releases it; later steps neither.

    Attributes:
        allow_reducing: Let later panic sells of this and other rule sets still sell.
    """

    scope: Scope = WHOLE_PORTFOLIO
    allow_reducing: bool = False

    def __post_init__(self) -> None:
        if self.scope.kind is not ScopeKind.PORTFOLIO:
            raise InvalidInput("actions.halt_scope", "Only the trading of the whole portfolio can be halted.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell somebody.

    Attributes:
        text: May hold `$rule_set`, `$fired_at`, `$reason`, `$step`; empty for the reason alone.
        channels: Only these; empty for every channel that takes such alerts.
    """

    text: str = ""
    severity: Severity = Severity.WARNING
    channels: tuple[ChannelId, ...] = ()

    def __post_init__(self) -> None:
        _check_template(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWebhook:
    """Post the firing as JSON to an address of the user's, signed unless it is switched off."""

    url: str
    signed: bool = True

    def __post_init__(self) -> None:
        if (
            not self.url.startswith("https://") or len(self.url) > URL_LENGTH_MAX
        ):  # the sender checks the address itself
            raise InvalidInput("actions.webhook_url", "A webhook's address begins with https://.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceBotBuyAmount:
    """Let a bot buy for less: what it spends at a time, less the ratio."""

    bot_id: str
    ratio: Decimal

    def __post_init__(self) -> None:
        Size(SizeUnit.RATIO, self.ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchBot:
    """Switch a bot, or its buying or selling, on or off."""

    bot_id: str
    part: BotPart
    on: bool


Action = (
    PanicSell
    | Sell
    | Reduce
    | PlaceOrder
    | CancelOrders
    | HaltTrading
    | Notify
    | CallWebhook
    | ReduceBotBuyAmount
    | SwitchBot
)

KINDS: Final[dict[str, type[Action]]] = {
    "panic_sell": PanicSell,
    "sell": Sell,
    "reduce": Reduce,
    "place_order": PlaceOrder,
    "cancel_orders": CancelOrders,
    "halt_trading": HaltTrading,
    "notify": Notify,
    "webhook": CallWebhook,
    "reduce_bot_buy_amount": ReduceBotBuyAmount,
    "switch_bot": SwitchBot,
}
_KIND_OF: Final = {shape: kind for kind, shape in KINDS.items()}
_HARMLESS: Final = (Notify, CallWebhook)


def kind_of(action: Action) -> str:
    """The action's name: `panic_sell`."""
    return _KIND_OF[type(action)]


def is_dangerous(action: Action) -> bool:
    """Whether it moves money or changes what may: a person confirms such a one when it is set up."""
    return not isinstance(action, _HARMLESS)


def any_dangerous(actions: Sequence[Action]) -> bool:
    """Whether one of them is dangerous."""
    return any(map(is_dangerous, actions))


def check_actions(actions: Sequence[Action]) -> None:
    """Refuse a sequence that can't be run.

    Raises:
        InvalidInput: `actions.none`, `actions.too_many`.
    """
    if not actions:
        raise InvalidInput("actions.none", "A rule set needs at least one action.")
    if len(actions) > ACTIONS_MAX:
        raise InvalidInput("actions.too_many", f"A rule set has at most {ACTIONS_MAX} actions.")


def _check_template(text: str) -> None:
    if len(text) > TEMPLATE_LENGTH_MAX:
        raise InvalidInput("actions.template_too_long", f"A message has at most {TEMPLATE_LENGTH_MAX} characters.")
    for braced, bare in _PLACEHOLDER.findall(text):
        if (braced or bare) not in TEMPLATE_NAMES:
            raise InvalidInput("actions.template_unknown", f"${braced or bare} can't stand in a message.")

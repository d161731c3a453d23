"""What a replay is asked: over which bars, with what, and what trading costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import bar_at, bar_index
from nightdesk.indicators.batch import Clock
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import format_amount, require_amount
from nightdesk.rules.replay_broker import FillModel
from nightdesk.rules.replay_patience import ENDLESS, Patience

BARS_MAX: Final = 600_000
"""So many bars a replay has at most."""

WORK_MAX: Final = 6_000_000
"""Bars times rule sets, over all combinations of a sweep."""

FIGURES_MAX: Final = 40_000_000
"""Bars times different indicators and columns; each takes eight bytes."""


@dataclass(frozen=True, slots=True)
class StartAmount:
    """What a replay begins with; without an account it is in the one that the rule sets trade on."""

    asset: AssetId
    amount: Decimal
    account_id: AccountId | None = None

    def __post_init__(self) -> None:
        if require_amount(self.amount) < 0:
            raise InvalidInput("replay.balance_negative", "A balance is not below 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Over which bars, with what, at what cost.

    Attributes:
        balances: None begins with what the portfolio holds now.
        patience: How long reading and replaying may take together.
    """

    since: datetime
    until: datetime
    resolution: Resolution = Resolution.MINUTES_15
    balances: Sequence[StartAmount] | None = None
    model: FillModel = field(default_factory=FillModel)
    patience: Patience = ENDLESS

    @property
    def clock(self) -> Clock:
        """The whole bars between.

        Raises:
            InvalidInput: `replay.range`: there are none; `replay.too_long`.
        """
        first = bar_index(self.since, self.resolution)
        first += bar_at(first, self.resolution) < self.since
        end = bar_index(self.until, self.resolution)
        if end <= first:
            raise InvalidInput("replay.range", f"No whole bar of {self.resolution} lies between these instants.")
        if end - first > BARS_MAX:
            raise InvalidInput("replay.too_long", f"{end - first} bars are too many; a replay has {BARS_MAX} at most.")
        return Clock(resolution=self.resolution, first=first, end=end)


def fill_model(fee_ratio: Decimal, slippage_ratio: Decimal) -> FillModel:
    """The model with these costs.

    Raises:
        InvalidInput: `replay.cost`.
    """
    for name, ratio in (("fee_ratio", fee_ratio), ("slippage_ratio", slippage_ratio)):
        if not 0 <= require_amount(ratio) < 1:
            raise InvalidInput("replay.cost", f"{name}: This is 0 or more and less than 1.")
    return FillModel(fee_ratio=fee_ratio, slippage_ratio=slippage_ratio)


def require_work(bars: int, rule_sets: int) -> None:
    """Pass if so much can be replayed in one request.

    Raises:
        InvalidInput: `replay.too_long`.
    """
    if bars * rule_sets > WORK_MAX:
        message = f"{bars} bars times {rule_sets} rule sets are too much for one replay; longer bars or less time."
        raise InvalidInput("replay.too_long", message)


def require_room(bars: int, figures: int) -> None:
    """Pass if so many figures fit into memory at each of so many bars.

    Raises:
        InvalidInput: `replay.too_long`.
    """
    if bars * figures > FIGURES_MAX:
        message = f"{figures} indicators at {bars} bars are too much for one replay; longer bars or less time."
        raise InvalidInput("replay.too_long", message)


def told_model(model: FillModel) -> list[str]:
    """The fill model for a person, a sentence each."""
    fee, slippage = (format_amount(ratio * 100) for ratio in (model.fee_ratio, model.slippage_ratio))
    return [
        "Decisions are made when a bar ends, on closed bars only; live rules also look within bars.",
        f"A market order is filled whole at the next bar's open, {slippage} % worse.",
        "A limit order is filled whole in the first later bar that trades at its price or through it.",
        f"A fee of {fee} % is taken from what comes in; quantities are rounded down to {model.lot:f}.",
        "A sale never sells more than is held and a purchase never spends more than is there.",
        "Depth, latency, outages and the venue's order limits are not modelled.",
    ]


def starting(balances: Sequence[StartAmount], account_id: AccountId) -> Mapping[tuple[AccountId, AssetId], Decimal]:
    """What each account begins with."""
    begun: dict[tuple[AccountId, AssetId], Decimal] = {}
    for each in balances:
        key = (each.account_id or account_id, each.asset)
        begun[key] = begun.get(key, Decimal(0)) + each.amount
    return begun

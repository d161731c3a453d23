"""Replays: rule sets over stored bars, what they would have done, grids of parameters, templates, and shadow runs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from nightdesk.candles.resolutions import Resolution
from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.contracts.api.rules import FiringShape, SeenShape, WriteRuleSet
from nightdesk.markets.orders import Side
from nightdesk.rules.model import Mode

RULE_SETS_MAX = 10
BALANCES_MAX = 50
GRID_VALUES_MAX = 20
GRID_NAMES_MAX = 3

_Text = Annotated[str, Field(min_length=1, max_length=100)]
Instant = Annotated[str, Field(min_length=1, max_length=40, examples=["2026-03-01T12:00:00Z"])]
Parameters = Annotated[
    dict[str, _Text], Field(default_factory=dict, max_length=20, examples=[{"instrument": "BINANCE:BTC/USDT"}])
]
"""A template's parameters by name, each as text; those left out have their defaults."""


class StartBalance(RequestShape):
    """What a replay begins with; without an account it is in the one that the rule sets trade on."""

    asset: _Text
    amount: DecimalText
    account_id: UUID | None = None


Balances = Annotated[list[StartBalance], Field(min_length=1, max_length=BALANCES_MAX)] | Literal["portfolio"]
"""What a replay begins with: given, or what the portfolio holds now."""


class TemplateChoice(RequestShape):
    """A strategy made of a template."""

    template: _Text
    parameters: Parameters


class ReplayTerms(RequestShape):
    """Over which bars, with what, and what trading costs.

    `from` and `to` are RFC 3339 or milliseconds since 1970; decisions are made at the ends of the bars between.
    """

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    resolution: Resolution = Resolution.MINUTES_15
    balances: Balances = "portfolio"
    fee_ratio: DecimalText = "0.001"
    slippage_ratio: DecimalText = "0.0005"


class AskReplay(ReplayTerms):
    """Exactly one of: stored rule sets, rule sets as the rules' API takes them, or a template."""

    rule_set_ids: Annotated[list[UUID], Field(default_factory=list, max_length=RULE_SETS_MAX)]
    rule_sets: Annotated[list[WriteRuleSet], Field(default_factory=list, max_length=RULE_SETS_MAX)]
    template: TemplateChoice | None = None


SortKey = Literal["return_ratio", "max_drawdown_ratio", "end_value", "win_ratio", "trades", "fees_paid"]


class AskSweep(ReplayTerms):
    """Every combination of the grid's values over a template; `parameters` are those that stay.

    Best first: the most of `sort`, but the least drawdown and the least fees.
    """

    template: _Text
    parameters: Parameters
    grid: Annotated[
        dict[str, Annotated[list[_Text], Field(min_length=1, max_length=GRID_VALUES_MAX)]],
        Field(min_length=1, max_length=GRID_NAMES_MAX, examples=[{"buy_below": ["20", "25", "30"]}]),
    ]
    sort: SortKey = "return_ratio"


class FillModelShape(Shape):
    """How orders were filled; `text` says it for a person, a sentence each."""

    fee_ratio: DecimalText
    slippage_ratio: DecimalText
    lot: DecimalText
    text: list[str]


class OutcomeShape(Shape):
    """What became of an action: `done`, `nothing_to_do`, `halted`, `told` (recorded only), `not_connected` (bots)."""

    action: str
    outcome: str


class ReplayFiringShape(Shape):
    """A rule set fired at the end of a bar, with every figure that was read; `rule_set` counts from 0."""

    rule_set: int
    instant: InstantText
    evidence: list[SeenShape]
    outcomes: list[OutcomeShape]


class ReplayFillShape(Shape):
    """An order as it was filled; `gain` is what a sale realised in the base asset, null where no cost was known."""

    at: InstantText
    account_id: UUID
    instrument: str
    side: Side
    quantity: DecimalText
    price: DecimalText
    fee: DecimalText
    fee_asset: str
    reason: str
    gain: DecimalText | None


class HeldAssetShape(Shape):
    """So much of an asset in an account, and what it is worth in the base asset; null without a price."""

    account_id: UUID
    asset: str
    amount: DecimalText
    value: DecimalText | None


class EquityShape(Shape):
    """Values for showing, at most 2,000: at the ends of bars, in milliseconds since 1970; null where not known.

    `hold` is what the beginning balances alone were worth.
    """

    at: list[int]
    values: list[float | None]
    hold: list[float | None]


class FiguresShape(Shape):
    """What came of it, in the base asset.

    `trades` are fills, `sales` those that realised a known gain or loss, `win_ratio` the part of these that gained;
    `exposure_ratio` the mean part of the value that is in assets which the replay's markets trade against another.
    """

    start_value: DecimalText
    end_value: DecimalText
    return_ratio: DecimalText | None
    max_drawdown_ratio: DecimalText
    trades: int
    sales: int
    win_ratio: DecimalText | None
    realised: DecimalText
    fees_paid: DecimalText
    exposure_ratio: DecimalText
    firings: int


class HoldFiguresShape(Shape):
    """Beside it: holding what there was at the beginning."""

    end_value: DecimalText
    return_ratio: DecimalText | None
    max_drawdown_ratio: DecimalText


class MarketHoldShape(HoldFiguresShape):
    """Beside it: everything put into the market's base asset at the first bar, without costs."""

    instrument: str


class ReplayShape(Shape):
    """A replay. Firings and fills are the first 1,000 each; the figures count all of them.

    `notes` say what a person should know: assets without a price, bars that are missing.
    """

    from_: Annotated[InstantText, Field(serialization_alias="from")]
    to: InstantText
    resolution: Resolution
    bars: int
    base_asset: str
    fill_model: FillModelShape
    rule_sets: list[WriteRuleSet]
    figures: FiguresShape
    hold: HoldFiguresShape
    buy_and_hold: MarketHoldShape | None
    equity: EquityShape
    firings: list[ReplayFiringShape]
    fills: list[ReplayFillShape]
    start: list[HeldAssetShape]
    end: list[HeldAssetShape]
    notes: list[str]
    took_ms: float


class SweepRowShape(Shape):
    """One combination and what came of it."""

    parameters: dict[str, str]
    figures: FiguresShape


class RefusedRowShape(Shape):
    """A combination that makes no strategy, and why."""

    parameters: dict[str, str]
    code: str
    message: str


class SweepShape(Shape):
    """A grid's results, best first."""

    from_: Annotated[InstantText, Field(serialization_alias="from")]
    to: InstantText
    resolution: Resolution
    bars: int
    base_asset: str
    template: str
    sort: SortKey
    fill_model: FillModelShape
    rows: list[SweepRowShape]
    refused: list[RefusedRowShape]
    hold: HoldFiguresShape
    buy_and_hold: MarketHoldShape | None
    notes: list[str]
    took_ms: float


class TemplateParameterShape(Shape):
    """A template's parameter, sent as text.

    `kind`: `instrument` (`BINANCE:BTC/USDT`), `account` (an account's id), `resolution`, `integer`, `decimal`,
    `ratio` (0.05 is 5 %). `default` null must be given. `least` and `most` are allowed themselves.
    """

    name: str
    label: str
    description: str
    kind: Literal["instrument", "account", "resolution", "integer", "decimal", "ratio"]
    default: str | None
    least: DecimalText | None
    most: DecimalText | None


class TemplateShape(Shape):
    """A strategy of few parameters."""

    template: str
    name: str
    description: str
    parameters: list[TemplateParameterShape]


class TemplateList(Shape):
    """Every template."""

    items: list[TemplateShape]


class AskTemplate(RequestShape):
    """Parameters of a template."""

    parameters: Parameters


class BuiltTemplate(Shape):
    """The rule sets of a strategy, each to be sent to `POST /api/v1/rule-sets`; nothing is kept."""

    rule_sets: list[WriteRuleSet]


class ShadowShape(Shape):
    """A rule set's run in shadow.

    `firings` are those it decided since it began, as it decided them; `simulated` is what they would have done by the
    replay's fill model on one-minute bars since then, null while there are none. `live_from` is when it may go live,
    `days_left` until then: 0 when it may.
    """

    rule_set_id: UUID
    version: int
    mode: Mode
    shadow_since: InstantText | None
    live_from: InstantText | None
    days_left: float | None
    firings: list[FiringShape]
    simulated: ReplayShape | None

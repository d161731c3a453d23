"""Reference data: exchange rates with their sources, market capitalisations and highs, and how the sources are."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from nightdesk.contracts.api.common import DecimalText, InstantText, Shape


class ToldRateShape(Shape):
    """What one source says, per dollar."""

    source: str
    rate: DecimalText
    at: InstantText


class FxRateShape(Shape):
    """A currency's rate, units per dollar.

    Attributes:
        rate: What values are shown by, if `used`; while the sources differ the last that they agreed on.
        first: What the first source says while they differ.
        other: What the second source says.
    """

    currency: str
    state: Literal["agreed", "single", "differs", "stale"]
    rate: DecimalText
    source: str
    at: InstantText
    used: bool
    first: ToldRateShape | None
    other: ToldRateShape | None
    deviation_ratio: DecimalText | None
    differs_since: InstantText | None


class FxRatePage(Shape):
    """Some of them, by currency."""

    items: list[FxRateShape]
    base: str
    bound_ratio: DecimalText
    next_cursor: str | None


class MarketCapShape(Shape):
    """A listed coin; money in dollars.

    Attributes:
        cap_id: The source's own number: symbols are not unique.
        asset: Which of ours it is; null where that isn't proven, then `unmapped` says why.
        high_known_since: Prices before are not known; null: the high is of all time.
        potential_ratio: What the price would gain up to the high.
        drawdown_ratio: How far it is below the high.
    """

    cap_id: int
    rank: int
    symbol: str
    name: str
    asset: str | None
    mapped_by: Literal["id", "symbol_and_price"] | None
    unmapped: Literal["shared_symbol", "no_price", "price_differs", "another_is"] | None
    price: DecimalText
    market_cap: DecimalText | None
    circulating_supply: DecimalText | None
    volume_day: DecimalText | None
    change_day_ratio: DecimalText | None
    stable: bool
    updated_at: InstantText
    high: DecimalText
    high_at: InstantText
    high_known_since: InstantText | None
    potential_ratio: DecimalText
    drawdown_ratio: DecimalText


class MarketCapPage(Shape):
    """Some of them, by rank."""

    items: list[MarketCapShape]
    next_cursor: str | None


class SourceShape(Shape):
    """How a source of reference data is.

    Attributes:
        made_at: When it says that its last answer was made.
        failure_code: Why the last question failed; null when it did not.
        credits_month: Of the plan's, spent in the month of `asked_at`; null where none are counted.
    """

    source: str
    asked_at: InstantText
    answered_at: InstantText | None
    made_at: InstantText | None
    items: int
    failure_code: str | None
    credits_month: int | None


class SourceList(Shape):
    """Every source that was ever asked."""

    items: list[SourceShape]
    as_of: InstantText


class CapBucketShape(Shape):
    """A part of the portfolio; `value` in its base asset."""

    name: str
    value: DecimalText
    share_ratio: DecimalText | None
    assets: list[str]


class CapPositionShape(Shape):
    """An asset that is held, beside its listing."""

    asset: str
    quantity: DecimalText
    value: DecimalText | None
    share_ratio: DecimalText | None
    size: Literal["mega", "large", "mid", "small", "micro", "unknown"]
    distance: Literal["near", "moderate", "far", "very_far", "stable", "unknown"]
    potential_ratio: DecimalText | None
    listing: MarketCapShape | None


class PortfolioCapsShape(Shape):
    """A portfolio by market capitalisation and by distance from all-time highs.

    Attributes:
        potential_ratio: What the part whose highs are known would gain at all its highs at once.
        covered_ratio: How much of the value that part is.
        listed_at: When the listing was made; null while there is none.
    """

    portfolio_id: UUID
    base_asset: str
    as_of: InstantText
    listed_at: InstantText | None
    positions: list[CapPositionShape]
    by_size: list[CapBucketShape]
    by_distance: list[CapBucketShape]
    potential_ratio: DecimalText | None
    covered_ratio: DecimalText | None


class MarketDayShape(Shape):
    """What stored bars say of a market's last day; floats like bars.

    Attributes:
        since: The start of the first bar counted; less than 24 hours ago where fewer are stored.
        open: Of that bar.
        volume: In the base asset.
    """

    series: str
    since: InstantText
    open: float
    volume: float


class MarketDayPage(Shape):
    """Some of them, by series."""

    items: list[MarketDayShape]
    next_cursor: str | None

"""What a portfolio's value rests on: every price, and every venue behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nightdesk.contracts.api.common import DecimalText, InstantText, Shape

VerdictText = Literal["agreed", "composite", "one_source", "disputed"]


class PriceSourceShape(Shape):
    """What one market at one venue says.

    Attributes:
        price: As the market tells it, made `at`.
        converted: In the step's quote; null where no market tells the rate.
        deviation_bp: Of `converted` from the median, in basis points.
        is_fresh: Whether it counted.
    """

    venue: str
    symbol: str
    price: DecimalText
    at: InstantText
    converted: DecimalText | None
    deviation_bp: DecimalText | None
    is_fresh: bool


class PriceStepShape(Shape):
    """One market on the way from an asset to the base asset.

    Attributes:
        verdict: `agreed`: a venue's own price, confirmed by others; `composite`: the median; `one_source`, `disputed`:
            not proven.
        venue: Whose own price counts; null for the median.
    """

    symbol: str
    value: DecimalText
    at: InstantText
    verdict: VerdictText
    venue: str | None
    median: DecimalText
    sources: list[PriceSourceShape]


class AssetValuationShape(Shape):
    """An asset that was held.

    Attributes:
        price: In the base asset; null where none was known: it is in no value.
        priced_at: When the oldest price behind it was made; null for the base asset itself.
        verdict: The worst of its steps.
        is_proven: Whether more than one source stands behind each step.
    """

    asset: str
    quantity: DecimalText
    price: DecimalText | None
    priced_at: InstantText | None
    value: DecimalText | None
    verdict: VerdictText | None
    is_proven: bool
    steps: list[PriceStepShape]


class ValuationShape(Shape):
    """A portfolio's holdings and what their value rests on.

    Attributes:
        at: Of the valuation: now, or the end of the last 15-minute candle up to the instant that was asked about.
        value: Of what has a price.
        is_proven: Whether every price is.
    """

    portfolio_id: str
    at: InstantText
    base_asset: str
    value: DecimalText
    is_proven: bool
    unproven: int = Field(ge=0)
    assets: list[AssetValuationShape]

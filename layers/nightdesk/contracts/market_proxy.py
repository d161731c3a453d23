"""What is asked of the function `market_proxy` and what it answers, as JSON of a synchronous invocation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nightdesk.candles.model import Candle
from nightdesk.candles.proxying import BARS_MAX, BarsWish
from nightdesk.contracts.gateway import GatewayFailure
from nightdesk.contracts.gateway_forms import error_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import from_ms, to_ms

BarRow = tuple[int, float, float, float, float, float]


class BarsRequest(BaseModel):
    """Which bars; instants in milliseconds since 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: str = Field(max_length=40)
    symbol: str = Field(max_length=160)
    resolution: str = Field(max_length=5)
    since_ms: int
    until_ms: int
    limit: int = Field(ge=1, le=BARS_MAX)
    correlation_id: str = Field(max_length=64)


class BarsAnswer(BaseModel):
    """The bars, or why there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bars: list[BarRow] | None = None
    error: GatewayFailure | None = None


def request_of(wish: BarsWish, correlation_id: CorrelationId) -> BarsRequest:
    """The wish as it is sent."""
    return BarsRequest(
        venue=wish.venue,
        symbol=wish.symbol,
        resolution=wish.resolution,
        since_ms=to_ms(wish.since),
        until_ms=to_ms(wish.until),
        limit=wish.limit,
        correlation_id=correlation_id,
    )


def wish_of(request: BarsRequest) -> BarsWish:
    """The wish that was sent."""
    return BarsWish(
        venue=VenueId(request.venue),
        symbol=request.symbol,
        resolution=request.resolution,
        since=from_ms(request.since_ms),
        until=from_ms(request.until_ms),
        limit=request.limit,
    )


def bars_answer(candles: Sequence[Candle]) -> dict[str, Any]:
    """The bars as they are answered."""
    return {"bars": [(to_ms(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in candles]}


def bars_of(answer: BarsAnswer) -> Sequence[Candle]:
    """The bars that were answered.

    Raises:
        NightdeskError: The error that was answered.
    """
    if answer.bars is None:
        raise error_of(answer.error) if answer.error else unavailable()
    return [Candle(from_ms(row[0]), *row[1:]) for row in answer.bars]


def unavailable() -> Unavailable:
    """The function does not answer."""
    return Unavailable("market_proxy.unavailable", "The market proxy does not answer.", retry_after_s=5)

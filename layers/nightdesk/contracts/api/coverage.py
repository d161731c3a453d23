"""How much of the history of markets is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from nightdesk.candles.coverage import Hole
from nightdesk.candles.coverage_desk import CoveredSeries
from nightdesk.contracts.api.common import InstantText, RequestShape, Shape
from nightdesk.kernel.instants import format_instant


class AskCoverage(RequestShape):
    """Have the one-minute bars of a market fetched and kept whole.

    Attributes:
        since: From then on; from the market's listing if left out.
    """

    series: Annotated[str, Field(min_length=3, max_length=100, examples=["BINANCE:BTC/USDT"])]
    since: Annotated[
        str | None,
        Field(alias="from", min_length=1, max_length=40, examples=["2024-01-01T00:00:00Z"]),
    ] = None


class HoleShape(Shape):
    """A run of minutes that are missing, or are not the venue's own.

    Attributes:
        cause: `missing`: not fetched yet. `refused`: the venue's bar contradicts itself. `silent`: the venue left out
            more than a market sleeps. `disagreement`: another venue has them, at prices too far from ours.
            `unconfirmed`: the venue left them out, and no other venue can tell why.
        filled: Whether bars stand there by now; `detail` says whose.
    """

    since: InstantText
    until: InstantText
    minutes: int
    cause: Literal["missing", "refused", "silent", "disagreement", "unconfirmed"]
    filled: bool
    detail: str


class CoverageShape(Shape):
    """How much of a series is stored.

    Attributes:
        state: `wanted`: its listing is not known yet. `filling`. `whole`: every minute is there. `broken`: some can't
            be had, the holes say why. `refused`: the venue has no such market.
        asked: Whether the caller's tenant asked for it.
        listed_at: The first minute that the venue tells.
        horizon: Why the venue tells nothing older, where that is known.
        since: Minutes are stored from here.
        until: Up to here; later ones come from the live streams.
        bars: Stored of `expected`.
        holes: The newest twenty, the open ones first; `open_holes` counts all that are open.
        eta_s: Seconds until the rest is there, where it can be told.
    """

    series: str
    state: Literal["wanted", "filling", "whole", "broken", "refused"]
    asked: bool
    listed_at: InstantText | None
    horizon: str
    since: InstantText | None
    until: InstantText | None
    bars: int
    expected: int
    holes: list[HoleShape]
    open_holes: int
    verified_at: InstantText | None
    eta_s: float | None
    error_code: str | None
    error_message: str | None


class CoveragePage(Shape):
    """Series by name.

    Attributes:
        next_cursor: Give it back as `cursor` to read on; null at the end.
    """

    items: list[CoverageShape]
    next_cursor: str | None


def coverage_page(found: tuple[list[CoveredSeries], str | None]) -> CoveragePage:
    """The page as it is answered."""
    items, more = found
    return CoveragePage(items=[coverage_shape(each) for each in items], next_cursor=more)


def coverage_shape(each: CoveredSeries) -> CoverageShape:
    """The series as it is answered."""
    return CoverageShape(
        series=each.series,
        state=each.state.value,
        asked=each.is_asked,
        listed_at=_text(each.listed_at),
        horizon=each.horizon,
        since=_text(each.since),
        until=_text(each.until),
        bars=each.bars,
        expected=each.expected,
        holes=[_hole(hole) for hole in each.holes],
        open_holes=each.open_holes,
        verified_at=_text(each.verified_at),
        eta_s=each.eta_s,
        error_code=each.error_code,
        error_message=each.error_message,
    )


def _hole(hole: Hole) -> HoleShape:
    return HoleShape(
        since=format_instant(hole.since),
        until=format_instant(hole.until),
        minutes=hole.minutes,
        cause=hole.cause.value,
        filled=hole.is_filled,
        detail=hole.detail,
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)

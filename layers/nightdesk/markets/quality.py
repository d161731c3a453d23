"""Whether a price that a venue told can be one: each check says why not. Pure and exact.

What is refused is neither published nor kept as a price. A crash is none of that: it moves every venue, so the median
moves with it. A level that holds at its own venue, trade after trade, is believed at last, whatever others say, for
it may be true that a coin costs more there; the composite price then guards what is valued by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import Instrument
from nightdesk.markets.composite import deviation_bp, is_within


class Cause(StrEnum):
    """Why something told is not taken for a price."""

    NOT_FINITE = "not_finite"
    """No number."""
    NEGATIVE = "negative"
    ZERO = "zero"
    CROSSED = "crossed"
    """The bid is above the ask: the quote is refused, the last trade's price may stand."""
    FUTURE = "future"
    """Made later than it is."""
    BACKWARDS = "backwards"
    """A later trade that was made earlier."""
    STALE = "stale"
    """Nothing new comes while other venues move."""
    STUCK = "stuck"
    """The same comes again and again while other venues move."""
    SPIKE = "spike"
    """Far from other venues, or, alone, from its own recent past."""
    VOLUME = "volume"
    """A trade of more than can be, or of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRules:
    """The bounds.

    Attributes:
        ahead: A price may be made so much later than the present: clocks differ.
        back: A later trade may be made so much earlier than one before it.
        spike_bp: How far from the median of other venues a price may lie.
        spike_alone_bp: How far from its own recent median, where nobody else tells a price.
        level_bp: Refused prices so near each other are one level.
        hold: A level is believed after so long, where at most one other venue contradicts.
        hold_against: Likewise where two or more do.
        hold_ticks: And after so many different prices or trades at it.
        stale_after: Without a new price for so long, while others move.
        stuck_after: With the very same price for so long, while others move.
        moved_bp: What counts as moving.
        recent: How far back a market's own recent past goes.
        volume_times: A trade of so many times the largest before it is absurd.
        kept: How many refused prices of a market wait to be believed.
    """

    ahead: timedelta = timedelta(seconds=30)
    back: timedelta = timedelta(seconds=2)
    spike_bp: Decimal = Decimal(500)
    spike_alone_bp: Decimal = Decimal(2000)
    level_bp: Decimal = Decimal(200)
    hold: timedelta = timedelta(seconds=10)
    hold_against: timedelta = timedelta(seconds=60)
    hold_ticks: int = 3
    stale_after: timedelta = timedelta(seconds=60)
    stuck_after: timedelta = timedelta(seconds=120)
    moved_bp: Decimal = Decimal(100)
    recent: timedelta = timedelta(seconds=60)
    volume_times: int = 1_000_000
    kept: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What a venue tells of a market's price; unlike a `Price` it may be nonsense.

    Attributes:
        at: When the venue says `last` was made.
        number: The venue's number of the trade; -1 where it is not known.
    """

    instrument: Instrument
    last: Decimal | None
    at: datetime
    bid: Decimal | None = None
    ask: Decimal | None = None
    number: int = -1


@dataclass(frozen=True, slots=True)
class Others:
    """What other venues say of the same market, in its quote.

    Attributes:
        median: None when nobody says anything.
        count: How many fresh sources it is over.
        moved_bp: How far the median moved since this market last changed; zero when that is not known.
    """

    median: Decimal | None = None
    count: int = 0
    moved_bp: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something told that is not taken for a price, and what it was compared with.

    Attributes:
        seen_at: In wall time.
        compared: The median, or the own recent one, that a spike or stuck price was compared with.
        sources: How many other venues that is of.
        deviation_bp: From what it was compared with.
    """

    cause: Cause
    tick: Tick
    seen_at: datetime
    compared: Decimal | None = None
    sources: int = 0
    deviation_bp: Decimal | None = None


def nonsense(amount: Decimal | None) -> Cause | None:
    """Why an amount can't be a price; None for one that can, or where nothing was told."""
    if amount is None:
        return None
    if not amount.is_finite():
        return Cause.NOT_FINITE
    if amount < 0:
        return Cause.NEGATIVE
    return Cause.ZERO if amount == 0 else None


def bad_quote(tick: Tick) -> Cause | None:
    """Why the best bid and ask can't be a quote; they may be left out, then nothing is wrong."""
    for side in (tick.bid, tick.ask):
        if (cause := nonsense(side)) is not None:
            return cause
    if tick.bid is not None and tick.ask is not None and tick.bid > tick.ask:
        return Cause.CROSSED
    return None


def wrong_time(tick: Tick, newest: Tick | None, present: datetime | None, rules: QualityRules) -> Cause | None:
    """Why a price can't have been made when it says.

    Args:
        tick: The price.
        newest: The newest of its market so far. One that is late is none that goes back: its number is lower.
        present: How late it is; None where nobody can tell.
        rules: The bounds.
    """
    if present is not None and tick.at > present + rules.ahead:
        return Cause.FUTURE
    is_later_trade = newest is not None and -1 < newest.number < tick.number
    if newest is not None and is_later_trade and tick.at < newest.at - rules.back:
        return Cause.BACKWARDS
    return None


def spike_against(last: Decimal, others: Others, recent: Decimal | None, rules: QualityRules) -> Decimal | None:
    """What a price is too far from; None when it is not.

    Two others that contradict it are enough. One other is not, unless the market's own past contradicts it too; and
    alone a market's past must contradict it much more.
    """
    if others.median is not None and others.count > 1:
        return None if is_within(last, others.median, rules.spike_bp) else others.median
    if others.median is not None:
        is_near = recent is None or is_within(last, recent, rules.spike_bp)
        return None if is_near or is_within(last, others.median, rules.spike_bp) else others.median
    return None if recent is None or is_within(last, recent, rules.spike_alone_bp) else recent


def absurd_amount(amount: Decimal, usual: Decimal | None, rules: QualityRules) -> Cause | None:
    """Why a trade's amount can't be; `usual` is the largest of those before it."""
    if not amount.is_finite() or amount <= 0:
        return Cause.VOLUME
    return Cause.VOLUME if usual and amount > usual * rules.volume_times else None


def refused_spike(tick: Tick, seen_at: datetime, compared: Decimal, sources: int) -> Refused:
    """A spike with what it was compared with."""
    assert tick.last is not None  # noqa: S101 - only a price is compared
    return Refused(
        cause=Cause.SPIKE,
        tick=tick,
        seen_at=seen_at,
        compared=compared,
        sources=sources,
        deviation_bp=deviation_bp(tick.last, compared),
    )

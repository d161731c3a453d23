"""Rates of two sources beside each other: what is used, and what is only shown.

Where two sources know a currency neither is believed alone: they have to agree within a bound. While they don't,
the last rate on which they agreed is used on, as long as that is not too old, and the difference is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.money import divide, subtract
from nightdesk.markets.fx import DOLLAR, FxRates

BOUND_RATIO: Final = Decimal("0.03")
"""A central bank's rates are of one afternoon, and a currency moves on; by so much it seldom does in days."""

HOURLY_FRESH: Final = timedelta(hours=3)
DAILY_FRESH: Final = timedelta(days=5)
"""From the Thursday before Easter until the Tuesday after it no reference rates are made."""

KEPT_FOR: Final = timedelta(days=4)
"""So long the last agreed rate is used while the sources differ, and any rate after its source fell silent."""


class RateState(StrEnum):
    """What is known of a rate."""

    AGREED = "agreed"
    """Two sources agree within the bound."""
    SINGLE = "single"
    """Only one source tells it now."""
    DIFFERS = "differs"
    """Two sources tell it and don't agree."""
    STALE = "stale"
    """No source tells it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A rate as a source tells it: units per dollar."""

    source: str
    rate: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRate:
    """A currency's rate after the comparison.

    Attributes:
        rate: Units per dollar; while the sources differ the last that they agreed on, or the first source's.
        source: Whose rate that is.
        at: When that was made.
        other: What the second source says, where it tells anything that is fresh; while they differ also see `first`.
        first: What the first source says while they differ.
        deviation_ratio: Of the first from the second; None without both.
        used: Whether values may be shown by it.
        differs_since: When the present difference was seen first.
    """

    currency: AssetId
    state: RateState
    rate: Decimal
    source: str
    at: datetime
    other: Told | None = None
    first: Told | None = None
    deviation_ratio: Decimal | None = None
    used: bool = True
    differs_since: datetime | None = None


def check(
    first: FxRates | None, second: FxRates | None, before: Iterable[CheckedRate], now: datetime
) -> tuple[CheckedRate, ...]:
    """Every currency that any of them tells or that was known before, by name.

    Args:
        first: The source of many currencies, made hourly.
        second: The one that it is held against, made daily.
        before: What the last comparison gave.
        now: Ages are counted from here.
    """
    known = {rate.currency: rate for rate in before}
    one, two = _told(first, now - HOURLY_FRESH), _told(second, now - DAILY_FRESH)
    currencies = sorted(known.keys() | one.keys() | two.keys())
    return tuple(_checked(each, (one.get(each), two.get(each)), known.get(each), now) for each in currencies)


def _told(table: FxRates | None, since: datetime) -> Mapping[AssetId, Told]:
    """What the table tells per dollar, if it is fresh."""
    if table is None or table.at < since or DOLLAR not in table.rates:
        return {}
    in_dollars = table.priced_in(DOLLAR)
    return {currency: Told(source=table.source, rate=rate, at=table.at) for currency, rate in in_dollars.rates.items()}


def _checked(
    currency: AssetId, told: tuple[Told | None, Told | None], before: CheckedRate | None, now: datetime
) -> CheckedRate:
    first, second = told
    if first and second:
        return _compared(currency, (first, second), before, now)
    if only := first or second:
        return CheckedRate(currency=currency, state=RateState.SINGLE, rate=only.rate, source=only.source, at=only.at)
    if before is None:
        raise Broken("fx.told_by_nobody", f"Nobody ever told a rate of {currency}.")
    used = before.used and now - before.at <= KEPT_FOR
    return CheckedRate(
        currency=currency, state=RateState.STALE, rate=before.rate, source=before.source, at=before.at, used=used
    )


def _compared(currency: AssetId, told: tuple[Told, Told], before: CheckedRate | None, now: datetime) -> CheckedRate:
    first, second = told
    deviation = divide(subtract(first.rate, second.rate).copy_abs(), second.rate)
    if deviation <= BOUND_RATIO:
        return CheckedRate(
            currency=currency,
            state=RateState.AGREED,
            rate=first.rate,
            source=first.source,
            at=first.at,
            other=second,
            deviation_ratio=deviation,
        )
    kept = before if before and before.used and before.state in {RateState.AGREED, RateState.DIFFERS} else None
    return CheckedRate(
        currency=currency,
        state=RateState.DIFFERS,
        rate=kept.rate if kept else first.rate,
        source=kept.source if kept else first.source,
        at=kept.at if kept else first.at,
        other=second,
        first=first,
        deviation_ratio=deviation,
        used=kept is not None and now - kept.at <= KEPT_FOR,
        differs_since=(before.differs_since if before else None) or now,
    )

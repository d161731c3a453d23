"""Fetches the largest coins once an hour and their all-time highs once a day, within the plan's credits.

The hour is taken down before anything is asked, so that an event that comes twice spends nothing twice. An all-time
high is the source's own where the plan has it; between those, and without them, the highest price listed since we look
counts, and it says since when that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import Clock
from nightdesk.markets.caps import CapId, CapsSource, High, Highs, Listing, Listings, MarketCap
from nightdesk.markets.caps_mapping import map_listings
from nightdesk.markets.sources import SourceState, SourceStates

LISTINGS: Final = "coinmarketcap"
PERFORMANCE: Final = "coinmarketcap.highs"
HIGHS_EVERY: Final = timedelta(hours=23)
ASKED_AGAIN_AFTER: Final = timedelta(minutes=5)
"""After so long without an end whoever took the hour is taken for dead."""

Prices = Callable[[], Mapping[AssetId, Decimal]]
"""What venues trade assets at now, in dollars; nothing where that can't be known."""


class CapBook(Protocol):
    """Where listings are kept; within one transaction."""

    @property
    def sources(self) -> SourceStates:
        """How the sources are."""
        ...

    def take_hour(self, hour: datetime, now: datetime, give_up_before: datetime) -> bool:
        """Take the hour down; False where it was done already, or is being done by another since then."""
        ...

    def end_hour(self, hour: datetime, *, done: bool) -> None:
        """It was done, or may be tried again."""
        ...

    def highs(self) -> Mapping[CapId, High]:
        """The highs that are known."""
        ...

    def keep(self, caps: Sequence[MarketCap], at: datetime) -> None:
        """Keep these as the present listing; coins that are listed no more are in it no more."""
        ...


CapBooks = Callable[[], AbstractContextManager[CapBook]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsRefreshed:
    """What a refresh did; `skipped` says why it did nothing."""

    rows: int = 0
    mapped: int = 0
    credits_used: int = 0
    skipped: str | None = None


class CapsRefresher:
    """Does one hour's work.

    Args:
        prices: Prove which asset a symbol means.
    """

    def __init__(self, source: CapsSource, books: CapBooks, prices: Prices, clock: Clock) -> None:
        self._source = source
        self._books = books
        self._prices = prices
        self._clock = clock

    def refresh(self) -> CapsRefreshed:
        """Once an hour, however often it is called.

        Raises:
            RateLimited: The plan's credits are used up.
            Unavailable: The source does not answer, or answers what can't be listings.
        """
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._books() as book:
            if not book.take_hour(hour, now, now - ASKED_AGAIN_AFTER):
                return CapsRefreshed(skipped="this hour is done, or being done")
        try:
            listings = self._ask_listings(now)
        except NightdeskError:
            with self._books() as book:
                book.end_hour(hour, done=False)
            raise
        highs = self._ask_highs(listings.rows, now)
        caps = self._put_together(listings, highs.by_id if highs else {}, now)
        with self._books() as book:
            book.keep(caps, listings.at)
            book.end_hour(hour, done=True)
        spent = listings.credits_used + (highs.credits_used if highs else 0)
        return CapsRefreshed(rows=len(caps), mapped=sum(cap.asset is not None for cap in caps), credits_used=spent)

    def _ask_listings(self, now: datetime) -> Listings:
        try:
            listings = self._source.listings()
        except NightdeskError as error:
            self._note(LISTINGS, now, failure_code=error.code)
            raise
        self._note(LISTINGS, now, answered=(listings.at, len(listings.rows), listings.credits_used))
        return listings

    def _ask_highs(self, rows: Sequence[Listing], now: datetime) -> Highs | None:
        """Once a day; a plan without them and a source that fails leave what is known."""
        with self._books() as book:
            before = book.sources.state(PERFORMANCE)
        if before and now - before.asked_at < HIGHS_EVERY and before.failure_code in {None, "caps.not_in_plan"}:
            return None
        try:
            highs = self._source.highs([row.cap_id for row in rows])
        except NightdeskError as error:
            self._note(PERFORMANCE, now, failure_code=error.code)
            return None
        self._note(PERFORMANCE, now, answered=(now, len(highs.by_id), highs.credits_used))
        return highs

    def _put_together(self, listings: Listings, told: Mapping[CapId, High], now: datetime) -> tuple[MarketCap, ...]:
        with self._books() as book:
            known = book.highs()
        mapped = map_listings(listings.rows, self._prices(), now)
        return tuple(
            MarketCap(
                listing=row,
                high=highest(row, told.get(row.cap_id), known.get(row.cap_id)),
                asset=mapped[row.cap_id].asset,
                mapped_by=mapped[row.cap_id].by,
                unmapped=mapped[row.cap_id].unmapped,
            )
            for row in listings.rows
        )

    def _note(
        self,
        source: str,
        now: datetime,
        *,
        answered: tuple[datetime, int, int] | None = None,
        failure_code: str | None = None,
    ) -> None:
        with self._books() as book:
            before = book.sources.state(source)
            state = replace(before, asked_at=now) if before else SourceState(source=source, asked_at=now)
            spent = _spent_this_month(before, now) + (answered[2] if answered else 0)
            state = replace(state, failure_code=failure_code, credits_month=spent)
            if answered:
                state = replace(state, answered_at=now, made_at=answered[0], items=answered[1])
            book.sources.note(state)


def _spent_this_month(before: SourceState | None, now: datetime) -> int:
    same_month = before is not None and (before.asked_at.year, before.asked_at.month) == (now.year, now.month)
    return (before.credits_month or 0) if before and same_month else 0


def highest(listing: Listing, told: High | None, known: High | None) -> High:
    """The highest of what the source says, what was known, and the present price.

    Its own high of all time makes what was known complete; a high that we saw later still stands above it.
    """
    present = High(price=listing.price, at=listing.updated_at, known_since=listing.updated_at)
    candidates = [each for each in (told, known, present) if each]
    best = max(candidates, key=lambda high: high.price)
    since = [high.known_since for high in candidates]
    return replace(best, known_since=None if None in since else min(each for each in since if each))

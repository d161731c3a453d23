"""Asks both sources of exchange rates, keeps what they tell, and compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import Clock
from nightdesk.markets.fx import FxRates, FxSource
from nightdesk.markets.fx_checking import CheckedRate, RateState, check
from nightdesk.markets.sources import SourceState, SourceStates


class FxBook(Protocol):
    """Tables as they were told, and what came of comparing them; within one transaction."""

    @property
    def sources(self) -> SourceStates:
        """How the sources are."""
        ...

    def put(self, rates: FxRates) -> None:
        """Keep a table; the same table again changes nothing."""
        ...

    def newest_of(self, source: str) -> FxRates | None:
        """The newest table of a source."""
        ...

    def checked(self) -> Sequence[CheckedRate]:
        """What the last comparison gave, by currency."""
        ...

    def keep(self, rates: Sequence[CheckedRate], at: datetime) -> None:
        """Keep a comparison; one that was made later stays."""
        ...


FxBooks = Callable[[], AbstractContextManager[FxBook]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRefreshed:
    """What a refresh did."""

    sources: tuple[SourceState, ...]
    rates: tuple[CheckedRate, ...]

    @property
    def differing(self) -> tuple[CheckedRate, ...]:
        """Those on which the sources don't agree."""
        return tuple(rate for rate in self.rates if rate.state is RateState.DIFFERS)

    def count(self, state: RateState) -> int:
        """How many are in that state."""
        return sum(rate.state is state for rate in self.rates)


class FxRefresher:
    """Asks, keeps, compares; a source that fails is noted and the other one goes on.

    Args:
        first: The source of many currencies; None while nobody gave the desk an application id.
    """

    def __init__(self, first: FxSource | None, second: FxSource, books: FxBooks, clock: Clock) -> None:
        self._first = first
        self._second = second
        self._books = books
        self._clock = clock

    def refresh(self) -> FxRefreshed:
        """Once; the same answers twice are kept once. No transaction waits for another's answer.

        What no source tells any more ages: the comparison is made even if nobody answered.
        """
        asked = [self._ask(source) for source in (self._first, self._second) if source is not None]
        now = self._clock.now()
        tables: dict[str, FxRates | None] = {}
        with self._books() as book:
            for state, told in asked:
                tables[state.source] = present = _present(book, state.source, told)
                # What the history does not hold must be told again the next time.
                is_kept = told is None or present is not told
                book.sources.note(state if is_kept else replace(state, mark=None))
            first, second = (None if source is None else tables[source.name] for source in (self._first, self._second))
            rates = check(first, second, book.checked(), now)
            book.keep(rates, now)
        return FxRefreshed(sources=tuple(state for state, _ in asked), rates=rates)

    def _ask(self, source: FxSource) -> tuple[SourceState, FxRates | None]:
        with self._books() as book:
            before = book.sources.state(source.name)
        now = self._clock.now()
        state = replace(before, asked_at=now) if before else SourceState(source=source.name, asked_at=now)
        try:
            answer = source.latest(state.mark)
        except NightdeskError as error:
            return replace(state, failure_code=error.code), None
        told = replace(state, answered_at=now, failure_code=None, mark=answer.mark)
        if answer.rates is None:
            return told, None
        return replace(told, made_at=answer.rates.at, items=len(answer.rates.rates)), answer.rates


def _present(book: FxBook, source: str, told: FxRates | None) -> FxRates | None:
    """The source's newest table: of one instant the history keeps what was told first, but what is told now counts."""
    if told is not None:
        book.put(told)
    newest = book.newest_of(source)
    if told is None or newest is None or told.at < newest.at or told.rates == newest.rates:
        return newest
    return told

"""Reads by itself what a candidate's rules name: holdings from the ledger, prices and bars of its instant.

What the candidate was told with is never believed: figures of bars are computed anew, and prices must not be others
than those that the venue's stream has told. A candidate that would fire and was told with other figures is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.caps_history import FRESH_FOR, CapHistoryReads, CapListing
from nightdesk.markets.composite import venues_with
from nightdesk.markets.model import Price
from nightdesk.markets.ports import PriceBook
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.firing import CandidateRow
from nightdesk.rules.holdings import Held
from nightdesk.rules.judging import OwnFigures
from nightdesk.rules.model import RuleSet
from nightdesk.rules.reading import ExactReadings, Seen
from nightdesk.rules.recomputing import KeptBars, Recomputed
from nightdesk.rules.signals import SignalSource, seen_signal
from nightdesk.rules.state import Trail


class HeldStore(Protocol):
    """Reads what tenants hold."""

    def read(self, tenant_id: TenantId, known: Mapping[AccountId, int]) -> Held:
        """The tenant's books now, and every leg after the entries that are known."""
        ...


class OwnReadings:
    """`ReadingsOf`: figures that the function reads itself."""

    def __init__(
        self, held: HeldStore, prices: PriceBook, bars: KeptBars, signals: SignalSource, *, caps: CapHistoryReads
    ) -> None:
        self._held = held
        self._caps = caps
        self._signals = signals
        self._prices = prices
        self._bars = bars

    def __call__(self, rule_set: RuleSet, candidate: CandidateRow, *, is_fresh: bool) -> OwnFigures:
        """Its figures: at the candidate's prices while it is fresh, at the present ones later.

        Raises:
            Unavailable: A store does not answer.
        """
        held = self._held.read(rule_set.tenant_id, _known(candidate))
        venues = {each.venue for each in candidate.prices}
        if not is_fresh:
            venues |= set(venues_with(account.venue for account in held.books.accounts))
        present = {price.instrument: price for venue in sorted(venues) for price in self._prices.all(venue)}
        prices = candidate.prices if is_fresh else present
        bars = Recomputed(self._bars, candidate)
        readings = ExactReadings(
            candidate.instant,
            prices,
            bars,
            graph=PriceGraph(prices.values()),
            portfolio_id=rule_set.portfolio_id,
            held=held,
            highest=bars.highest,
            signal=lambda target: seen_signal(self._signals, rule_set.tenant_id, target),
            listed=lambda: self._listed(candidate.instant),
        )
        refuted = _refuted(candidate.prices.values(), present, candidate.instant) if is_fresh else {}
        return OwnFigures(readings, lambda: {**refuted, **bars.contradicted})

    def _listed(self, instant: datetime) -> CapListing | None:
        return self._caps.listed(instant - FRESH_FOR, instant).at(instant)


def _refuted(told: Iterable[Price], present: Mapping[Instrument, Price], instant: datetime) -> dict[str, Seen]:
    """Prices that can't have been: later than the instant or than anything told, or another one at the same place."""
    return {
        f"price({price.instrument})": Seen(price.last, "tracker", price.at)
        for price in told
        if price.at > instant or _is_refuted(price, present.get(price.instrument))
    }


def _is_refuted(price: Price, known: Price | None) -> bool:
    if known is None:
        return False  # the cache was emptied; nothing says otherwise
    is_same = known.number >= 0 and known.place == price.place
    return price.at > known.at or (is_same and price.last != known.last)


def _known(candidate: CandidateRow) -> dict[AccountId, int]:
    """Up to where all of its trails know the ledger."""
    known: dict[AccountId, int] = {}
    for node in candidate.before.nodes.values():
        if isinstance(node, Trail):
            for account, sequence in node.ledgered.sequences.items():
                known[account] = min(sequence, known.get(account, sequence))
    return known

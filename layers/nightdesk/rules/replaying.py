"""Replays a tenant's rule sets over stored bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final, Protocol
from uuid import UUID

import numpy as np

from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, bar_at, bar_index, bars_from
from nightdesk.indicators.batch import BarsBySeries, Clock
from nightdesk.indicators.eras import first_needed
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.caps_history import FRESH_FOR, NEVER_LISTED, CapHistory, CapHistoryReads
from nightdesk.portfolio.model import Books
from nightdesk.rules.actions import PlaceOrder, Sell
from nightdesk.rules.model import RuleSet
from nightdesk.rules.replay import ReplayedFiring, Watcher, replay, watcher_of
from nightdesk.rules.replay_account import Fill, SimulatedAccount
from nightdesk.rules.replay_broker import Broker, FillModel
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_needs import Needs, needs_of
from nightdesk.rules.replay_patience import Patience
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.replay_terms import StartAmount, Terms, require_room, require_work, starting
from nightdesk.rules.strategy_result import Result, unpriced_at_first

PART_BARS: Final = 131_072
"""So many bars are read at once; between two parts somebody may give up."""

SOMEWHERE = AccountId(UUID(int=0))
"""The account of a tenant that has none."""


class BarSource(Protocol):
    """Stored bars, as the tenant may see them."""

    def exists(self, tenant_id: TenantId, instrument: Instrument) -> bool:
        """Whether there is such a series."""
        ...

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        """Every bar that begins within the span; from the very first when it has no beginning.

        Raises:
            InvalidInput: The series has no bars of this resolution.
            NotFound: There is no such series, or it is another tenant's.
        """
        ...


BooksReader = Callable[[TenantId], Books]
"""What a tenant holds now."""

Watch = Callable[[RuleSet, ReplayMarket], Watcher]
"""Who takes a rule set through the bars."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is the same for every replay of these terms.

    Attributes:
        notes: What a person should know.
        patience: What is left of it is for replaying.
    """

    tenant_id: TenantId
    books: Books
    tape: Tape
    needs: Needs
    start: Sequence[StartAmount]
    model: FillModel
    notes: Sequence[str]
    patience: Patience

    @property
    def market(self) -> Instrument | None:
        """The market that buying and holding is compared with."""
        return self.needs.traded[0] if self.needs.traded else None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay that is done."""

    rule_sets: Sequence[RuleSet]
    stage: Stage
    firings: Sequence[ReplayedFiring]
    fills: Sequence[Fill]
    result: Result


class ReplayService:
    """Replays rule sets.

    Args:
        bars: Where bars come from.
        books: What tenants hold.
        caps: Listings of coins; without it no figure is made of them.
    """

    def __init__(self, bars: BarSource, books: BooksReader, caps: CapHistoryReads | None = None) -> None:
        self._bars = bars
        self._books = books
        self._caps = caps

    def run(self, tenant_id: TenantId, rule_sets: Sequence[RuleSet], terms: Terms) -> Replayed:
        """Replay the rule sets together: they trade on one portfolio.

        Raises:
            InvalidInput: `replay.…`: what is asked is too much, or can't be meant.
            NotFound: A series that a rule names is not there, or it is another tenant's.
        """
        return play(self.stage(tenant_id, rule_sets, terms), rule_sets)

    def stage(self, tenant_id: TenantId, rule_sets: Sequence[RuleSet], terms: Terms) -> Stage:
        """Read everything that replaying any of the rule sets needs.

        Raises:
            InvalidInput: `replay.…`: what is asked is too much, or can't be meant.
            NotFound: A series that a rule names is not there, or it is another tenant's.
        """
        clock = terms.clock
        require_work(clock.end - clock.first, len(rule_sets))
        books = self._books(tenant_id)
        start = _start(books) if terms.balances is None else terms.balances
        exists = cache(lambda instrument: self._bars.exists(tenant_id, instrument))
        venues = (*(account.venue for account in books.accounts), VenueId("binance"))
        needs = needs_of(rule_sets, {each.asset for each in start}, books.base_asset, venues, exists)
        require_room(clock.end - clock.first, needs.figures)
        lead = _lead(clock, needs)
        bars = self._read(tenant_id, needs, replace(clock, first=clock.first - lead), terms.patience)
        within = _within(clock, needs, bars)
        before = within.first - clock.first + lead if lead else 0
        caps = self._listed(needs, replace(within, first=within.first - before))
        tape = Tape(bars, within, needs.instruments, before, caps=caps)
        return Stage(tenant_id, books, tape, needs, start, terms.model, _notes(clock, tape, needs), terms.patience)

    def _listed(self, needs: Needs, clock: Clock) -> CapHistory:
        if self._caps is None or not needs.coins:
            return NEVER_LISTED
        begins, ends = bar_at(clock.first, clock.resolution), bar_at(clock.end, clock.resolution)
        return self._caps.listed(begins - FRESH_FOR, ends, needs.coins)

    def _read(self, tenant_id: TenantId, needs: Needs, clock: Clock, patience: Patience) -> BarsBySeries:
        begins, ends = bar_at(clock.first, clock.resolution), bar_at(clock.end, clock.resolution)
        own = {(each, clock.resolution): (begins, ends) for each in needs.instruments}
        spans = own | {key: (_warmed_from(begins, key[1]), ends) for key in needs.bars}
        bars: dict[tuple[SeriesName, Resolution], Bars] = {}
        for (name, resolution), span in spans.items():
            parts = []
            for part in _parts(resolution, span):
                patience.check_reading()
                parts.append(self._bars.bars(tenant_id, name, resolution, part))
            bars[name, resolution] = _joined(parts)
        return bars


def play(stage: Stage, rule_sets: Sequence[RuleSet], watch: Watch = watcher_of) -> Replayed:
    """Replay rule sets on what was read for them.

    Args:
        stage: As it was read.
        rule_sets: All of them trade on one portfolio.
        watch: Who decides for a rule set.
    """
    tape = stage.tape
    balances = starting(stage.start, _account_of(rule_sets, stage.books))
    account = SimulatedAccount(stage.tenant_id, stage.books.base_asset, balances, tape.instant(0))
    market, broker = ReplayMarket(tape, account, stage.patience), Broker(tape, account, stage.model)
    firings = replay([watch(each, market) for each in rule_sets], market, broker)
    return Replayed(rule_sets, stage, firings, account.fills, Result(tape, account, len(firings), stage.patience))


def _start(books: Books) -> list[StartAmount]:
    return [
        StartAmount(each.asset, each.position.quantity, each.account_id)
        for each in books.holdings
        if each.position.quantity > 0
    ]


def _account_of(rule_sets: Sequence[RuleSet], books: Books) -> AccountId:
    """Where balances are that name no account: where the rule sets trade, or the portfolio's first account."""
    actions = [action for rule_set in rule_sets for action in rule_set.actions]
    named = [each.account_id for each in actions if isinstance(each, PlaceOrder | Sell) and each.account_id is not None]
    return (*named, *(account.account_id for account in books.accounts), SOMEWHERE)[0]


def _parts(
    resolution: Resolution, span: tuple[datetime | None, datetime]
) -> Iterator[tuple[datetime | None, datetime]]:
    """The span in parts that are read one after another; minutes are read at once, for they are stored as such."""
    since, until = span
    size = PART_BARS * resolution.span
    while since is not None and resolution is not Resolution.MINUTE and until - since > size:
        yield since, since + size
        since += size
    yield since, until


def _joined(parts: Sequence[Bars]) -> Bars:
    """The bars as if they had been read at once."""
    known = [each for each in parts if each.end > each.first]
    if len(known) <= 1:
        return known[0] if known else parts[0]
    indices = np.concatenate([np.arange(each.first, each.end) for each in known])
    return bars_from(indices, np.concatenate([each.columns for each in known], axis=1), known[0].resolution)


def _lead(clock: Clock, needs: Needs) -> int:
    """How many bars before the first one changes over a window look back at."""
    return clock.first - bar_index(bar_at(clock.first, clock.resolution) - needs.reach, clock.resolution)


def _warmed_from(begins: datetime, resolution: Resolution) -> datetime | None:
    first = first_needed(bar_index(begins, resolution), resolution)
    return None if first is None else bar_at(first, resolution)


def _within(clock: Clock, needs: Needs, bars: BarsBySeries) -> Clock:
    """The bars from the first to the last that any market has.

    Raises:
        InvalidInput: `replay.no_market`, `replay.no_bars`.
    """
    if not needs.instruments:
        raise InvalidInput("replay.no_market", "Nothing is traded and nothing is held that a market prices.")
    own = [bars[each, clock.resolution] for each in needs.instruments]
    spans = [(max(clock.first, each.first), min(clock.end, each.end)) for each in own]
    known = [(first, end) for first, end in spans if end > first]
    if not known:
        raise InvalidInput("replay.no_bars", f"No bars of {clock.resolution} are stored of this time.")
    return Clock(resolution=clock.resolution, first=min(first for first, _ in known), end=max(end for _, end in known))


def _notes(asked: Clock, tape: Tape, needs: Needs) -> list[str]:
    notes = [f"{asset} has no market that says its worth: it counts as nothing." for asset in needs.unpriced]
    late = unpriced_at_first(tape, needs.instruments)
    notes += [f"{each} has no bars at the beginning: until its first it has no price." for each in late]
    if (tape.clock.first, tape.clock.end) != (asked.first, asked.end):
        notes.append("Bars are stored of a part of this time only.")
    if needs.coins and tape.caps.at(tape.instant(0)) is None:
        notes.append("At the beginning no listing of coins is kept: their sizes and potentials are not known there.")
    if any(isinstance(name, PortfolioSeries) for name, _ in needs.bars):
        notes.append("Candles of the portfolio are those of the real one, not of the simulated one.")
    return notes

"""What a replayed rule set reads: exact figures at one bar, and columns over a run of bars."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np

from nightdesk.indicators.bars import Floats
from nightdesk.indicators.model import Leaf
from nightdesk.portfolio.figures import Valuer
from nightdesk.rules.holdings import scope_reading
from nightdesk.rules.model import Compare, Condition, Operand, TrailingStop, nodes, operands
from nightdesk.rules.reading import ExactReadings, Seen, expression_of
from nightdesk.rules.replay_account import Holdings, SimulatedAccount
from nightdesk.rules.replay_figures import Column, Figures, Worth, is_of_account
from nightdesk.rules.replay_patience import ENDLESS, Patience
from nightdesk.rules.replay_scan import branch_of
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.replay_truths import Branch, Truths
from nightdesk.rules.state import RuleSetState, Trail

CANDLES = "candles"


class ReplayedBars:
    """`BarFigures` of one bar of the tape."""

    def __init__(self, market: ReplayMarket, place: int) -> None:
        self._market = market
        self._place = place

    def seen(self, leaf: Leaf) -> Seen:
        """What the leaf was when the bar ended."""
        figure = float(self._market.tape.leaf(leaf)[self._place])
        value = None if np.isnan(figure) else Decimal(repr(figure))
        return Seen(value, CANDLES, self._market.tape.instant(self._place))

    def past(self, operand: Operand, at: datetime) -> Seen:
        """What the operand was at the last bar that had ended by then."""
        place = self._market.tape.place_at(at)
        value = self._market.before(operand, at) if place < 0 else self._market.readings(place).value(operand)
        return Seen(value, CANDLES, at)


Cuttable = TypeVar("Cuttable", Column, Truths)


@dataclass(frozen=True, slots=True)
class Span:
    """Bars between which the same is held."""

    holdings: Holdings
    begin: int
    end: int


class Shared:
    """What several rule sets find over the same bars while the same is held: found once, for the longest run."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Span, Any]] = {}

    def of(self, key: Hashable, span: Span, find: Callable[[], Cuttable]) -> Cuttable:
        """What is known by this name over the span, or is found now."""
        known = self._known.get(key)
        if known is not None:
            (within, found) = known
            if within.holdings is span.holdings and within.begin <= span.begin and span.end <= within.end:
                told: Cuttable = found.cut(span.begin - within.begin, span.end - within.begin)
                return told
        found = find()
        self._known[key] = span, found
        return found


class ReplayMarket:
    """The tape and the account that trades on it, as rules read them."""

    def __init__(self, tape: Tape, account: SimulatedAccount, patience: Patience = ENDLESS) -> None:
        self.tape = tape
        self.account = account
        self._patience = patience
        self._before = None if tape.before is None else ReplayMarket(tape.before, account, patience)
        self.shared = Shared()
        self._branches: dict[int, tuple[Condition, Branch | None]] = {}  # by identity: equal ones take long to compare
        self._pasts: dict[Operand, tuple[Floats, Floats]] = {}

    def readings(self, place: int, state: RuleSetState | None = None) -> ExactReadings:
        """Everything exactly, when a bar ended.

        Args:
            place: Of the bar.
            state: What the rule set remembers, if its trailing stops are asked for.

        Raises:
            TooLarge: `replay.too_large`: it takes too long.
        """
        self._patience.check(place, len(self.tape))
        nodes = () if state is None else state.nodes.values()
        known = [number for each in nodes if isinstance(each, Trail) for number in each.ledgered.sequences.values()]
        return ExactReadings(
            self.tape.instant(place),
            self.tape.prices(place),
            ReplayedBars(self, place),
            graph=self.tape.graph(place),
            portfolio_id=self.account.portfolio_id,
            held=self.account.held(place, known),
            listed=lambda: self.tape.caps.at(self.tape.instant(place)),
        )

    def run(self, begin: int, end: int) -> Run:
        """The bars from `begin` until before `end`, between which nothing is bought or sold.

        Raises:
            TooLarge: `replay.too_large`: it takes too long.
        """
        self._patience.check(begin, len(self.tape))
        return Run(self, begin, end)

    def branch(self, condition: Condition) -> Branch | None:
        """The condition over all bars, if nothing in it depends on what is held."""
        known = self._branches.get(id(condition))
        if known is None:
            self._branches[id(condition)] = known = condition, None  # while it is made, it is walked through
            if not reads_account(condition):
                known = condition, branch_of(condition, self.run(0, len(self.tape)))
                self._branches[id(condition)] = known
        return known[1]

    def keep(self, operand: Operand, begin: int, column: Column) -> None:
        """Remember what an operand that depends on the account was."""
        values, bounds = self._kept(operand)
        values[begin : begin + len(column.values)] = column.values
        bounds[begin : begin + len(column.values)] = column.bounds

    def past(self, operand: Operand, step_s: Floats) -> Column:
        """An operand at the last bar that had ended by each instant; NaN before the first that is known."""
        values, bounds = self._kept(operand)
        places = np.searchsorted(self.tape.ends_s, step_s, side="right") - 1
        told, within = np.where(places < 0, np.nan, values[places]), np.where(places < 0, 0.0, bounds[places])
        if self._before is None or is_of_account(expression_of(operand)):
            return Column(told, within)
        earlier = self._before.past(operand, step_s)
        return Column(np.where(places < 0, earlier.values, told), np.where(places < 0, earlier.bounds, within))

    def before(self, operand: Operand, at: datetime) -> Decimal | None:
        """What an operand was before the replay began; not known of what is held, which began with it."""
        if self._before is None or is_of_account(expression_of(operand)):
            return None
        place = self._before.tape.place_at(at)
        return None if place < 0 else self._before.readings(place).value(operand)

    def _kept(self, operand: Operand) -> tuple[Floats, Floats]:
        if operand not in self._pasts:
            expression = expression_of(operand)
            if is_of_account(expression):
                self._pasts[operand] = np.full(len(self.tape), np.nan), np.zeros(len(self.tape))
            else:
                column = Figures(self.tape, self.account, 0, len(self.tape)).of(operand)
                self._pasts[operand] = column.values, column.bounds
        return self._pasts[operand]


class Run:
    """`replay_scan.Market`: a run of bars between two changes of what is held."""

    def __init__(self, market: ReplayMarket, begin: int, end: int) -> None:
        self.begin = begin
        self.ends_s = market.tape.ends_s[begin:end]
        self._market = market
        self._span = Span(market.account.at(begin), begin, end)
        self._figures = Figures(market.tape, market.account, begin, end)

    def instant(self, place: int) -> datetime:
        """When a bar ends."""
        return self._market.tape.instant(place)

    def of(self, operand: Operand) -> Column:
        """An operand at each bar."""
        return self._market.shared.of(operand, self._span, lambda: self._figures.of(operand))

    def truths(self, condition: Compare, find: Callable[[], Truths]) -> Truths:
        """The condition over this run; found unless it is known already."""
        key = (condition.left, condition.relation, condition.right)
        return self._market.shared.of(key, self._span, find)

    def past(self, operand: Operand, step_s: Floats) -> Column:
        """The operand at the last bar that had ended by each of these instants."""
        if is_of_account(expression_of(operand)):
            self._market.keep(operand, self.begin, self._figures.of(operand))
        return self._market.past(operand, step_s)

    def worth(self, stop: TrailingStop) -> Worth:
        """What the stop's scope is worth at each bar; not known for a bot."""
        worth = self._figures.worth(stop.scope)
        if stop.bot_id is None:
            return worth
        unknown = np.full(len(self.ends_s), np.nan)
        return Worth(Column(unknown, worth.column.bounds), worth.repriced)

    def exact_worth(self, stop: TrailingStop, place: int) -> Decimal:
        """The same exactly, at one bar."""
        account, graph = self._market.account, self._market.tape.graph(place)
        return scope_reading(account.held(place, ()), stop.scope, None, Valuer(graph, account.base_asset)).value

    def readings(self, place: int) -> ExactReadings:
        """Everything exactly, at one bar."""
        return self._market.readings(place)

    def branch(self, condition: Condition) -> Branch | None:
        """The condition over all bars, if nothing in it depends on what is held."""
        return self._market.branch(condition)


def reads_account(condition: Condition) -> bool:
    """Whether the condition depends on what is held."""
    has_stop = any(isinstance(node, TrailingStop) for node in nodes(condition))
    return has_stop or any(is_of_account(expression_of(operand)) for operand in operands(condition))

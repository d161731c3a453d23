"""Bridges the time in which nobody watched: trailing stops see the minutes that are stored.

What would have fired is not made up for: a level that was crossed and left again while nobody looked fires nothing,
for the market has moved on. But a best counts, so the sell-at value is, to the minute, as if it had been watched. The
first value seen live decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from fargate.portfolio_tracker.rules_pasts import PastValues
from fargate.portfolio_tracker.rules_snapshot import Known
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import subtract
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Holding
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.engine import advance
from nightdesk.rules.holdings import Held, Move
from nightdesk.rules.model import RuleSet
from nightdesk.rules.state import RuleSetState, Trail

_NO_LINES: Final[Mapping[str, float]] = {}


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A rule set as it was watched, and what it remembered."""

    rule_set: RuleSet
    state: RuleSetState

    @property
    def has_trails(self) -> bool:
        """Whether minutes matter to it."""
        return any(isinstance(each, Trail) for each in self.state.nodes.values())


def bridged(
    interrupted: Sequence[Interrupted], held: Mapping[TenantId, Held], prices: Sequence[Price]
) -> dict[RuleSetId, RuleSetState]:
    """What each rule set remembers after the minutes.

    Args:
        interrupted: Rule sets of tenants that are in `held`.
        held: Now, with every leg since the entries that the trails know.
        prices: Closes of the minutes since, oldest first, each at the end of its minute.
    """
    states = {each.rule_set.rule_set_id: each.state for each in interrupted}
    known: dict[Instrument, Price] = {}
    for instant, minute in groupby(prices, key=lambda price: price.at):
        known = known | {price.instrument: price for price in minute}
        then = {tenant_id: held_at(theirs, instant) for tenant_id, theirs in held.items()}
        moment = Known(instant, known, then, _NO_LINES, PastValues())
        for each in interrupted:
            which = each.rule_set.rule_set_id
            states[which] = _trailed(each.rule_set, states[which], moment)
    return states


def held_at(held: Held, instant: datetime) -> Held:
    """What was held at an earlier instant: without the entries from the first that came later."""
    first: dict[AccountId, int] = {}
    for move in held.moves:
        if move.occurred_at > instant:
            first[move.account_id] = min(move.sequence, first.get(move.account_id, move.sequence))
    if not first:
        return held
    later = [move for move in held.moves if move.sequence >= first.get(move.account_id, move.sequence + 1)]
    heads = {account: min(head, first.get(account, head + 1) - 1) for account, head in held.heads.items()}
    holdings = tuple(_before(holding, later) for holding in held.books.holdings)
    moves = [move for move in held.moves if move not in later]
    return Held(books=replace(held.books, holdings=holdings), heads=heads, moves=moves)


def _before(holding: Holding, later: Sequence[Move]) -> Holding:
    quantity = holding.position.quantity
    for move in later:
        if (move.account_id, move.asset) == (holding.account_id, holding.asset):
            quantity = subtract(quantity, move.amount)
    return replace(holding, position=replace(holding.position, quantity=quantity))


def _trailed(rule_set: RuleSet, state: RuleSetState, moment: Known) -> RuleSetState:
    """Only what trails goes on; whatever else was remembered is of the last instant that was seen."""
    seen = advance(rule_set, state, moment.instant, moment.readings(rule_set)).state
    return replace(state, nodes={**state.nodes, **dict(_trails(state, seen))})


def _trails(state: RuleSetState, seen: RuleSetState) -> Iterator[tuple[int, Trail]]:
    for number, before in state.nodes.items():
        after = seen.nodes.get(number)
        if isinstance(before, Trail) and isinstance(after, Trail):
            yield number, after

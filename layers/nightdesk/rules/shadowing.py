"""What a rule set's firings in shadow would have done, by the fill model of replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.errors import InvalidInput
from nightdesk.rules.compiled_block import epoch_s
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import RuleSet
from nightdesk.rules.reading import ExactReadings
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_patience import ENDLESS, Patience
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.replay_terms import BARS_MAX, Terms
from nightdesk.rules.replaying import Replayed, ReplayService, play

AROUND: Final = timedelta(hours=1)
"""So long before the first firing it begins, and so long after the last it ends, when market time is not wall time."""


class Recorded:
    """`Watcher` that fires when the rule set did: at the end of the bar in which that was."""

    def __init__(self, firings: Sequence[Firing], rule_set: RuleSet, market: ReplayMarket) -> None:
        self.rule_set = rule_set
        self._market = market
        placed = ((_place(market.tape, each.instant), each) for each in sorted(firings, key=lambda each: each.instant))
        self._firings = [(place, each) for place, each in placed if place < len(market.tape)]

    def next_place(self, until: int) -> int | None:
        """The bar of the next firing."""
        return self._firings[0][0] if self._firings and self._firings[0][0] < until else None

    def look(self, place: int) -> ExactReadings | None:
        """What was read when it fired."""
        readings = self._market.readings(place)
        readings.seen.update(self._firings.pop(0)[1].evidence)
        return readings

    def traded(self, place: int) -> None:
        """Everything is decided already."""


def simulate(
    service: ReplayService,
    rule_set: RuleSet,
    firings: Sequence[Firing],
    since: datetime,
    until: datetime,
    *,
    patience: Patience = ENDLESS,
) -> Replayed | None:
    """What the firings would have done with what the portfolio holds; None while there are no bars.

    Args:
        service: Reads the bars.
        rule_set: Whose firings they are.
        firings: In any order.
        since: Since when it runs in shadow, in wall time.
        until: Now, in wall time.
        patience: How long it may take.

    Raises:
        TooLarge: `replay.too_large`: it takes too long.
    """
    instants = [each.instant for each in firings]
    if instants and not since <= min(instants) <= max(instants) <= until:  # the market's clock is another
        since, until = min(instants) - AROUND, max(instants) + AROUND
    terms = Terms(since=since, until=until, resolution=Resolution.MINUTE, patience=patience)
    if (until - since) / Resolution.MINUTE.span > BARS_MAX:
        terms = replace(terms, resolution=Resolution.HOUR)
    try:
        stage = service.stage(rule_set.tenant_id, [rule_set], terms)
    except InvalidInput:  # too short yet, or nothing to trade
        return None

    def recorded(rule_set: RuleSet, market: ReplayMarket) -> Recorded:
        return Recorded(firings, rule_set, market)

    return play(stage, [rule_set], recorded)


def _place(tape: Tape, instant: datetime) -> int:
    """The first bar that ends at the instant or later."""
    return int(np.searchsorted(tape.ends_s, epoch_s(instant), side="left"))

"""A budget that only shows what it is given."""

from __future__ import annotations

from nightdesk.balancer.status import VenueStatus
from nightdesk.balancer.tables import table_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import Clock


class FakeBudgetView:
    """`BudgetView` from memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.statuses: dict[VenueId, VenueStatus] = {}

    def status(self, venue: VenueId) -> VenueStatus:
        return self.statuses.get(venue) or VenueStatus(
            venue=venue,
            as_of=self._clock.now(),
            window_s=3600,
            source=table_of(venue).source,
            egresses=(),
            waits=(),
            refused={},
            answered_429=0,
            answered_418=0,
            folded_weight=0,
            cache={},
        )

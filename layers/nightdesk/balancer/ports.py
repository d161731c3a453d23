"""What the balancer shows, read by synchronous callers."""

from __future__ import annotations

from typing import Protocol

from nightdesk.balancer.status import VenueStatus
from nightdesk.kernel.assets import VenueId


class BudgetView(Protocol):
    """Reads the shared budget without taking from it."""

    def status(self, venue: VenueId) -> VenueStatus:
        """How the venue's budget stands now and what happened in the last hour.

        Raises:
            Unavailable: `balancer.unavailable`.
        """
        ...

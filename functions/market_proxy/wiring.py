"""What the function is made of."""

from __future__ import annotations

from functools import cache

from nightdesk.adapters.exchange.public_bars import PublicBars
from nightdesk.adapters.exchange.route import Route
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.settings import settings
from nightdesk.wiring_venues import shared_budget


@cache
def meter() -> Meter:
    """What the budget's use is measured with; written out after each event."""
    return Meter("market_proxy")


@cache
def wire() -> PublicBars:
    """Who asks venues; clients stay warm for the life of the process."""
    here = settings()
    return PublicBars(Route.parse(here.venues_route), SystemClock(), balance=shared_budget(here, meter()))

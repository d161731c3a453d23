"""All venues' tables, and how a request is read by its venue's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from nightdesk.balancer.model import Cost, Limit, LimitKind, Shape, VenueLimits
from nightdesk.balancer.request import Described, Request, is_signed
from nightdesk.balancer.venues import binance, bitfinex, coinbase, coinsph, htx, kraken
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput

Describe = Callable[[Request], Described]

_VENUES: Mapping[VenueId, tuple[VenueLimits, Describe]] = {
    venue.TABLE.venue: (venue.TABLE, venue.describe) for venue in (binance, bitfinex, coinbase, coinsph, htx, kraken)
}
VENUES: tuple[VenueId, ...] = tuple(_VENUES)


def table_of(venue: VenueId) -> VenueLimits:
    """The venue's dated table.

    Raises:
        InvalidInput: There is none.
    """
    return _known(venue)[0]


def venue_of_host(host: str) -> VenueId | None:
    """Whose host it is; None for a host that no table names."""
    for table, _ in _VENUES.values():
        if any(host == known or host.endswith(f".{known}") for known in table.hosts):
            return table.venue
    return None


def shape_of(request: Request, calendar_speed: int = 1) -> Shape:
    """What the request takes and means.

    Args:
        request: After signing.
        calendar_speed: How many times faster than the table the venue's calendar runs; 1 except in trials.

    Raises:
        InvalidInput: The venue has no table.
    """
    table, describe = _known(request.venue)
    described = describe(request)
    signed = is_signed(request, table.key_headers)
    public = not signed and request.method == "GET"
    return Shape(
        venue=request.venue,
        costs=tuple(faster(cost, calendar_speed) for cost in described.costs),
        priority=described.priority,
        mutates=described.mutates,
        signed=signed,
        cache_ms=-(-described.cache_ms // calendar_speed) if public else 0,
        batch=described.batch if public else None,
    )


def faster(cost: Cost, calendar_speed: int) -> Cost:
    """The same cost on a calendar that runs faster."""
    return cost if calendar_speed == 1 else replace(cost, limit=faster_limit(cost.limit, calendar_speed))


def faster_limit(limit: Limit, calendar_speed: int) -> Limit:
    """The same limit on a calendar that runs faster: shorter windows, a counter that sinks sooner."""
    if limit.kind is LimitKind.DECAY:
        return replace(limit, decay_milli_per_s=limit.decay_milli_per_s * calendar_speed)
    guard_ms = -(-limit.guard_ms // calendar_speed)
    return replace(limit, period_ms=limit.period_ms // calendar_speed, guard_ms=guard_ms)


def _known(venue: VenueId) -> tuple[VenueLimits, Describe]:
    if venue not in _VENUES:
        raise InvalidInput("balancer.venue_unknown", f"There is no table of limits for {venue[:40]!r}.")
    return _VENUES[venue]

"""The shared budget of each venue, as the API shows it."""

from __future__ import annotations

from typing import Literal

from nightdesk.balancer.status import EgressStatus, VenueStatus, WaitStatus
from nightdesk.contracts.api.common import InstantText, Ratio, Shape
from nightdesk.kernel.instants import format_instant


class LimitShape(Shape):
    """What is used of a limit in the present window."""

    limit: str
    used: int
    allowed: int
    resets_at: InstantText


class EgressShape(Shape):
    """A way out to the venue; it has the budget of its own address."""

    egress: str
    address: str
    state: Literal["alive", "banned", "gone"]
    banned_until: InstantText | None
    limits: list[LimitShape]


class WaitShape(Shape):
    """How long requests of a priority waited for their places, in milliseconds."""

    priority: Literal["order", "stop", "fill", "history"]
    granted: int
    mean_ms: float | None
    p50_ms: int | None
    p99_ms: int | None


class VenueBudgetShape(Shape):
    """A venue's budget now, and what happened in the last `window_s` seconds."""

    venue: str
    as_of: InstantText
    window_s: int
    source: str
    egresses: list[EgressShape]
    waits: list[WaitShape]
    refused: dict[str, int]
    answered_429: int
    answered_418: int
    folded_weight: int
    cache: dict[str, int]
    hit_ratio: Ratio | None


class BudgetList(Shape):
    """Every venue's budget."""

    items: list[VenueBudgetShape]


def budget_shape(status: VenueStatus) -> VenueBudgetShape:
    """The budget as it is shown."""
    return VenueBudgetShape(
        venue=status.venue,
        as_of=format_instant(status.as_of),
        window_s=status.window_s,
        source=status.source,
        egresses=[_egress(egress) for egress in status.egresses],
        waits=[_wait(wait) for wait in status.waits],
        refused=dict(status.refused),
        answered_429=status.answered_429,
        answered_418=status.answered_418,
        folded_weight=status.folded_weight,
        cache=dict(status.cache),
        hit_ratio=status.hit_ratio,
    )


def _egress(egress: EgressStatus) -> EgressShape:
    until = egress.banned_until
    return EgressShape(
        egress=egress.egress,
        address=egress.address,
        state="gone" if not egress.alive else "banned" if until else "alive",
        banned_until=format_instant(until) if until else None,
        limits=[
            LimitShape(limit=one.limit, used=one.used, allowed=one.allowed, resets_at=format_instant(one.resets_at))
            for one in egress.limits
        ],
    )


def _wait(wait: WaitStatus) -> WaitShape:
    names: dict[int, Literal["order", "stop", "fill", "history"]] = {0: "order", 1: "stop", 2: "fill", 3: "history"}
    return WaitShape(
        priority=names[wait.priority],
        granted=wait.granted,
        mean_ms=wait.mean_ms,
        p50_ms=wait.p50_ms,
        p99_ms=wait.p99_ms,
    )

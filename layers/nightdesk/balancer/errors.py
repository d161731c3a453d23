"""Why the balancer refuses: every code it raises."""

from __future__ import annotations

from nightdesk.kernel.errors import OutcomeUnknown, RateLimited, Unavailable

UNAVAILABLE = "balancer.unavailable"
WAIT_TOO_LONG = "balancer.wait_too_long"
BANNED = "venue.banned"
NO_EGRESS = "balancer.no_egress"
OUTCOME_UNKNOWN = "venue.outcome_unknown"


def budget_lost() -> Unavailable:
    """The shared budget does not answer, so nothing is sent."""
    return Unavailable(
        UNAVAILABLE, "The shared budget does not answer; nothing is sent until it does.", retry_after_s=1
    )


def too_long(venue: str, reason: str, wait_ms: int) -> RateLimited | Unavailable:
    """The place would come later than the caller can wait."""
    wait_s = wait_ms / 1000
    if reason in ("no_egress", "egress_down"):
        return Unavailable(NO_EGRESS, f"No egress to {venue} is alive.", retry_after_s=wait_s)
    if reason == "banned":
        return RateLimited(BANNED, f"{venue} has banned every egress for now.", retry_after_s=wait_s)
    return RateLimited(WAIT_TOO_LONG, f"The budget of {venue} has no place in time ({reason}).", retry_after_s=wait_s)


def unknown_outcome(venue: str) -> OutcomeUnknown:
    """It was sent and no answer came: it is looked up by its own id, never sent again."""
    return OutcomeUnknown(OUTCOME_UNKNOWN, f"{venue} did not answer a request that may have been carried out.")

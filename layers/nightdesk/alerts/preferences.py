"""When a tenant wants to hear of what: quiet hours, throttling, digest, escalation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.alerts.model import Category, ChannelId, Severity, Way
from nightdesk.kernel.errors import InvalidInput

ESCALATE_AFTER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most so many alerts of a category within a span leave by themselves."""

    alerts_max: int = 20
    span_s: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A part of each day in which only critical alerts leave at once; it may go over midnight."""

    begins: time
    ends: time

    def end_of(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that `now` lies in end; None outside of them.

        An end that a change of the clock leaves out comes when the clock has passed it.
        """
        local = now.astimezone(zone)
        inside = self.begins <= local.time() < self.ends
        if self.begins > self.ends:
            inside = local.time() >= self.begins or local.time() < self.ends
        if not inside:
            return None
        day = local.date() if local.time() < self.ends else local.date() + timedelta(days=1)
        return max(_instant(day, self.ends, zone), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a tenant chose.

    Attributes:
        zone: IANA name, in which quiet hours are meant.
        digest_up_to: Alerts up to this severity wait for the digest; None for no digest.
        throttles: By category; others have `throttle`.
        escalate_to: The channel that gets what none delivered in time; None for no escalation.
    """

    zone: str = "UTC"
    quiet: QuietHours | None = None
    digest_up_to: Severity | None = None
    digest_every_min: int = 60
    throttle: Throttle = field(default_factory=Throttle)
    throttles: Mapping[Category, Throttle] = field(default_factory=dict)
    escalate_to: ChannelId | None = None
    escalate_after_s: int = ESCALATE_AFTER_S

    def throttle_of(self, category: Category) -> Throttle:
        """The category's own, or the one of all."""
        return self.throttles.get(category, self.throttle)

    def due(self, severity: Severity, now: datetime, already_in_span: int, category: Category) -> tuple[Way, datetime]:
        """How an alert leaves, and not before when; what matters most leaves at once, always."""
        if severity is Severity.CRITICAL:
            return Way.NOW, now
        quiet_until = self.quiet.end_of(now, zone_of(self.zone)) if self.quiet else None
        if quiet_until is not None:
            return Way.QUIET, quiet_until
        throttle = self.throttle_of(category)
        if already_in_span >= throttle.alerts_max:
            return Way.THROTTLED, now + timedelta(seconds=throttle.span_s)
        if self.digest_up_to is not None and severity.rank <= self.digest_up_to.rank:
            return Way.DIGEST, _next_digest(now, self.digest_every_min)
        return Way.NOW, now


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        InvalidInput: `alerts.zone_unknown`.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("alerts.zone_unknown", f"There is no time zone {name[:60]!r}.") from None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _next_digest(now: datetime, every_min: int) -> datetime:
    """The next full span of the day in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    span = timedelta(minutes=every_min)
    return midnight + span * ((now - midnight) // span + 1)

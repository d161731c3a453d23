"""Preferences as they are kept in one JSON value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from nightdesk.alerts.model import Category, ChannelId, Severity
from nightdesk.alerts.preferences import Preferences, QuietHours, Throttle


def shape_of(preferences: Preferences) -> dict[str, Any]:
    """What JSON can hold."""
    quiet = preferences.quiet
    return {
        "zone": preferences.zone,
        "quiet": [f"{quiet.begins:%H:%M}", f"{quiet.ends:%H:%M}"] if quiet else None,
        "digest_up_to": preferences.digest_up_to.value if preferences.digest_up_to else None,
        "digest_every_min": preferences.digest_every_min,
        "throttle": _throttle_shape(preferences.throttle),
        "throttles": {name.value: _throttle_shape(each) for name, each in preferences.throttles.items()},
        "escalate_to": str(preferences.escalate_to) if preferences.escalate_to else None,
        "escalate_after_s": preferences.escalate_after_s,
    }


def preferences_of(chosen: Mapping[str, Any]) -> Preferences:
    """What the JSON means; what it leaves out is as if nothing had been chosen."""
    chosen = {**shape_of(Preferences()), **chosen}
    quiet, target, digest = chosen["quiet"], chosen["escalate_to"], chosen["digest_up_to"]
    return Preferences(
        zone=chosen["zone"],
        quiet=QuietHours(begins=time.fromisoformat(quiet[0]), ends=time.fromisoformat(quiet[1])) if quiet else None,
        digest_up_to=Severity(digest) if digest else None,
        digest_every_min=chosen["digest_every_min"],
        throttle=Throttle(*chosen["throttle"]),
        throttles={Category(name): Throttle(*each) for name, each in chosen["throttles"].items()},
        escalate_to=ChannelId(UUID(target)) if target else None,
        escalate_after_s=chosen["escalate_after_s"],
    )


def _throttle_shape(throttle: Throttle) -> list[int]:
    return [throttle.alerts_max, throttle.span_s]

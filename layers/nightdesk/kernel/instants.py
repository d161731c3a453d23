"""Instants: aware datetimes in UTC, and their one text form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from nightdesk.kernel.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_OFFSET = timedelta(0)
_MS_A_DAY = 86_400_000


class Clock(Protocol):
    """Tells the time; one setting a process, always injected."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        ...


def from_ms(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970, exactly."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970, rounded down."""
    since = require_utc(instant) - EPOCH
    return since.days * _MS_A_DAY + since.seconds * 1000 + since.microseconds // 1000


def require_utc(instant: datetime) -> datetime:
    """The instant itself.

    Raises:
        InvalidInput: It carries no offset, or another than zero.
    """
    if instant.tzinfo is not UTC and instant.utcoffset() != _NO_OFFSET:
        raise InvalidInput("instant.not_utc", f"{instant.isoformat()} is not an instant in UTC.")
    return instant


def format_instant(instant: datetime) -> str:
    """RFC 3339 with six decimals and `Z`: `2019-10-11T00:00:11.620000Z`."""
    return require_utc(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """The instant an RFC 3339 text names, in UTC.

    Raises:
        InvalidInput: It is no instant, or names no offset.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is not an RFC 3339 instant.") from None
    if instant.tzinfo is None:
        raise InvalidInput("instant.no_offset", f"{text[:40]!r} names no offset from UTC.")
    return instant.astimezone(UTC)

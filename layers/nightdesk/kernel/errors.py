"""The error tree.

NightdeskError
├── InvalidInput            kind invalid           the caller can mend it
├── Unauthenticated         kind unauthenticated   no valid token
├── Forbidden               kind forbidden         a valid caller who may not
├── NotFound                kind not_found         also what belongs to another tenant
├── Conflict                kind conflict          the state does not allow it
├── TooLarge                kind too_large         over a stated size
├── RateLimited             kind rate_limited      retryable after `retry_after_s`
├── Unavailable             kind unavailable       retryable: a part or a venue is down
├── OutcomeUnknown          kind outcome_unknown   sent, no answer: look it up, never send again
└── Broken                  kind broken            an invariant does not hold

`code` is stable and part of the API (`accounts.key_may_withdraw`); the message is for people and never
holds a secret.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What a caller can do about an error; one table maps kinds to problem+json."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    BROKEN = "broken"


class NightdeskError(Exception):
    """Base of every error that Nightdesk raises on purpose.

    Attributes:
        code: Stable, dotted, lower case: `<domain>.<what>`.
        message: One sentence for a person.
        retry_after_s: Seconds to wait before trying again, where known.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.BROKEN
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class InvalidInput(NightdeskError):
    """The caller sent something that can't be meant."""

    kind = ErrorKind.INVALID


class Unauthenticated(NightdeskError):
    """No token, or one that doesn't hold any more."""

    kind = ErrorKind.UNAUTHENTICATED


class Forbidden(NightdeskError):
    """A known caller who may not do this."""

    kind = ErrorKind.FORBIDDEN


class NotFound(NightdeskError):
    """There is no such thing for this tenant."""

    kind = ErrorKind.NOT_FOUND


class Conflict(NightdeskError):
    """The present state does not allow it."""

    kind = ErrorKind.CONFLICT


class TooLarge(NightdeskError):
    """Over a stated size."""

    kind = ErrorKind.TOO_LARGE


class RateLimited(NightdeskError):
    """Too many requests, by us or by a venue."""

    kind = ErrorKind.RATE_LIMITED
    retryable = True


class Unavailable(NightdeskError):
    """A part of ours or a venue does not answer now."""

    kind = ErrorKind.UNAVAILABLE
    retryable = True


class OutcomeUnknown(NightdeskError):
    """Something was sent and no answer came: look it up by its own id, never send it again."""

    kind = ErrorKind.OUTCOME_UNKNOWN


class Broken(NightdeskError):
    """An invariant of ours does not hold; somebody must look."""

    kind = ErrorKind.BROKEN

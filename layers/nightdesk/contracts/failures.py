"""Errors of ours as they cross from one function to another."""

from __future__ import annotations

from typing import Any, Final

from nightdesk.kernel import errors
from nightdesk.kernel.errors import NightdeskError

_BY_KIND: Final[dict[str, type[NightdeskError]]] = {
    kind.kind.value: kind
    for kind in (
        errors.InvalidInput,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.RateLimited,
        errors.Unavailable,
        errors.OutcomeUnknown,
    )
}


def failure_of(error: NightdeskError) -> dict[str, Any]:
    """The error as JSON."""
    failure = {"code": error.code, "kind": error.kind.value, "message": error.message}
    return {**failure, "retry_after_s": error.retry_after_s}


def error_of(kind: str, code: str, message: str, retry_after_s: float | None = None) -> NightdeskError:
    """The error that JSON tells of; a kind nobody knows is broken."""
    return _BY_KIND.get(kind, errors.Broken)(code, message, retry_after_s=retry_after_s)

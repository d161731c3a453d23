"""Errors as problem+json (RFC 9457): one table from kinds to statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from nightdesk.kernel.errors import ErrorKind, NightdeskError

CONTENT_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "https://nightdesk.dev/problems/"

STATUS_BY_KIND: Final[dict[ErrorKind, HTTPStatus]] = {
    ErrorKind.INVALID: HTTPStatus.BAD_REQUEST,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorKind.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.OUTCOME_UNKNOWN: HTTPStatus.GATEWAY_TIMEOUT,
    ErrorKind.BROKEN: HTTPStatus.INTERNAL_SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of a request.

    Attributes:
        path: Where, dotted: `body.label`. Never holds the value that was sent.
    """

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as a caller sees it."""

    status: HTTPStatus
    code: str
    detail: str
    correlation_id: str
    retry_after_s: float | None = None
    errors: Sequence[FieldError] = field(default=())

    def body(self) -> dict[str, Any]:
        """The members of the problem document; what is not known is left out."""
        document: dict[str, Any] = {
            "type": TYPE_BASE + self.code,
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "code": self.code,
            "correlation_id": self.correlation_id,
        }
        if self.retry_after_s is not None:
            document["retry_after_s"] = self.retry_after_s
        if self.errors:
            document["errors"] = [{"path": error.path, "message": error.message} for error in self.errors]
        return document

    def headers(self) -> dict[str, str]:
        """Headers that go with the status: when to come back, how to authenticate."""
        headers: dict[str, str] = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(ceil(self.retry_after_s))
        if self.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="nightdesk"'
        return headers


def problem_of(error: NightdeskError, correlation_id: str) -> Problem:
    """The problem that an error of ours is; what is broken inside is not told outside."""
    if error.kind is ErrorKind.BROKEN:
        return unexpected(correlation_id, code=error.code)
    return Problem(
        status=STATUS_BY_KIND[error.kind],
        code=error.code,
        detail=error.message,
        correlation_id=correlation_id,
        retry_after_s=error.retry_after_s,
    )


def unexpected(correlation_id: str, *, code: str = "internal.unexpected") -> Problem:
    """The problem when something failed that should not have."""
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code=code,
        detail="Something went wrong on our side; the log has it under this correlation id.",
        correlation_id=correlation_id,
    )

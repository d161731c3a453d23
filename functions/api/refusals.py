"""What the resolver refuses, and what fails in routes, as problem+json."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from functions.api import openapi
from functions.api.json import dump
from nightdesk.kernel.errors import NightdeskError
from nightdesk.runtime import correlation
from nightdesk.runtime.http import refusal
from nightdesk.runtime.problems import CONTENT_TYPE, FieldError, Problem, unexpected

_ERRORS_TOLD_MAX: Final = 20
_PATH_CHARACTERS_MAX: Final = 80
_log = logging.getLogger(__name__)


def register(resolver: APIGatewayRestResolver) -> None:
    """Have the resolver answer every error with a problem document."""
    handlers: dict[type[Exception], Callable[[Any], Response[str]]] = {
        NightdeskError: lambda error: respond(refusal(error)),
        RequestValidationError: lambda error: respond(_invalid_problem(error.errors())),
        NotFoundError: lambda _error: _unrouted(resolver),
        Exception: _failed,
    }
    for kind, handle in handlers.items():
        resolver.exception_handler(kind)(handle)


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response[str]:
    """The problem as the resolver's response."""
    return Response(
        status_code=int(problem.status),
        content_type=CONTENT_TYPE,
        body=dump(problem.body()),
        headers={**problem.headers(), **(headers or {})},
    )


def _failed(error: Exception) -> Response[str]:
    _log.error("route failed", exc_info=error)
    return respond(unexpected(_correlation_id()))


def _unrouted(resolver: APIGatewayRestResolver) -> Response[str]:
    method = resolver.current_event.http_method
    allowed = openapi.methods_of(resolver, resolver.current_event.path)
    if not allowed:
        return respond(_problem(HTTPStatus.NOT_FOUND, "request.unknown_path", "There is nothing at this path."))
    detail = f"{method[:10]} is not for this path."
    return respond(
        _problem(HTTPStatus.METHOD_NOT_ALLOWED, "request.wrong_method", detail), {"Allow": ", ".join(allowed)}
    )


def _invalid_problem(errors: Sequence[dict[str, Any]]) -> Problem:
    if any(error["type"] == "json_invalid" for error in errors):
        return _problem(HTTPStatus.BAD_REQUEST, "request.malformed", "The body is not a JSON object.")
    told = [FieldError(_path(error["loc"]), str(error["msg"])) for error in errors[:_ERRORS_TOLD_MAX]]
    return _problem(HTTPStatus.BAD_REQUEST, "request.invalid", "Some of what was sent can't be meant.", told)


def _path(location: Sequence[object]) -> str:
    return ".".join(str(step) for step in location)[:_PATH_CHARACTERS_MAX]


def _problem(status: HTTPStatus, code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    return Problem(status=status, code=code, detail=detail, correlation_id=_correlation_id(), errors=errors)


def _correlation_id() -> str:
    return correlation.current() or correlation.new()

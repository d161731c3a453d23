"""The border of a function behind API Gateway (REST, proxy integration): what may come in, how errors go out."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from nightdesk.kernel.errors import ErrorKind, Forbidden, InvalidInput, NightdeskError, TooLarge, Unauthenticated
from nightdesk.runtime import correlation
from nightdesk.runtime.problems import CONTENT_TYPE, Problem, problem_of, unexpected

Event = Mapping[str, Any]
Reply = dict[str, Any]
BODY_BYTES_MAX: Final = 256 * 1024
_JSON: Final = "application/json"
_BEARER: Final = "bearer "
_ALWAYS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = logging.getLogger(__name__)


class Refused(Exception):
    """A request refused with a problem that no error of the domains stands for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def boundary(event: Event, answer: Callable[[], Reply]) -> Reply:
    """Answer under the caller's correlation id; whatever goes wrong becomes a problem document."""
    with correlation.bound(correlation.accept(header(event, correlation.HEADER))) as correlation_id:
        try:
            reply = answer()
        except NightdeskError as error:
            reply = problem_reply(refusal(error))
        except Refused as refused:
            reply = problem_reply(refused.problem)
        except Exception:  # noqa: BLE001 the HTTP boundary
            _log.exception("request failed", extra=_named(event))
            reply = problem_reply(unexpected(correlation_id))
    headers = reply.setdefault("multiValueHeaders", {})
    headers.update({name: [value] for name, value in _ALWAYS.items() if name not in headers})
    headers[correlation.HEADER] = [correlation_id]
    reply["body"] = reply.get("body") or ""  # proxies disagree about what null means
    return reply


def refusal(error: NightdeskError) -> Problem:
    """The error as a problem; logged, and with its cause if it is ours to mend."""
    correlation_id = correlation.current() or correlation.new()
    if error.kind is ErrorKind.BROKEN:
        _log.error("invariant broken", extra={"error_code": error.code}, exc_info=error)
    else:
        _log.info("request refused", extra={"error_code": error.code})
    return problem_of(error, correlation_id)


def problem_reply(problem: Problem) -> Reply:
    """The problem as API Gateway wants it."""
    headers = {name: [value] for name, value in problem.headers().items()}
    return {
        "statusCode": int(problem.status),
        "multiValueHeaders": {"Content-Type": [CONTENT_TYPE], **headers},
        "body": orjson.dumps(problem.body()).decode(),
        "isBase64Encoded": False,
    }


def header(event: Event, name: str) -> str | None:
    """The request header's last value, whatever its case."""
    wanted = name.lower()
    for sent, values in (event.get("multiValueHeaders") or {}).items():
        if sent.lower() == wanted and values:
            return str(values[-1])
    for sent, value in (event.get("headers") or {}).items():
        if sent.lower() == wanted:
            return str(value)
    return None


def require_own_origin(event: Event, allowed_origin: str) -> None:
    """Pass if the request comes from our own page, or from no page at all.

    Raises:
        Forbidden: `request.foreign_origin`.
    """
    origin = header(event, "Origin")
    if origin is not None and origin != allowed_origin:
        raise Forbidden("request.foreign_origin", "Requests of other pages are refused.")


def body_text(event: Event) -> str:
    """The request's body.

    Raises:
        TooLarge: `request.too_large`: over 256 KiB.
        InvalidInput: `request.malformed`: not UTF-8.
    """
    body = event.get("body") or ""
    if len(body) > 2 * BODY_BYTES_MAX:
        raise _too_large()
    try:
        content = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        text = content.decode()
    except (binascii.Error, UnicodeError):
        raise InvalidInput("request.malformed", "The body is not UTF-8.") from None
    if len(content) > BODY_BYTES_MAX:
        raise _too_large()
    return text


def require_json(event: Event) -> None:
    """Pass if the body, when there is one, says it is JSON.

    Raises:
        Refused: `request.unsupported_type`, 415.
    """
    content_type = header(event, "Content-Type") or _JSON
    if event.get("body") and content_type.partition(";")[0].strip().lower() != _JSON:
        raise Refused(
            Problem(
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                code="request.unsupported_type",
                detail=f"Send {_JSON}.",
                correlation_id=correlation.current() or correlation.new(),
            )
        )


def bearer_token(event: Event) -> str:
    """The token of the Authorization header.

    Raises:
        Unauthenticated: `token.missing`.
    """
    value = header(event, "Authorization") or ""
    if not value.lower().startswith(_BEARER):
        raise Unauthenticated("token.missing", "Send the access token as Authorization: Bearer.")
    return value[len(_BEARER) :].strip()


def _too_large() -> TooLarge:
    return TooLarge("request.too_large", f"A body may have at most {BODY_BYTES_MAX} bytes.")


def _named(event: Event) -> dict[str, Any]:
    return {"method": event.get("httpMethod"), "resource": event.get("resource")}

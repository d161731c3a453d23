"""What a channel's answer means for trying again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from nightdesk.adapters.notify.outbound import Answer
from nightdesk.kernel.errors import InvalidInput, NotFound, RateLimited, Unavailable

RETRY_AFTER_S: Final = 5.0
RETRY_AFTER_S_MAX: Final = 3600.0
_TRY_LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.CONFLICT})


def accept(answer: Answer) -> Answer:
    """The answer, if the other side took what was sent.

    Raises:
        InvalidInput: `channel.refused`, `channel.redirected`.
        NotFound: `channel.gone`: what was sent to is no more.
        RateLimited: `channel.rate_limited`.
        Unavailable: `channel.unavailable`.
    """
    if answer.is_success:
        return answer
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("channel.rate_limited", "The channel takes no more for now.", retry_after_s=pause_s(answer))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
        raise Unavailable("channel.unavailable", f"The channel answered with status {status}.")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise NotFound("channel.gone", f"The channel answered with status {status}: what it names is no more.")
    if status < HTTPStatus.BAD_REQUEST:
        raise InvalidInput("channel.redirected", "The channel sends elsewhere; redirects are not followed.")
    raise InvalidInput("channel.refused", f"The channel refused with status {status}.")


def pause_s(answer: Answer) -> float:
    """What `Retry-After` says in seconds, within reason."""
    try:
        said = float(answer.headers.get("retry-after", RETRY_AFTER_S))
    except ValueError:
        return RETRY_AFTER_S
    return min(max(said, 0.0), RETRY_AFTER_S_MAX)

"""ccxt's errors in our own words. No text of theirs is passed on: it may hold signed URLs and keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.kernel.errors import Conflict, NightdeskError, RateLimited, Unavailable

BANNED: Final = 418
BAN_CODE: Final = "venue.banned"
RATE_LIMIT_WAIT_S: Final = 60.0
BAN_WAIT_S: Final = 120.0
RETRY_S: Final = 15.0
ORDER_UNKNOWN: Final = "venue.order_unknown"

_NAMES_OF_KEY_ERRORS: Final = {"AuthenticationError", "PermissionDenied", "AccountNotEnabled", "AccountSuspended"}
_UNNAMED_KEY_ERROR: Final = "EAPI:Invalid signature"
"""Kraken's words for a key of another secret; ccxt gives them no name of their own."""

_UNNAMED_CLOCK_ERROR: Final = "Invalid timestamp"
"""HTX's words for a wrong clock, which it tells as a wrong signature."""

_LIMITED: Final = frozenset({BANNED, HTTPStatus.TOO_MANY_REQUESTS})
_NAMES_OF_LIMITS: Final = {"DDoSProtection", "RateLimitExceeded"}
_ANY_ERROR: Final = HTTPStatus.INTERNAL_SERVER_ERROR
"""Bitfinex's status for whatever is wrong; what it is stands in the body."""

_SAID: Final = _NAMES_OF_KEY_ERRORS | {"InvalidNonce", "OrderNotFound"}


def translate(
    error: Exception, headers: Mapping[str, str], key_codes: frozenset[int], *, status: int = 0
) -> NightdeskError:
    """Our error for one that ccxt raised.

    Args:
        error: ccxt's; its class names are read over all its ancestors, so that ccxt need not be imported here.
        headers: Of the answer to this request, names in lower case.
        key_codes: The venue's own numbers for "this key may not"; ccxt takes some of them for rate limits.
        status: Of that answer; 0 if there was none.
    """
    cause = error.args[0] if error.args else None
    if isinstance(cause, NightdeskError):  # what the balancer said, wrapped by ccxt on its way from a websocket
        return cause
    names = {kind.__name__ for kind in type(error).__mro__}
    if status in _LIMITED or (status == 0 and names & _NAMES_OF_LIMITS):
        return _limited(status, headers)
    if _UNNAMED_CLOCK_ERROR in str(error):
        return clock_skew()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not (status == _ANY_ERROR and names & _SAID):
        return unavailable()
    if venue_code(error) in key_codes or names & _NAMES_OF_KEY_ERRORS or _UNNAMED_KEY_ERROR in str(error):
        return key_wrong()
    return _by_name(names, headers)


def venue_code(error: Exception) -> int | None:
    """The venue's number in the error's text: `binance {"code":-2015,"msg":…}`."""
    _, brace, rest = str(error).partition("{")
    if not brace:
        return None
    try:
        body = json.loads(brace + rest)
    except json.JSONDecodeError:
        return None
    code: Any = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def unavailable() -> Unavailable:
    """The venue does not answer."""
    return Unavailable("venue.unavailable", "The venue does not answer.", retry_after_s=RETRY_S)


def clock_skew() -> Unavailable:
    """The venue's clock and ours disagree, even after asking it for the time."""
    return Unavailable("venue.clock_skew", "The venue's clock and ours differ too much.", retry_after_s=RETRY_S)


def malformed() -> Unavailable:
    """The venue answered something else than its protocol says."""
    return Unavailable("venue.answer_malformed", "The venue's answer can't be read.", retry_after_s=RETRY_S)


def rate_limited(retry_after_s: float) -> RateLimited:
    """The venue's limit is, or would be, passed."""
    return RateLimited("venue.rate_limited", "The venue's request limit is reached.", retry_after_s=retry_after_s)


def banned(retry_after_s: float) -> RateLimited:
    """The venue has shut this address out for a while."""
    return RateLimited(BAN_CODE, "The venue refuses this address for a while.", retry_after_s=retry_after_s)


def _by_name(names: set[str], headers: Mapping[str, str]) -> NightdeskError:
    if "InvalidNonce" in names:
        return clock_skew()
    if names & _NAMES_OF_LIMITS:
        return _limited(0, headers)
    if "NetworkError" in names:
        return unavailable()
    if "OrderNotFound" in names:
        return Conflict(ORDER_UNKNOWN, "The venue has no such order.")
    return Conflict("venue.request_refused", "The venue refused what was asked.")


def _limited(status: int, headers: Mapping[str, str]) -> RateLimited:
    said = headers.get("retry-after", "")
    if status == BANNED:
        return banned(float(said) if said.isdigit() else BAN_WAIT_S)
    return rate_limited(float(said) if said.isdigit() else RATE_LIMIT_WAIT_S)

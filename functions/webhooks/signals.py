"""Takes a signal of TradingView: kept first, answered then, everything else later."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import orjson

from nightdesk.alerts.signal_receiving import SignalService
from nightdesk.contracts.tradingview import incoming_of
from nightdesk.kernel.errors import NotFound
from nightdesk.runtime import correlation
from nightdesk.runtime.http import Event, Reply, body_text

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,128}")


def receive_signal(event: Event, token: str, signals: Callable[[], SignalService]) -> Reply:
    """Keep what the message says; the same one again is answered the same.

    Raises:
        NotFound: `signal.hook_not_found`.
        InvalidInput: `signal.empty`, `request.malformed`.
        TooLarge: `signal.too_large`, `request.too_large`.
        RateLimited: `signal.too_many`.
        Unavailable: `database.unavailable`: send it again.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound("signal.hook_not_found", "There is no such hook.")
    incoming = incoming_of(body_text(event))
    source = str(((event.get("requestContext") or {}).get("identity") or {}).get("sourceIp") or "")
    taken = signals().receive(token, incoming, source, correlation.current() or correlation.new())
    answer = {"signal_id": str(taken.signal_id), "is_new": taken.is_new, "state": taken.state.value}
    return {
        "statusCode": int(HTTPStatus.OK),
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": orjson.dumps(answer).decode(),
        "isBase64Encoded": False,
    }

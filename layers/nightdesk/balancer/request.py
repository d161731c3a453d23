"""A request after signing, taken apart; nothing in it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from nightdesk.balancer.model import Batch, Cost, KeyPrint, Priority
from nightdesk.kernel.assets import VenueId

_SIGNATURES = frozenset({"signature", "Signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is about to be sent to a venue.

    Attributes:
        path: Without host and query.
        parameters: Of the query and of a form body; the last of equal names.
        headers: With lower-case names.
    """

    venue: VenueId
    method: str
    url: str
    host: str
    path: str
    parameters: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a route takes and means, from a venue's table."""

    costs: tuple[Cost, ...]
    priority: Priority = Priority.HISTORY
    mutates: bool = False
    cache_ms: int = 0
    batch: Batch | None = None


def take_apart(
    venue: VenueId, method: str, url: str, headers: Mapping[str, str] | None = None, body: str | None = None
) -> Request:
    """The request's parts; its bytes stay as they were signed."""
    split = urlsplit(url)
    form = body if body and not body.lstrip().startswith(("{", "[")) else ""
    return Request(
        venue=venue,
        method=method.upper(),
        url=url,
        host=(split.hostname or "").lower(),
        path=split.path,
        parameters=dict([*parse_qsl(split.query, keep_blank_values=True), *parse_qsl(form or "")]),
        headers={name.lower(): value for name, value in (headers or {}).items()},
    )


def key_print(key: str) -> KeyPrint:
    """What stands for a key in budgets: the same for every process, and the key can't be read from it."""
    return KeyPrint(hashlib.sha256(key.encode()).hexdigest()[:16]) if key else KeyPrint("")


def key_of(request: Request, key_headers: tuple[str, ...]) -> str:
    """The key that a request carries, or nothing."""
    carried = (request.headers.get(name) for name in key_headers)
    return next((key for key in carried if key), request.parameters.get("AccessKeyId", ""))


def is_signed(request: Request, key_headers: tuple[str, ...]) -> bool:
    """Whether the answer may be meant for one user only."""
    if key_of(request, key_headers) or "authorization" in request.headers:
        return True
    return bool(_SIGNATURES & request.parameters.keys())

"""Asking a source of reference data over HTTPS: one place for time-outs, sizes, refusals and the local stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import urllib3

from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable

LARGEST_BYTES: Final = 8_000_000
RETRY_AFTER_S: Final = 3600.0
_TIMEOUT: Final = urllib3.Timeout(connect=5, read=15)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; `headers` by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ReferenceHost:
    """One source's host.

    Args:
        name: Of the service, for people.
        code: What the codes of its failures begin with.
        route: `direct`, or `local:<host>:<port>:<ca file>` to reach a local stand-in under the real name.
    """

    def __init__(self, host: str, *, name: str, code: str, route: str = "direct") -> None:
        self._host = host
        self._name = name
        self._code = code
        self._pool = _pool(host, route)

    def get(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answered:
        """Ask once; whatever status came is an answer.

        Raises:
            Unavailable: `<code>.unavailable`: no answer, or one that does not end.
        """
        try:
            answer = self._pool.request(
                "GET",
                path,
                fields=dict(fields),
                headers={"Host": self._host, "Accept": "application/json", **(headers or {})},
                timeout=_TIMEOUT,
                retries=False,
                preload_content=False,
            )
            body = answer.read(LARGEST_BYTES)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"{self._code}.unavailable", f"{self._name} does not answer.") from error
        return Answered(answer.status, {key.lower(): text for key, text in answer.headers.items()}, body)

    def refusal(self, answered: Answered) -> NightdeskError:
        """The error that a status other than the wanted one means."""
        if answered.status == HTTPStatus.TOO_MANY_REQUESTS:
            text = f"{self._name} lets nobody ask for now: the plan has no requests left, or there were too many."
            return RateLimited(f"{self._code}.rate_limited", text, retry_after_s=_retry_after_s(answered))
        return Unavailable(f"{self._code}.unavailable", f"{self._name} answered with status {answered.status}.")

    def malformed(self) -> Unavailable:
        """The error that an answer means which can't be read."""
        return Unavailable(f"{self._code}.malformed", f"{self._name} answered what can't be meant.")


def _retry_after_s(answered: Answered) -> float:
    text = answered.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else RETRY_AFTER_S


def _pool(host: str, route: str) -> urllib3.HTTPSConnectionPool:
    if route == "direct":
        return urllib3.HTTPSConnectionPool(host, 443, maxsize=1)
    _, address, port, ca_file = route.split(":", 3)
    return urllib3.HTTPSConnectionPool(
        address, int(port), maxsize=1, ca_certs=ca_file, server_hostname=host, assert_hostname=host
    )

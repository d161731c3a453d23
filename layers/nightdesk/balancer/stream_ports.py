"""What the balancer needs from outside while requests wait in an event loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from nightdesk.balancer.model import Ask, Egress, Grant, Report, Wait
from nightdesk.balancer.request import Request
from nightdesk.kernel.assets import VenueId


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a venue answered.

    Attributes:
        headers: With lower-case names.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class NotSent(Exception):
    """The request certainly did not reach the venue.

    Attributes:
        gone: The egress itself does not answer.
    """

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


class AnswerLost(Exception):
    """The request may have reached the venue; its answer did not come.

    Attributes:
        gone: The egress itself does not answer any more.
    """

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


class Budget(Protocol):
    """The budget that all processes share."""

    async def acquire(self, ask: Ask) -> Grant | Wait:
        """Take a place now, in one round trip, or learn how long to wait.

        Raises:
            Unavailable: `balancer.unavailable`; nothing may be sent then.
        """
        ...

    async def report(self, report: Report) -> None:
        """Fold in what came of a grant.

        Raises:
            Unavailable: `balancer.unavailable`.
        """
        ...

    async def lease(self, venue: VenueId, egress: Egress, lease_ms: int) -> None:
        """Keep an egress among those that may be chosen."""
        ...

    async def release(self, venue: VenueId, egress: str) -> None:
        """Take an egress out at once."""
        ...


class AnswerCache(Protocol):
    """Answers to unsigned reads, shared by all processes for a moment."""

    async def get(self, key: str) -> Answer | None:
        """The kept answer, while it is fresh."""
        ...

    async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:
        """Keep an answer for so long."""
        ...

    async def lead(self, key: str, lease_ms: int) -> bool:
        """Whether this caller fetches for everybody; others wait for what it puts."""
        ...

    async def asked(self, key: str, value: str, within_ms: int) -> int:
        """Note a row that was asked for; how many different ones were lately."""
        ...

    async def count(self, venue: VenueId, what: str, count: int) -> None:
        """So many more of `hit`, `coalesced`, `batched` or `fetched`."""
        ...


class Transport(Protocol):
    """Sends a request over the egress of its grant."""

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        """The venue's answer, whatever its status.

        Raises:
            NotSent: It did not leave.
            AnswerLost: It may have left.
        """
        ...

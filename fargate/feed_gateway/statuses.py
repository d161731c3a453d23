"""How venues are heard: now, at every change, and at least every ten seconds."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fargate.feed_gateway.switchboard import Reader, Signal
from nightdesk.contracts.graphql.live_types import FeedStatus
from nightdesk.contracts.live_messages import FeedMessage
from nightdesk.identity.model import Caller
from nightdesk.kernel.instants import Clock, format_instant

EVERY_S: Final = 10.0
UNHEARD_AFTER: Final = timedelta(seconds=30)
"""Nothing said of a venue for so long: nobody listens to it any more."""


class StatusTopic:
    """Knows how each venue is heard.

    Args:
        venues: Of which something is told, known or not.
        read: The statuses that stand in Valkey.
    """

    def __init__(
        self,
        venues: Sequence[str],
        read: Callable[[Sequence[str]], Awaitable[list[bytes]]],
        clock: Clock,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._venues = tuple(venues)
        self._read_statuses = read
        self._clock = clock
        self._every_s = every_s
        self._told: dict[str, tuple[datetime, FeedMessage]] = {}
        self._started_at = clock.now()
        self._signals: set[Signal] = set()
        self._is_read = False
        self._reader = Reader(self._read)

    def holds(self, subject: str) -> None:  # noqa: ARG002 there is one pattern
        """Read the statuses again."""
        self._reader.ask()

    def hear(self, subject: str, message: bytes) -> None:  # noqa: ARG002 the message says it too
        """Take a status."""
        told = FeedMessage.model_validate_json(message)
        known = self._told.get(told.venue)
        self._told[told.venue] = (self._clock.now(), told)
        if known is None or (known[1].state, known[1].note) != (told.state, told.note):
            self._ring()

    async def follow(self, caller: Caller) -> AsyncGenerator[FeedStatus]:
        """Every venue's status, and again when it changes or some time has passed."""
        caller.require("read", "Feed")
        signal = Signal()
        self._signals.add(signal)
        try:
            if not self._is_read:
                await signal.wait(self._every_s)
            while True:
                for status in self.present():
                    yield status
                await signal.wait(self._every_s)
        finally:
            self._signals.discard(signal)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return len(self._signals)

    def present(self) -> list[FeedStatus]:
        """Every venue's status."""
        return [self._status(venue) for venue in dict.fromkeys((*self._venues, *self._told))]

    def _status(self, venue: str) -> FeedStatus:
        heard_at, told = self._told.get(venue, (self._started_at, None))
        last_message_at = told.last_message_at if told else None
        if told is None or self._clock.now() - heard_at > UNHEARD_AFTER:
            since = format_instant(heard_at)
            return FeedStatus(venue=venue, state="down", since=since, last_message_at=last_message_at)
        return FeedStatus(
            venue=venue, state=told.state, since=told.since, last_message_at=last_message_at, note=told.note
        )

    def _ring(self) -> None:
        for signal in self._signals:
            signal.ring()

    async def _read(self) -> None:
        for message in await self._read_statuses(self._venues):
            try:
                self.hear("", message)
            except ValueError:
                continue
        self._is_read = True
        self._ring()

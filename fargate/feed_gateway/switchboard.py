"""One connection to Valkey, fanned out in memory to whoever follows a topic."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, Protocol

from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.runtime.service import until

PATTERNS: Final = ("import.*", "ticker.*", "ledger.*", "feed:*")
"""What is heard always; candles and portfolios only while somebody follows them."""

AGAIN_AFTER_S: Final = 1.0
SOON_S: Final = 0.05
"""What was asked for during a reading is read so soon after it: the next asker must not wait for a pause."""

CONNECT_AGAIN_AFTER_S: Final = 0.5
_log = logging.getLogger(__name__)


class Heard(Protocol):
    """Something published; without a message: from now on nothing on this subject or pattern is missed."""

    @property
    def subject(self) -> str:
        """Its subject, or the pattern."""
        ...

    @property
    def message(self) -> bytes | None:
        """What was published."""
        ...


class Wire(Protocol):
    """Hears what is published."""

    def messages(self) -> AsyncIterator[Heard]:
        """What is heard, in order, over one life of the connection."""
        ...

    def want(self, subject: str) -> None:
        """Hear this subject too, until `leave` was called as often."""
        ...

    def leave(self, subject: str) -> None:
        """One fewer wants the subject."""
        ...


class Topic(Protocol):
    """Takes what is published on the subjects of one kind."""

    def holds(self, subject: str) -> None:
        """What was published before now may have been missed; nothing is from now on."""
        ...

    def hear(self, subject: str, message: bytes) -> None:
        """Take a message.

        Raises:
            ValueError: It can't be read.
        """
        ...

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        ...


class Switchboard:
    """Hands each message to its topic: the word before the first dot or colon of its subject.

    Attributes:
        is_hearing: Whether the connection stands.
        lives: How many connections there were.
    """

    def __init__(self, wire: Wire, topics: Mapping[str, Topic]) -> None:
        self._wire = wire
        self._topics = topics
        self.is_hearing = False
        self.lives = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Hear and hand on until stopped; over each new connection everybody is brought up to date."""
        await until(stopping, self._keep_hearing())

    @property
    def followers(self) -> dict[str, int]:
        """How many subscriptions are open, by topic."""
        return {name: topic.followers for name, topic in self._topics.items()}

    async def _keep_hearing(self) -> None:
        while True:
            self.lives += 1
            try:
                await self._hear()
            except Unavailable as error:
                _log.warning("the wire is down", extra={"error_code": error.code})
            self.is_hearing = False
            await asyncio.sleep(CONNECT_AGAIN_AFTER_S)

    async def _hear(self) -> None:
        async for heard in self._wire.messages():
            self.is_hearing = True
            topic = self._topics[heard.subject.replace(":", ".", 1).partition(".")[0]]
            if heard.message is None:
                topic.holds(heard.subject)
                continue
            try:
                topic.hear(heard.subject, heard.message)
            except ValueError:
                _log.warning("a message can't be read", extra={"subject": heard.subject})


class Reader:
    """Reads the present state in the background; after a failure again, and once more when asked meanwhile."""

    def __init__(self, read: Callable[[], Awaitable[None]], *, again_after_s: float = AGAIN_AFTER_S) -> None:
        self._read = read
        self._again_after_s = again_after_s
        self._is_asked = False
        self._task: asyncio.Task[None] | None = None

    def ask(self, delay_s: float = 0.0) -> None:
        """Have it read."""
        self._is_asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(delay_s))

    def end(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    async def _work(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        while self._is_asked:
            self._is_asked, pause_s = False, SOON_S
            try:
                await self._read()
            except NightdeskError as error:
                _log.warning("the present state can't be read", extra={"error_code": error.code})
                self._is_asked, pause_s = True, self._again_after_s
            if self._is_asked:
                await asyncio.sleep(pause_s)


class Signal:
    """Wakes one follower, at most so often."""

    def __init__(self, *, every_s: float = 0.0) -> None:
        self._news = asyncio.Event()
        self._every_s = every_s
        self._woken_s = -every_s

    def ring(self) -> None:
        """Wake it."""
        self._news.set()

    async def wait(self, timeout_s: float | None = None) -> None:
        """Wait until it is rung, and the least time since the last return has passed; or until the time is over."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(max(0.0, self._woken_s + self._every_s - loop.time()))
        self._woken_s = loop.time()
        self._news.clear()

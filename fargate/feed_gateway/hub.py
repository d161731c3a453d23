"""One subscription to all imports, fanned out to everybody who follows some of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.present import pushed_import_shape
from nightdesk.contracts.events import ImportProgressed
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import TenantId
from nightdesk.runtime.service import until

PATTERN: Final = "import.*"
_ORDER: Final = {"queued": 0, "running": 1, "failed": 2, "done": 2}
_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears what is published."""

    def messages(self, pattern: str) -> AsyncIterator[bytes | None]:
        """What is published on subjects of the pattern; None first, when the subscription holds."""
        ...


class Follower:
    """What one subscription has still to send: the newest state of each import, never a queue of old ones."""

    def __init__(self, tenant_id: TenantId, account_id: UUID | None) -> None:
        self._tenant_id = tenant_id
        self._account_id = account_id
        self._sent: dict[UUID, ImportProgressShape] = {}
        self._waiting: dict[UUID, ImportProgressShape] = {}
        self._behind = True
        self._news = asyncio.Event()
        self._news.set()

    def follows(self, tenant_id: UUID, account_id: UUID) -> bool:
        """Whether it may, and wants to, hear of the account."""
        return tenant_id == self._tenant_id and self._account_id in {None, account_id}

    def offer(self, progress: ImportProgressShape) -> None:
        """Have it sent, unless something later is known."""
        known = self._waiting.get(progress.account_id) or self._sent.get(progress.account_id)
        if known is None or _is_later(progress, known):
            self._waiting[progress.account_id] = progress
            self._news.set()

    def fall_behind(self) -> None:
        """Have the present state read again: something may have been missed."""
        self._behind = True
        self._news.set()

    async def wait(self) -> bool:
        """Wait until there is something to do; whether the present state must be read first."""
        await self._news.wait()
        self._news.clear()
        behind, self._behind = self._behind, False
        return behind

    def take(self) -> Iterable[ImportProgressShape]:
        """What is to be sent now."""
        taken, self._waiting = self._waiting, {}
        self._sent |= taken
        return taken.values()


class ImportHub:
    """Follows imports for any number of browsers over one connection to Valkey."""

    def __init__(self, listener: Listener, answers: Answers) -> None:
        self._listener = listener
        self._answers = answers
        self._followers: set[Follower] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Hear and fan out until stopped.

        Raises:
            Unavailable: Valkey is lost; when this is run again, everybody is brought up to date.
        """
        await until(stopping, self._hear())

    async def follow(self, caller: Caller, account_id: UUID | None) -> AsyncIterator[ImportProgressShape]:
        """The present state of one import or all of them, then every change as it comes."""
        follower = Follower(caller.tenant_id, account_id)
        self._followers.add(follower)
        try:
            while True:
                if await follower.wait():
                    await self._catch_up(follower, caller, account_id)
                for progress in follower.take():
                    yield progress
        finally:
            self._followers.discard(follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return len(self._followers)

    async def _hear(self) -> None:
        async for message in self._listener.messages(PATTERN):
            if message is None:
                self._each(lambda follower: follower.fall_behind())
            else:
                self._fan_out(message)

    def _fan_out(self, message: bytes) -> None:
        try:
            event = ImportProgressed.model_validate_json(message)
        except ValidationError:
            _log.warning("a message on %s can't be read", PATTERN)
            return
        progress = pushed_import_shape(event)
        for follower in self._followers:
            if follower.follows(event.tenant_id, event.account_id):
                follower.offer(progress)

    def _each(self, act: Callable[[Follower], None]) -> None:
        for follower in self._followers:
            act(follower)

    async def _catch_up(self, follower: Follower, caller: Caller, account_id: UUID | None) -> None:
        for progress in await asyncio.to_thread(self._present, caller, account_id):
            follower.offer(progress)

    def _present(self, caller: Caller, account_id: UUID | None) -> list[ImportProgressShape]:
        if account_id is None:
            return self._answers.imports(caller)
        latest = self._answers.account(caller, account_id).import_
        return [] if latest is None else [latest]


def _is_later(report: ImportProgressShape, known: ImportProgressShape) -> bool:
    """Whether the report tells of something after what is known: messages and reads may cross."""
    if report.import_id != known.import_id:
        return report.queued_at >= known.queued_at
    return _measure(report) > _measure(known) or (_measure(report) == _measure(known) and report != known)


def _measure(progress: ImportProgressShape) -> tuple[float, ...]:
    rows = progress.rows_recorded + progress.rows_duplicate + progress.rows_skipped
    return (_ORDER[progress.state], rows, progress.progress_ratio)

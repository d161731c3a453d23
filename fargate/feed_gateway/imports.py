"""Imports as they go, to everybody who follows some of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Final
from uuid import UUID

from fargate.feed_gateway.switchboard import AGAIN_AFTER_S, Signal
from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.present import pushed_import_shape
from nightdesk.contracts.events import ImportProgressed
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId

_ORDER: Final = {"queued": 0, "running": 1, "failed": 2, "done": 2}


class ImportFollower:
    """What one subscription has still to send: the newest state of each import, never a queue of old ones."""

    def __init__(self, tenant_id: TenantId, account_id: UUID | None) -> None:
        self._tenant_id = tenant_id
        self._account_id = account_id
        self._sent: dict[UUID, ImportProgressShape] = {}
        self._waiting: dict[UUID, ImportProgressShape] = {}
        self._is_behind = True
        self.signal = Signal()
        self.signal.ring()

    def follows(self, tenant_id: UUID, account_id: UUID) -> bool:
        """Whether it may, and wants to, hear of the account."""
        return tenant_id == self._tenant_id and self._account_id in {None, account_id}

    def offer(self, progress: ImportProgressShape) -> None:
        """Have it sent, unless something later is known."""
        known = self._waiting.get(progress.account_id) or self._sent.get(progress.account_id)
        if known is None or _is_later(progress, known):
            self._waiting[progress.account_id] = progress
            self.signal.ring()

    def fall_behind(self) -> None:
        """Have the present state read again: something may have been missed."""
        self._is_behind = True
        self.signal.ring()

    def catch_up(self) -> bool:
        """Whether the present state must be read; asked once."""
        behind, self._is_behind = self._is_behind, False
        return behind

    def take(self) -> Iterable[ImportProgressShape]:
        """What is to be sent now."""
        taken, self._waiting = self._waiting, {}
        self._sent |= taken
        return taken.values()


class ImportTopic:
    """Tells each tenant of its own imports."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._followers: set[ImportFollower] = set()

    def holds(self, subject: str) -> None:  # noqa: ARG002 there is one pattern
        """Have everybody brought up to date."""
        for follower in self._followers:
            follower.fall_behind()

    def hear(self, subject: str, message: bytes) -> None:  # noqa: ARG002 the message says it too
        """Pass the progress on to those who follow it."""
        event = ImportProgressed.model_validate_json(message)
        progress = pushed_import_shape(event)
        for follower in self._followers:
            if follower.follows(event.tenant_id, event.account_id):
                follower.offer(progress)

    async def follow(self, caller: Caller, account_id: UUID | None) -> AsyncGenerator[ImportProgressShape]:
        """The present state of one import or all of them, then every change as it comes."""
        follower = ImportFollower(caller.tenant_id, account_id)
        self._followers.add(follower)
        try:
            while True:
                await follower.signal.wait()
                if follower.catch_up():
                    await self._catch_up(follower, caller, account_id)
                for progress in follower.take():
                    yield progress
        finally:
            self._followers.discard(follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return len(self._followers)

    async def _catch_up(self, follower: ImportFollower, caller: Caller, account_id: UUID | None) -> None:
        try:
            for progress in await asyncio.to_thread(self._present, caller, account_id):
                follower.offer(progress)
        except Unavailable:
            await asyncio.sleep(AGAIN_AFTER_S)
            follower.fall_behind()

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

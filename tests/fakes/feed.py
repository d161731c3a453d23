"""A wire on which is heard what a test publishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from nightdesk.accounts.model import Credential, ImportProgress
from nightdesk.contracts.events import ImportProgressed
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId
from tests.fakes.desk import FakeDesk


@dataclass(frozen=True, slots=True)
class Heard:
    """As `ValkeyWire` gives it."""

    subject: str
    message: bytes | None


LOST = Heard("lost", None)


class FakeWire:
    """Gives out what was published, and can lose its connection."""

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns
        self._messages: asyncio.Queue[Heard] = asyncio.Queue()
        self.wanted: list[str] = []

    async def messages(self) -> AsyncIterator[Heard]:
        for subject in (*self._patterns, *self.wanted):
            yield Heard(subject, None)
        while True:
            heard = await self._messages.get()
            self._messages.task_done()
            if heard is LOST:
                raise Unavailable("cache.unavailable", "The cache does not answer.")
            yield heard

    def want(self, subject: str) -> None:
        self.wanted.append(subject)
        self._messages.put_nowait(Heard(subject, None))

    def leave(self, subject: str) -> None:
        self.wanted.remove(subject)

    def publish(self, subject: str, message: bytes) -> None:
        self._messages.put_nowait(Heard(subject, message))

    def lose(self) -> None:
        self._messages.put_nowait(LOST)

    async def drained(self) -> None:
        await self._messages.join()
        await asyncio.sleep(0)


def connected(fake: FakeDesk, caller: Caller) -> ImportProgress:
    """The queued import of an account that the caller has just connected."""
    service = fake.accounts_service()
    account = service.connect(
        caller.tenant_id,
        venue="binance",
        credential=Credential("public-key", "very-secret"),
        label="Main",
        correlation_id=CorrelationId("corr-connected"),
    )
    progress = service.import_progress(caller.tenant_id, account.account_id)
    assert progress is not None
    return progress


def published(progress: ImportProgress, **changes: Any) -> bytes:
    """The import after some changes, as it is published."""
    changed = replace(progress, **changes)
    names = ImportProgressed.model_fields
    members = {name: getattr(changed, name) for name in names if name != "eta_s"}
    return ImportProgressed(**{**members, "state": changed.state.value, "eta_s": None}).model_dump_json().encode()

"""A listener that hears what a test publishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from nightdesk.accounts.model import Credential, ImportProgress
from nightdesk.contracts.events import ImportProgressed
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId
from tests.fakes.desk import FakeDesk

LOST = b"lost"


class FakeListener:
    """Gives out what was published, and can lose its connection."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[bytes] = asyncio.Queue()
        self._subscribed = asyncio.Event()

    async def messages(self, pattern: str) -> AsyncIterator[bytes | None]:
        assert pattern == "import.*"
        yield None
        self._subscribed.set()
        while True:
            message = await self._messages.get()
            self._messages.task_done()
            if message == LOST:
                raise Unavailable("cache.unavailable", "The cache does not answer.")
            yield message

    async def subscribed(self) -> None:
        await self._subscribed.wait()

    def publish(self, message: bytes) -> None:
        self._messages.put_nowait(message)

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

"""News of ledgers: what was recorded, and a word to read the ledger when something may have been missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final, cast
from uuid import UUID

import strawberry

from fargate.feed_gateway.switchboard import Signal
from nightdesk.contracts.api.ledger import EntryShape
from nightdesk.contracts.graphql.live_types import LedgerNews
from nightdesk.contracts.graphql.types import Entry
from nightdesk.contracts.live_messages import LedgerMessage
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId

ENTRIES_MAX: Final = 50
"""More entries waiting for one account are only counted."""

AGAIN_AFTER_S: Final = 1.0


class LedgerFollower:
    """What one subscription has still to be told: one piece of news for each account."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, tuple[int, list[EntryShape]]] = {}
        self._is_behind = True
        self.signal = Signal()
        self.signal.ring()

    def offer(self, account_id: UUID, count: int, entries: Sequence[EntryShape]) -> None:
        """Have it told, together with what waits already."""
        waiting, told = self._waiting.get(account_id, (0, []))
        together = [*told, *entries]
        whole = len(together) == waiting + count <= ENTRIES_MAX
        self._waiting[account_id] = (waiting + count, together if whole else [])
        self.signal.ring()

    def fall_behind(self) -> None:
        """Something may have been missed."""
        self._is_behind = True
        self.signal.ring()

    def catch_up(self) -> bool:
        """Whether it must be told to read every ledger; asked once."""
        behind, self._is_behind = self._is_behind, False
        return behind

    def take(self) -> list[LedgerNews]:
        """What is to be told now."""
        taken, self._waiting = self._waiting, {}
        return [
            LedgerNews(account_id=strawberry.ID(str(account_id)), count=count, entries=cast("list[Entry]", entries))
            for account_id, (count, entries) in taken.items()
        ]


class LedgerTopic:
    """Tells each tenant of its own ledger.

    Args:
        accounts: The ids of the caller's accounts; blocks.
    """

    def __init__(self, accounts: Callable[[Caller], Sequence[UUID]]) -> None:
        self._accounts = accounts
        self._followers: dict[TenantId, set[LedgerFollower]] = {}

    def holds(self, subject: str) -> None:  # noqa: ARG002 there is one pattern
        """Have everybody read their ledgers."""
        for followers in self._followers.values():
            for follower in followers:
                follower.fall_behind()

    def hear(self, subject: str, message: bytes) -> None:
        """Pass the news on to those whose ledger it is."""
        followers = self._followers.get(TenantId(UUID(subject.partition(".")[2])))
        if followers:
            told = LedgerMessage.model_validate_json(message)
            for follower in followers:
                follower.offer(told.account_id, told.count, told.entries)

    async def follow(self, caller: Caller) -> AsyncGenerator[LedgerNews]:
        """One for each account to begin with, then the news."""
        caller.require("read", "Ledger")
        follower = LedgerFollower()
        self._followers.setdefault(caller.tenant_id, set()).add(follower)
        try:
            while True:
                await follower.signal.wait()
                if follower.catch_up():
                    await self._remind(follower, caller)
                for news in follower.take():
                    yield news
        finally:
            self._leave(caller.tenant_id, follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return sum(map(len, self._followers.values()))

    async def _remind(self, follower: LedgerFollower, caller: Caller) -> None:
        try:
            for account_id in await asyncio.to_thread(self._accounts, caller):
                follower.offer(account_id, 0, ())
        except Unavailable:
            await asyncio.sleep(AGAIN_AFTER_S)
            follower.fall_behind()

    def _leave(self, tenant_id: TenantId, follower: LedgerFollower) -> None:
        followers = self._followers[tenant_id]
        followers.discard(follower)
        if not followers:
            del self._followers[tenant_id]

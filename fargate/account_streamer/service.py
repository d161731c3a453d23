"""The account streamer: one follower for every account that has a key, started and ended as keys come and go."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from fargate.account_streamer.follower import Follower, Parts
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.streaming import StreamedAccount
from nightdesk.accounts.streaming_ports import StreamedAccounts
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.kernel.tasks import end_all
from nightdesk.runtime.service import until

IMPORTS: Final = "import.*"
"""A new account is imported at once: news of an import is news of an account."""

POLL_S: Final = 2.0
POLL_LEAST_S: Final = 0.25
AGAIN_AFTER_S: Final = 5.0
END_WITHIN_S: Final = 6.0
"""Enough for a follower to book what it heard and close its connection; then it is cancelled again."""

_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears what is published."""

    def messages(self, pattern: str) -> AsyncIterator[bytes | None]:
        """What is published on subjects of the pattern; None first, when the subscription holds."""
        ...


@dataclass(frozen=True, slots=True)
class _Followed:
    account: StreamedAccount
    follower: Follower
    task: asyncio.Task[None]


class AccountStreamer:
    """Follows all accounts.

    Args:
        accounts: Which there are.
        parts: What followers need.
        listener: Brings news of imports.
        new_id: Makes correlation ids.
        accounts_max: More accounts than this are not followed by one process, and it says so.
    """

    def __init__(
        self,
        accounts: StreamedAccounts,
        parts: Parts,
        listener: Listener,
        *,
        new_id: Callable[[], UUID],
        accounts_max: int = 300,
    ) -> None:
        self._accounts = accounts
        self._parts = parts
        self._listener = listener
        self._new_id = new_id
        self._accounts_max = accounts_max
        self._followed: dict[AccountId, _Followed] = {}
        self._ended: dict[AccountId, float] = {}
        self._unfollowed = 0
        self._poke = asyncio.Event()

    async def follow(self, stopping: asyncio.Event) -> None:
        """Follow until the event is set; then book what was heard and leave."""
        try:
            await until(stopping, self._keep_following())
        finally:
            await self._end(list(self._followed))

    async def hear_news(self, stopping: asyncio.Event) -> None:
        """Look for new accounts as soon as an import tells of one; dies with its connection."""
        await until(stopping, self._listen())

    def health(self) -> dict[str, Any]:
        """How many accounts are followed, in which states, and what waits to be booked."""
        states = Counter(each.follower.state.value for each in self._followed.values())
        waiting = sum(each.follower.waiting for each in self._followed.values())
        accounts = {"followed": len(self._followed), "unfollowed": self._unfollowed, **states}
        return {"accounts": accounts, "facts_waiting": waiting}

    async def _keep_following(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._poke.clear()
            try:
                await self._match(await asyncio.to_thread(self._accounts.all), loop.time())
            except Unavailable as error:
                _log.warning("accounts not looked up", extra={"error_code": error.code})
            await asyncio.sleep(POLL_LEAST_S)  # progress of one import comes many times a second
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._poke.wait()

    async def _listen(self) -> None:
        async for _message in self._listener.messages(IMPORTS):
            self._poke.set()

    async def _match(self, present: tuple[StreamedAccount, ...], now_s: float) -> None:
        """Begin with what is new, end what is gone, begin anew where the key is another or a follower died."""
        wanted = {account.account_id: account for account in present[: self._accounts_max]}
        self._warn_of(len(present) - len(wanted))
        self._note_dead(now_s)
        gone = [key for key, each in self._followed.items() if wanted.get(key) != each.account]
        await self._end(gone)
        for key, account in wanted.items():
            if key not in self._followed and now_s >= self._ended.get(key, 0.0):
                await self._begin(account)
        self._ended = {key: at_s for key, at_s in self._ended.items() if key in wanted and at_s > now_s}

    async def _begin(self, account: StreamedAccount) -> None:
        correlation_id = CorrelationId(f"stream-{self._new_id().hex}")
        try:
            ref = await asyncio.to_thread(self._parts.books.ref, account.tenant_id, account.account_id, correlation_id)
        except NightdeskError as error:
            _log.warning("account not looked up", extra={"error_code": error.code})
            return
        if ref is not None:  # else it is still being checked, or just gone
            self._followed[account.account_id] = self._follow(account, ref)

    def _follow(self, account: StreamedAccount, ref: AccountRef) -> _Followed:
        follower = Follower(self._parts, ref)
        return _Followed(account, follower, asyncio.create_task(follower.run(), name=f"account {ref.account_id}"))

    def _note_dead(self, now_s: float) -> None:
        """A follower ends of itself only by a defect: its account is begun anew after a while, the others go on."""
        for key, each in list(self._followed.items()):
            if not each.task.done():
                continue
            error = each.task.exception() if not each.task.cancelled() else None
            _log.error("follower died", exc_info=error, extra={"account_id": str(key)})
            del self._followed[key]
            self._ended[key] = now_s + AGAIN_AFTER_S

    async def _end(self, keys: list[AccountId]) -> None:
        tasks = {self._followed.pop(key).task for key in keys}
        await end_all(tasks, cancel_again_s=END_WITHIN_S)

    def _warn_of(self, unfollowed: int) -> None:
        if unfollowed != self._unfollowed:
            self._unfollowed = unfollowed
            _log.error("accounts are not followed", extra={"unfollowed": unfollowed, "limit": self._accounts_max})

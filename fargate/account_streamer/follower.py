"""One account: opens its key, follows its stream, reconciles, and begins again when something broke."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fargate.account_streamer.booking import Booking
from fargate.account_streamer.reconcile import Reconciler
from nightdesk.accounts import errors
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.streaming import SILENT
from nightdesk.accounts.streaming_books import StreamBooks, StreamKeys
from nightdesk.accounts.streaming_ports import AccountStream, AccountStreams
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.tasks import abreast, end_all

BACKOFF_FIRST_S: Final = 0.2
BACKOFF_MAX_S: Final = 30.0
STEADY_AFTER_S: Final = 10.0
KEY_RETRY_S: Final = 60.0
"""An account whose key is refused is tried again so often; at once when another key is connected."""

IMPORT_PAUSE_S: Final = 1.0
REST_PAUSE_S: Final = 5.0
REST_PAUSE_MAX_S: Final = 60.0
MOVEMENT_AFTER_S: Final = (0.0, 10.0, 60.0)
"""A movement is looked for at once and again: venues show it in the history a little later than in the balance."""

TRADE_AFTER_S: Final = (0.0, 10.0)
"""So is a trade that the stream does not tell whole."""

DEAF_AFTER_S: Final = 3.0
FLUSH_WITHIN_S: Final = 3.0

_log = logging.getLogger(__name__)


class State(StrEnum):
    """How an account is followed."""

    CONNECTING = "connecting"
    LIVE = "live"
    DOWN = "down"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What all followers share."""

    streams: AccountStreams
    books: StreamBooks
    keys: StreamKeys
    clock: Clock
    reconcile_every_s: float = 180.0


class Follower:
    """Follows one account with one key until it is cancelled."""

    def __init__(self, parts: Parts, ref: AccountRef) -> None:
        self._parts = parts
        self._ref = ref
        self._booking = Booking(parts.books, ref)
        self._reconciler = Reconciler(parts.books, ref, parts.clock)
        self.state = State.CONNECTING

    @property
    def waiting(self) -> int:
        """Facts that are not booked yet."""
        return self._booking.waiting

    async def run(self) -> None:
        """Live through connections, with a growing pause between those that break early."""
        booking = asyncio.create_task(self._booking.run())
        try:
            await self._live_on(booking)
        finally:
            await end_all([booking])
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_WITHIN_S):
                    await self._booking.flush()

    async def _live_on(self, booking: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        backoff_s = BACKOFF_FIRST_S
        while True:
            started_s = loop.time()
            try:
                await self._live(booking)
            except* NightdeskError as group:
                error = _first(group)
                steady = loop.time() - started_s > STEADY_AFTER_S
                backoff_s = BACKOFF_FIRST_S if steady else min(2 * backoff_s, BACKOFF_MAX_S)
                await self._bear(error, backoff_s)

    async def _bear(self, error: NightdeskError, backoff_s: float) -> None:
        told = {"account_id": str(self._ref.account_id), "error_code": error.code}
        if error.code in errors.CREDENTIAL_CODES:
            _log.error("account fails", extra=told)
            with suppress(NightdeskError):
                await asyncio.to_thread(self._parts.books.fail, self._ref, error.code)
            self.state = State.FAILING
            await asyncio.sleep(KEY_RETRY_S * random.uniform(0.8, 1.2))  # noqa: S311
            return
        self.state = State.DOWN
        limited_s = (error.retry_after_s or 0.0) if isinstance(error, RateLimited) else 0.0
        pause_s = max(backoff_s * random.uniform(0.5, 1.0), limited_s)  # noqa: S311
        _log.warning("stream ended", extra={**told, "retry_s": round(pause_s, 2)})
        await asyncio.sleep(pause_s)

    async def _live(self, booking: asyncio.Task[None]) -> None:
        """One life of the connection."""
        self.state = State.CONNECTING
        credential = await asyncio.to_thread(self._parts.keys.open, self._ref)
        stream = self._parts.streams.stream(self._ref, credential)
        del credential
        try:
            await stream.open(self._booking.hear)
            self.state = State.LIVE
            _log.info("live", extra={"account_id": str(self._ref.account_id)})
            await abreast(stream.run(), self._reconcile(stream), _watch(booking))
        finally:
            await stream.close()

    async def _reconcile(self, stream: AccountStream) -> None:
        """Look for what was missed: all of it once after connecting, then what the balances speak for."""
        loop = asyncio.get_running_loop()
        was_whole = False
        rest_pause_s = REST_PAUSE_S
        movements_s: list[float] = []
        trades_s: list[float] = []
        while True:
            self._booking.must_look.clear()
            due = [at_s for at_s in movements_s if at_s <= loop.time()]
            movements_s = [at_s for at_s in movements_s if at_s > loop.time()]
            trades_s = [at_s for at_s in trades_s if at_s > loop.time()]
            try:
                found = await self._reconciler.round(stream, is_whole=not was_whole, movements=bool(due))
                pause_s = self._parts.reconcile_every_s if found.is_whole else IMPORT_PAUSE_S
                if was_whole:
                    await self._refuse_if_deaf(found.missed)
                was_whole = was_whole or found.is_whole
                rest_pause_s = REST_PAUSE_S
            except NightdeskError as error:
                if error.code == SILENT or error.code in errors.CREDENTIAL_CODES:
                    raise
                _log.warning("not reconciled", extra={"error_code": error.code})
                limited_s = (error.retry_after_s or 0.0) if isinstance(error, RateLimited) else 0.0
                pause_s = max(rest_pause_s * random.uniform(0.8, 1.2), limited_s)  # noqa: S311
                rest_pause_s = min(2 * rest_pause_s, REST_PAUSE_MAX_S)
                movements_s += due
            until_s = min([loop.time() + pause_s, *movements_s, *trades_s])
            if not await _is_set(self._booking.must_look, until_s - loop.time()):
                continue
            if self._booking.looks_for_movements:
                self._booking.looks_for_movements = False
                movements_s = [loop.time() + after_s for after_s in MOVEMENT_AFTER_S]
            else:
                trades_s = [loop.time() + after_s for after_s in TRADE_AFTER_S]

    async def _refuse_if_deaf(self, missed: tuple[str, ...]) -> None:
        """A live stream tells every trade: when the history shows some that it did not tell, it is dead.

        Raises:
            Unavailable: `venue.silent`.
        """
        if all(map(self._booking.was_told, missed)):
            return
        await asyncio.sleep(DEAF_AFTER_S)
        if not all(map(self._booking.was_told, missed)):
            raise Unavailable(SILENT, "Trades happened that the stream did not tell.")


async def _watch(booking: asyncio.Task[None]) -> None:
    """Die with the task that books: nothing is heard in vain."""
    await asyncio.wait({booking})
    booking.result()


async def _is_set(event: asyncio.Event, within_s: float) -> bool:
    try:
        async with asyncio.timeout(max(within_s, 0.0)):  # `wait_for` before Python 3.12 may lose a cancellation
            await event.wait()
    except TimeoutError:
        return False
    return True


def _first(group: BaseExceptionGroup[NightdeskError]) -> NightdeskError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner

"""From an account's stream into its books: what came together is booked together, what could not be is kept.

The read loop only puts events aside. One task a follower books them in a thread, so a slow database holds up nothing
but its own account; while one batch is being booked the next one gathers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from nightdesk.accounts.model import AccountRef, ReportedBalance
from nightdesk.accounts.streaming import (
    BalancesTold,
    FactTold,
    LookAgain,
    NewestBalances,
    OrderTold,
    StreamEvent,
)
from nightdesk.accounts.streaming_books import StreamBooks
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.ledger.model import Fact
from nightdesk.markets.orders import VenueOrder

FACTS_MAX: Final = 5_000
"""So many facts wait for a database that is away; more are fetched again when it is back."""

BATCH: Final = 500
TOLD_MAX: Final = 5_000
RETRY_FIRST_S: Final = 0.2
RETRY_MAX_S: Final = 5.0
SETTLE_AFTER_S: Final = 1.0

_log = logging.getLogger(__name__)


class Booking:
    """One account's events on their way into the ledger."""

    def __init__(self, books: StreamBooks, ref: AccountRef) -> None:
        self._books = books
        self._ref = ref
        self._facts: deque[Fact] = deque()
        self._balances: dict[AssetId, ReportedBalance] = {}
        self._orders: deque[VenueOrder] = deque(maxlen=FACTS_MAX)  # what is lost of them, the sweeper looks up
        self._newest = NewestBalances()
        self._told: dict[str, None] = {}
        self._news = asyncio.Event()
        self._newest_at: datetime | None = None
        self._settle_at_s: float | None = None
        self.must_look = asyncio.Event()
        self.looks_for_movements = False
        self.booked = 0

    @property
    def waiting(self) -> int:
        """Facts that are not booked yet."""
        return len(self._facts)

    def hear(self, event: StreamEvent) -> None:
        """Put an event aside; called in the read loop."""
        match event:
            case FactTold(fact):
                self._take(fact)
            case BalancesTold():
                self._balances |= {balance.asset: balance for balance in self._newest.take(event)}
            case OrderTold(order):
                self._orders.append(order)
            case LookAgain():
                told = {"account_id": str(self._ref.account_id), "reason": event.reason}
                _log.info("history is asked", extra=told)
                self.looks_for_movements |= not event.is_of_trades
                self.must_look.set()
        self._news.set()

    def was_told(self, identity: str) -> bool:
        """Whether the stream told of this lately."""
        return identity in self._told

    async def run(self) -> None:
        """Book what comes until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._idle_s()):
                    await self._news.wait()
            self._news.clear()
            await self._book_all()
            await self._settle_if_due()

    async def flush(self) -> None:
        """Book what waits, once: at the end of the process."""
        with suppress(NightdeskError):
            while self._waits:
                await self._book_some()

    @property
    def _waits(self) -> bool:
        return bool(self._facts or self._balances or self._orders)

    async def _book_all(self) -> None:
        retry_s = RETRY_FIRST_S
        while self._waits:
            try:
                await self._book_some()
            except Unavailable as error:
                _log.warning("booking waits", extra={"error_code": error.code, "facts": len(self._facts)})
                await asyncio.sleep(retry_s)
                retry_s = min(2 * retry_s, RETRY_MAX_S)

    async def _book_some(self) -> None:
        """Book the oldest facts, what was told of orders and the newest balances; they wait until they are booked."""
        batch = [self._facts[index] for index in range(min(BATCH, len(self._facts)))]
        balances, self._balances = self._balances, {}
        orders = [self._orders.popleft() for _ in range(min(BATCH, len(self._orders)))]
        try:
            await self._record(sorted(batch, key=_place), tuple(balances.values()), tuple(orders))
        except Unavailable:
            self._balances = balances | self._balances
            self._orders.extendleft(reversed(orders))
            raise
        for _ in batch:
            self._facts.popleft()
        self.booked += len(batch)

    async def _record(
        self, batch: Sequence[Fact], balances: Sequence[ReportedBalance], orders: Sequence[VenueOrder]
    ) -> None:
        try:
            await asyncio.to_thread(self._books.record, self._ref, batch, balances, orders)
        except Unavailable:
            raise
        except NightdeskError as error:
            _log.error("a batch can't be booked", extra={"error_code": error.code, "facts": len(batch)})
            await self._record_singly(batch)
        self._notice_order(batch)

    async def _record_singly(self, batch: Sequence[Fact]) -> None:
        """Let one bad fact not hold up the others; the history shows it again, and keeps it aside with the reason."""
        for fact in batch:
            try:
                await asyncio.to_thread(self._books.record, self._ref, (fact,), ())
            except Unavailable:
                raise
            except NightdeskError as error:
                _log.error("a fact can't be booked", extra={"error_code": error.code, "identity": fact.identity})
                self.must_look.set()

    def _notice_order(self, batch: Sequence[Fact]) -> None:
        """What came out of order made holdings stale: they are folded again when it is quiet."""
        for fact in batch:
            if self._newest_at is not None and fact.occurred_at < self._newest_at:
                self._settle_at_s = asyncio.get_running_loop().time() + SETTLE_AFTER_S
            else:
                self._newest_at = fact.occurred_at

    async def _settle_if_due(self) -> None:
        if self._settle_at_s is None or asyncio.get_running_loop().time() < self._settle_at_s:
            return
        self._settle_at_s = None
        try:
            await asyncio.to_thread(self._books.settle, self._ref)
        except NightdeskError as error:
            _log.warning("holdings not settled", extra={"error_code": error.code})

    def _idle_s(self) -> float | None:
        if self._settle_at_s is None:
            return None
        return max(self._settle_at_s - asyncio.get_running_loop().time(), 0.01)

    def _take(self, fact: Fact) -> None:
        self._told[fact.identity] = None
        if len(self._told) > TOLD_MAX:
            del self._told[next(iter(self._told))]
        if len(self._facts) >= FACTS_MAX:
            self.must_look.set()
            return
        self._facts.append(fact)


def _place(fact: Fact) -> tuple[datetime, int, str]:
    """Oldest first; of the same instant the lower number, as the venue counts."""
    number = fact.identity.rpartition(":")[2]
    return fact.occurred_at, int(number) if number.isdigit() else 0, fact.identity

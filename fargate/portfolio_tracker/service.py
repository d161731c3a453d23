"""The tracker's loops: hear prices, keep the books fresh, pulse.

Three loops share the state of one event loop, so nothing needs a lock. What could not be handed over is kept and
sent again; what was missed while this process was down is made afterwards by `repair`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from fargate.portfolio_tracker.books import Read, TrackedBooks
from fargate.portfolio_tracker.doubts import Doubt
from fargate.portfolio_tracker.views import Views
from nightdesk.adapters.redis.portfolio_feed import LedgerGrew, Listening, SignalCame, ValkeyPortfolioFeed
from nightdesk.candles.model import CandleRow
from nightdesk.candles.stream_ports import CandleSink
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price
from nightdesk.portfolio.provenance import Provenance
from nightdesk.portfolio.tracking import PortfolioTracker

UNSENT_MAX: Final = 100_000
REACH: Final = timedelta(hours=25)
"""Moves before this time change no bar that is still looked at."""

SHOW_EVERY: Final = timedelta(seconds=1)
_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who else wants to hear what the tracker hears."""

    def hear(self, price: Price) -> None:
        """A price, perhaps an older one than was told before."""
        ...

    def grew(self, tenant_id: TenantId) -> None:
        """Somebody recorded an entry of this tenant."""
        ...

    def signalled(self) -> None:
        """Another program sent a signal."""
        ...


class TrackerService:
    """Ties the tracker's state to the world.

    Args:
        listener: Hears every price and all news as well.
        told: Hears what the closes of bars rest on.
        doubt: Told of stored bars that something came for too late to correct them here.
        pulse_s: How often values are published and bars advanced.
        books_s: How often the books are looked at without being told of a change.
    """

    def __init__(
        self,
        *,
        feed: ValkeyPortfolioFeed,
        sink: CandleSink,
        books: TrackedBooks,
        clock: Clock,
        doubt: Callable[[Doubt], None],
        told: Callable[[Sequence[Provenance]], None],
        listener: Listener | None = None,
        pulse_s: float = 0.1,
        books_s: float = 2.0,
    ) -> None:
        self._feed = feed
        self._sink = sink
        self._books = books
        self._clock = clock
        self._doubt = doubt
        self._told = told
        self._listener = listener
        self._pulse_s = pulse_s
        self._books_s = books_s
        self._tracker = PortfolioTracker()
        self._views = Views()
        self._unsent: deque[CandleRow] = deque(maxlen=UNSENT_MAX)
        self._grew: set[TenantId] = set()
        self._news = asyncio.Event()
        self._due = asyncio.Event()
        self._shown_at: datetime | None = None
        self._bars_closed = 0
        self._has_books = False

    async def hear(self, stopping: asyncio.Event) -> None:
        """Take in prices and news; dies with its connection and is started again."""
        listening = asyncio.create_task(self._listen())
        leaving = asyncio.create_task(stopping.wait())
        done, pending = await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if listening in done:
            listening.result()

    async def keep_books(self, stopping: asyncio.Event) -> None:
        """Read the books again when they changed: at once when told so, else every few seconds."""
        while not stopping.is_set():
            grew, self._grew = self._grew, set()
            self._news.clear()
            reached = self._tracker.reached
            read = await asyncio.to_thread(self._books.refresh, grew, reached - REACH if reached else None)
            if read is not None:
                self._hold(read)
            self._due.set()
            await _pause(self._news, self._books_s)

    async def pulse(self, stopping: asyncio.Event) -> None:
        """Publish changed values and hand over closed bars, many times a second and when books were read."""
        while not stopping.is_set():
            await self._beat(self._clock.now())
            await _pause(self._due, self._pulse_s)
            self._due.clear()
        self._unsent.extend(self._tracker.settle())
        self._told(self._tracker.told())
        await self._quietly(self._send)

    def health(self) -> dict[str, Any]:
        """Figures for the health page."""
        return {
            "portfolios": len(self._books.portfolios),
            "prices": self._views.prices_known,
            "bars_closed": self._bars_closed,
            "bars_unsent": len(self._unsent),
        }

    async def _listen(self) -> None:
        async for told in self._feed.hear():
            match told:
                case Listening():
                    await self._begin()
                case LedgerGrew():
                    self._hear_news(told.tenant_id)
                case SignalCame() if self._listener is not None:
                    self._listener.signalled()
                case Price():
                    self._hear_price(told)

    async def _begin(self) -> None:
        """Begin with the last known prices; what is published meanwhile waits to be heard."""
        known = await self._feed.known_prices(self._books.venues())
        for price in known:
            self._show_price(price)
        self._tracker.begin(known)
        _log.info("listening", extra={"prices": len(known)})

    def _hear_news(self, tenant_id: TenantId) -> None:
        self._grew.add(tenant_id)
        self._news.set()
        if self._listener is not None:
            self._listener.grew(tenant_id)

    def _hear_price(self, price: Price) -> None:
        self._show_price(price)
        self._tracker.hear(price, self._clock.now())

    def _show_price(self, price: Price) -> None:
        self._views.hear(price)
        if self._listener is not None:
            self._listener.hear(price)

    def _hold(self, read: Read) -> None:
        """Take what is held now; moves that are older than the bars kept here put stored bars in doubt."""
        self._tracker.hold(read.exposures, read.moves)
        if not self._has_books:
            self._has_books = True
            _log.info("books read", extra={"portfolios": len(read.exposures)})
        reached, kept_since = self._tracker.reached, self._tracker.kept_since
        until = kept_since or reached
        for portfolio_id, moves in read.moves.items():
            first = min((move.at for move in moves), default=None)
            if first is not None and until is not None and first < until:
                self._doubt(Doubt(first, until, portfolio_id))

    async def _beat(self, now: datetime) -> None:
        closed = self._tracker.advance(now)
        self._bars_closed += len(closed)
        self._unsent.extend(closed)
        self._told(self._tracker.told())
        for start in self._tracker.beyond():
            self._doubt(Doubt(start, self._tracker.kept_since or now))
        await self._quietly(self._send)
        await self._quietly(lambda: self._publish(now))
        if closed or self._shown_at is None or now - self._shown_at >= SHOW_EVERY:
            self._shown_at = now
            await self._quietly(lambda: self._show(closed))

    async def _send(self) -> None:
        if self._unsent:
            rows = list(self._unsent)
            await self._sink.append(rows)
            for _ in rows:
                self._unsent.popleft()

    async def _publish(self, now: datetime) -> None:
        watched = await self._feed.watched(int(now.timestamp()))
        if self._books.wants(watched):
            self._news.set()
        messages = self._views.changes(watched, self._books.of, now, self._books.fx)
        if messages:
            await self._feed.publish(messages)

    async def _show(self, closed: list[CandleRow]) -> None:
        if closed:
            await self._sink.show(closed, is_closed=True)
        forming = self._tracker.forming()
        if forming:
            await self._sink.show(forming, is_closed=False)

    async def _quietly(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await action()
        except Unavailable as error:
            _log.warning("not published", extra={"code": error.code, "unsent": len(self._unsent)})


async def _pause(until: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(until.wait(), seconds)
    except TimeoutError:
        return

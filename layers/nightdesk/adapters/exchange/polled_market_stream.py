"""Public market data of a venue for which ccxt has no websockets, behind the same port: asked for again and again.

Every five seconds (`POLL_EVERY_S`) one request tells all markets' prices and quotes, and the trades of those markets
whose day changed since are asked for, page by page, from where the last page ended. All of it passes the balancer,
which has the venue's limits: where they allow less, a round takes longer, and the venue is called stale meanwhile.

Numbers prove nothing where trades come in overlapping pages: a venue's trades that have no number get one that is
made of their time and of their place among those of the same millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.market_requests import UNREADABLE, MarketRequests, quote_of
from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import TradeListener
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import from_ms, to_ms

POLL_EVERY_S: Final = 5.0
ABREAST: Final = 4
FULL_ROWS: Final = 50
"""A page of so many may be cut off in the middle of a millisecond."""

SAME_MS_MAX: Final = 1000

_CHANGES: Final = ("last", "baseVolume", "quoteVolume", "high", "low")


class PolledMarketStream(MarketRequests):
    """One life of the asking; make a new one after the venue did not answer."""

    _heard_at: datetime | None = None
    _days: dict[Instrument, tuple[Any, ...]]

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        """Ask until the venue does not answer."""
        loop, self._days = asyncio.get_running_loop(), {}
        since = dict.fromkeys(instruments, from_ms(self._now_ms()))
        while True:
            started_s, started_at = loop.time(), self._clock.now()
            changed = await self._changed(instruments)
            for start in range(0, len(changed), ABREAST):
                asked = changed[start : start + ABREAST]
                pages = await asyncio.gather(*(self.trades_since(one, since[one]) for one in asked))
                for instrument, page in zip(asked, pages, strict=True):
                    since[instrument] = max((trade.at for trade in page), default=since[instrument])
                    for trade in page:
                        on_trade(instrument, trade)
            self._heard_at = started_at
            await asyncio.sleep(max(0.0, POLL_EVERY_S - (loop.time() - started_s)))

    @property
    def silent_s(self) -> float:
        """From the beginning of a round to the end of the next."""
        return 2 * POLL_EVERY_S

    def heard_at(self) -> datetime | None:
        """When the last round began that came to its end: until then nothing is missing."""
        return self._heard_at

    async def _changed(self, instruments: Sequence[Instrument]) -> list[Instrument]:
        """Take all prices and quotes; the markets whose day is another than at the last look."""
        rows = await self._call(self._raw.fetch_tickers)
        changed = []
        for symbol, row in rows.items():
            self._price(symbol, row)
            if row.get("timestamp"):
                self._note_time(int(row["timestamp"]))
            if (instrument := self._instruments.get(symbol)) is None:
                continue
            self._prices.quote(instrument, *quote_of(row))
            day = tuple(row.get(name) for name in _CHANGES)
            if self._days.get(instrument, day) != day:
                changed.append(instrument)
            self._days[instrument] = day
        wanted = set(instruments)
        return [instrument for instrument in changed if instrument in wanted]

    def _read(self, rows: Sequence[Mapping[str, Any]]) -> list[Trade]:
        """The trades of a page, each with a number."""
        try:
            trades = [self._its.trade(row) for row in rows]
        except UNREADABLE:
            raise errors.malformed() from None
        return numbered(trades) if any(trade.identity is None for trade in trades) else trades


def numbered(trades: Sequence[Trade]) -> list[Trade]:
    """The trades with numbers made of time and place, so that the same trade has the same in each page.

    Those of a full page's first millisecond are left out: it may have been cut off among them.
    """
    ordered = sorted(trades, key=lambda trade: trade.at)
    first = ordered[0].at if len(ordered) >= FULL_ROWS else None
    return [
        replace(trade, identity=to_ms(at) * SAME_MS_MAX + place)
        for at, together in groupby(ordered, key=lambda trade: trade.at)
        if at != first
        for place, trade in enumerate(together)
    ]

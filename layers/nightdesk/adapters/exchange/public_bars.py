"""Any venue's bars through ccxt, without a key: one client a venue, kept warm with its markets for an hour.

Venues whose limits the balancer has tables of are asked under the shared budget; of the others every process keeps
ccxt's own pace.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.balanced_fetch import put_under_budget
from nightdesk.adapters.exchange.lazy_ccxt import base_error, client_class
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import NOBODY, MakeBalance
from nightdesk.adapters.exchange.venues import binance, bitfinex, coinbase, htx, kraken
from nightdesk.balancer.tables import VENUES as BALANCED
from nightdesk.candles.model import Candle
from nightdesk.candles.proxying import BarsWish, require_venue
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock, from_ms, to_ms

CLIENTS_MAX: Final = 8
MARKETS_FRESH: Final = timedelta(hours=1)
TIMEOUT_MS: Final = 10_000
_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    venue.VENUE: venue.OPTIONS for venue in (binance, kraken, coinbase, bitfinex, htx)
}
"""Of these the spot markets are read, as everywhere in the desk."""

_COLUMNS: Final = 6


@dataclass(slots=True)
class _Warm:
    """A venue's client, with the connections that only it uses."""

    raw: Any
    http: aiohttp.ClientSession
    balance: Any
    markets_at: datetime | None = None


class PublicBars:
    """`VenueBars` by ccxt; one event loop, one request at a time."""

    def __init__(self, route: Route, clock: Clock, *, balance: MakeBalance | None = None) -> None:
        self._route = route
        self._clock = clock
        self._make_balance = balance
        self._loop = asyncio.new_event_loop()
        self._warm: OrderedDict[str, _Warm] = OrderedDict()

    def bars(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:
        """Bars that begin in the range, oldest first; what the venue tells beside it is left out."""
        del correlation_id
        require_venue(wish.venue)
        return self._loop.run_until_complete(self._bars(wish))

    def close(self) -> None:
        """End every connection; nothing can be asked after."""
        while self._warm:
            self._loop.run_until_complete(_close(self._warm.popitem()[1]))
        self._loop.close()

    async def _bars(self, wish: BarsWish) -> Sequence[Candle]:
        warm = await self._client(wish.venue)
        try:
            await self._freshen(warm)
            _require_offered(warm.raw, wish)
            params = {"until": to_ms(wish.until) - 1}
            rows = await warm.raw.fetch_ohlcv(wish.symbol, wish.resolution, to_ms(wish.since), wish.limit, params)
        except NightdeskError:
            raise
        except base_error() as error:
            raise translate(error) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise errors.unavailable() from None
        return _candles(rows, wish)

    async def _freshen(self, warm: _Warm) -> None:
        now = self._clock.now()
        if warm.markets_at is None or now - warm.markets_at > MARKETS_FRESH:
            await warm.raw.load_markets(True)
            warm.markets_at = now

    async def _client(self, venue: str) -> _Warm:
        warm = self._warm.pop(venue, None) or await self._opened(venue)
        self._warm[venue] = warm
        while len(self._warm) > CLIENTS_MAX:
            await _close(self._warm.popitem(last=False)[1])
        return warm

    async def _opened(self, venue: str) -> _Warm:
        http, tls = self._route.open()
        options = {
            **_OPTIONS.get(venue, {}),
            "session": http,
            "asyncio_loop": self._loop,
            "timeout": TIMEOUT_MS,
            "enableRateLimit": True,
            "timeout_on_exit": 0,
        }
        raw = client_class(venue)(options)
        raw.ssl_context = tls
        is_balanced = self._make_balance is not None and venue in BALANCED
        balance = await self._make_balance(http) if self._make_balance is not None and is_balanced else None
        if balance is not None:
            put_under_budget(raw, balance, venue=require_venue(venue), tenant=NOBODY)
        return _Warm(raw, http, balance)


def translate(error: Exception) -> NightdeskError:
    """Our error for one of ccxt's, which may be about the symbol."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if "BadSymbol" in names:
        return NotFound("market_proxy.symbol_unknown", "The venue has no such market.")
    if "NotSupported" in names:
        return InvalidInput("market_proxy.resolution_unavailable", "The venue tells no such bars.")
    return errors.translate(error, {}, frozenset())


def _require_offered(raw: Any, wish: BarsWish) -> None:
    if wish.symbol not in raw.markets:
        raise NotFound("market_proxy.symbol_unknown", "The venue has no such market.")
    offered = raw.timeframes or {}
    if offered and wish.resolution not in offered:
        known = ", ".join(sorted(offered)[:30])
        raise InvalidInput("market_proxy.resolution_unavailable", f"The venue's bars are {known}.")


def _candles(rows: object, wish: BarsWish) -> Sequence[Candle]:
    """Rows that are bars of the range; a row that can't be read makes the answer unreadable."""
    if not isinstance(rows, list):
        raise errors.malformed()
    by_start: dict[int, Candle] = {}
    for row in rows:
        if not isinstance(row, list) or len(row) < _COLUMNS or not _is_bar(row):
            raise errors.malformed()
        opened, high, low, close, volume = (float(each or 0) for each in row[1:_COLUMNS])
        by_start[int(row[0])] = Candle(from_ms(int(row[0])), opened, high, low, close, volume)
    ordered = [by_start[at] for at in sorted(by_start)]
    return [bar for bar in ordered if wish.since <= bar.at < wish.until][: wish.limit]


def _is_bar(row: list[Any]) -> bool:
    """Whether its prices are numbers that can be a bar's; a volume that nobody tells is none."""
    try:
        opened, high, low, close = (float(each) for each in row[1:5])
        volume = float(row[5] or 0)
        from_ms(int(row[0]))
    except (TypeError, ValueError, OverflowError):
        return False
    finite = all(map(math.isfinite, (opened, high, low, close, volume)))
    return finite and low <= min(opened, close) and max(opened, close) <= high and volume >= 0


async def _close(warm: _Warm) -> None:
    await warm.raw.close()
    if warm.balance is not None:
        await warm.balance.close()
    await warm.http.close()

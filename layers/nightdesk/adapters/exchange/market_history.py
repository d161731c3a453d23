"""The past of markets, as venues tell it to anybody: one-minute bars, and where they begin.

What each venue gives (2026-11, from the documents named in `_VENUES`):

* Binance: bars since the listing, 1,000 a page; a minute without trades has a flat bar.
* Kraken: `OHLC` tells the last 720 bars only, so bars are made of its trades, which go back to the first, 1,000 a page.
* Coinbase: bars since the listing, by windows of 300; a minute without trades has none.
* Bitfinex: bars since the listing, 10,000 a page; a minute without trades has none.
* HTX: bars by windows of 1,000; a minute without trades has a flat bar.

How far back a venue goes is asked for each market; where it tells days further back than minutes, that is kept as its
horizon.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.balanced_fetch import urgency
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.balancer.errors import WAIT_TOO_LONG
from nightdesk.balancer.model import Priority
from nightdesk.candles.coverage import DAY, Listing
from nightdesk.candles.judging import BarPage
from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.instants import EPOCH, Clock, to_ms
from nightdesk.kernel.money import add, parse_amount

WEIGHT: Final = 2
FIRST_MINUTES: Final = 3 * DAY
"""A market that has a bar of a day has one of a minute within so long, unless the venue keeps minutes for less."""

_TRADES_ROWS: Final = 1000
Said = tuple[list[Candle], datetime]
"""Bars, oldest first, and up to when the venue told all it has."""


@dataclass(frozen=True, slots=True)
class _Question:
    """Which bars of which market, by the venue's own id."""

    market: str
    step: Resolution
    since: datetime
    until: datetime

    def window(self, rows: int) -> datetime:
        """Where a window of so many bars ends."""
        return min(self.until, self.since + rows * self.step.span)


Read = Callable[[VenueClient, _Question], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class _Venue:
    """How a venue is asked.

    Attributes:
        opened: Nothing is older.
        source: What its minutes are made of.
        days_a_page: None where bars of days are not needed to find a listing.
    """

    read: Read
    opened: datetime
    source: str = "klines"
    days_a_page: int | None = 1000


class ExchangeHistory:
    """`VenueHistory` through ccxt, without credentials and under the shared budget, behind everything else."""

    def __init__(self, sessions: ExchangeSessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def listing(self, instrument: Instrument) -> Listing:
        """Where the history begins."""
        return self._sessions.ask(instrument.venue, lambda client: self._listing(client, instrument))

    def page(self, instrument: Instrument, since: datetime, until: datetime) -> BarPage:
        """The minutes from `since` on."""
        return self._sessions.ask(instrument.venue, lambda client: _page(client, instrument, since, until))

    def others(self, instrument: Instrument) -> Sequence[Instrument]:
        """The same pair at other venues, in the order of the list of venues."""
        elsewhere = [Instrument(venue, instrument.base, instrument.quote) for venue in _VENUES]
        return [each for each in elsewhere if each.venue != instrument.venue and self._has(each)]

    def _has(self, instrument: Instrument) -> bool:
        async def asked(client: VenueClient) -> bool:
            return _market(client, instrument) is not None

        try:
            return self._sessions.ask(instrument.venue, asked)
        except NightdeskError as error:
            if error.retryable and error.code != WAIT_TOO_LONG:
                return False  # a venue that does not answer is no second venue now
            raise

    async def _listing(self, client: VenueClient, instrument: Instrument) -> Listing:
        venue, market = _VENUES[instrument.venue], _known(client, instrument)
        with urgency(Priority.HISTORY):
            day = await self._first_day(client, venue, market)
            if day is None:
                raise NotFound("candles.history_none", f"{instrument} has no history at its venue.")
            first = await _first_minute(client, venue, market, day)
            if first is not None:
                return Listing(first)
            return await self._horizon(client, venue, market, day)

    async def _first_day(self, client: VenueClient, venue: _Venue, market: str) -> datetime | None:
        """The first bar of a day, or of a trade where the venue tells all trades."""
        since, now = venue.opened, self._clock.now()
        while since < now:
            step = Resolution.DAY if venue.days_a_page else Resolution.MINUTE
            bars, since = await venue.read(client, _Question(market, step, since, now))
            if bars:
                return bars[0].at
        return None

    async def _horizon(self, client: VenueClient, venue: _Venue, market: str, day: datetime) -> Listing:
        """The first day of which there are minutes, found by halving; days before it are the horizon."""
        low, high = 0, (self._clock.now() - day) // DAY
        while low < high:
            middle = (low + high) // 2
            if await _first_minute(client, venue, market, day + middle * DAY) is None:
                low = middle + 1
            else:
                high = middle
        first = await _first_minute(client, venue, market, day + low * DAY)
        if first is None:
            raise NotFound("candles.history_none", "The venue tells no minutes of this market.")
        return Listing(first, f"The venue tells days since {day:%Y-%m-%d}, minutes only since {first:%Y-%m-%d}.")


async def _first_minute(client: VenueClient, venue: _Venue, market: str, day: datetime) -> datetime | None:
    since, until = bar_start(day, Resolution.MINUTE), day + FIRST_MINUTES
    while since < until:
        bars, since = await venue.read(client, _Question(market, Resolution.MINUTE, since, until))
        if bars:
            return bars[0].at
    return None


async def _page(client: VenueClient, instrument: Instrument, since: datetime, until: datetime) -> BarPage:
    venue = _VENUES[instrument.venue]
    question = _Question(_known(client, instrument), Resolution.MINUTE, since, until)
    with urgency(Priority.HISTORY):
        bars, covered_until = await venue.read(client, question)
    inside = {bar.at: bar for bar in bars if since <= bar.at < until}
    return BarPage(tuple(inside[at] for at in sorted(inside)), min(covered_until, until), venue.source)


def _market(client: VenueClient, instrument: Instrument) -> Mapping[str, Any] | None:
    market: Mapping[str, Any] | None = client.raw.markets.get(instrument.symbol)
    return market if market is not None and market["spot"] else None


def _known(client: VenueClient, instrument: Instrument) -> str:
    market = _market(client, instrument)
    if market is None:
        raise NotFound("candles.market_unknown", f"There is no market {instrument}.")
    return str(market["id"])


async def _binance(client: VenueClient, asked: _Question) -> Said:
    rows = 1000
    ask = {"symbol": asked.market, "interval": asked.step.value, "limit": rows}
    ask |= {"startTime": to_ms(asked.since), "endTime": to_ms(asked.until) - 1}
    bars = _bars(await client.call("public_get_klines", ask, weight=WEIGHT), (0, 1, 2, 3, 4, 5))
    return _after(bars, asked, full=len(bars) >= rows, rows=rows)


async def _bitfinex(client: VenueClient, asked: _Question) -> Said:
    rows, timeframe = 10_000, "1D" if asked.step is Resolution.DAY else "1m"
    ask = {"symbol": asked.market, "timeframe": timeframe, "limit": rows, "sort": 1}
    ask |= {"start": to_ms(asked.since), "end": to_ms(asked.until) - 1}
    said = await client.call("public_get_candles_trade_timeframe_symbol_hist", ask, weight=WEIGHT)
    bars = _bars(said, (0, 1, 3, 4, 2, 5))
    return _after(bars, asked, full=len(bars) >= rows, rows=None)


async def _coinbase(client: VenueClient, asked: _Question) -> Said:
    end = asked.window(300)
    ask = {"product_id": asked.market, "granularity": "ONE_DAY" if asked.step is Resolution.DAY else "ONE_MINUTE"}
    ask |= {"start": str(to_ms(asked.since) // 1000), "end": str(to_ms(end) // 1000 - 1)}
    said = await client.call("v3_public_get_brokerage_market_products_product_id_candles", ask, weight=WEIGHT)
    rows = said.get("candles") if isinstance(said, dict) else None
    return _bars(rows, ("start", "open", "high", "low", "close", "volume"), unit_ms=1000), end


async def _htx(client: VenueClient, asked: _Question) -> Said:
    end = asked.window(1000)
    ask = {"symbol": asked.market, "period": "1day" if asked.step is Resolution.DAY else "1min", "size": 1000}
    ask |= {"from": to_ms(asked.since) // 1000, "to": to_ms(end) // 1000 - 1}
    said = await client.call("spot_public_get_market_history_candles", ask, weight=WEIGHT)
    rows = said.get("data") if isinstance(said, dict) else None
    return _bars(rows, ("id", "open", "high", "low", "close", "amount"), unit_ms=1000), end


async def _kraken(client: VenueClient, asked: _Question) -> Said:
    """Bars of whole minutes made of trades; asks on while one minute alone fills a page."""
    known: dict[tuple[datetime, int | None], Trade] = {}
    since_ns = to_ms(asked.since) * 1_000_000 - 1
    while True:
        ask = {"pair": asked.market, "since": str(since_ns), "count": _TRADES_ROWS}
        trades, last_ns = _trades(await client.call("public_get_trades", ask, weight=WEIGHT))
        known |= {(trade.at, trade.identity): trade for trade in trades}
        is_full = len(trades) >= _TRADES_ROWS and trades[-1].at < asked.until
        if is_full and last_ns <= since_ns:
            raise errors.malformed()  # the same page for ever
        covered = bar_start(trades[-1].at, Resolution.MINUTE) if is_full else asked.until
        if covered > asked.since:
            return [bar for bar in _folded(known.values()) if bar.at < covered], covered
        since_ns = last_ns


def _folded(trades: Iterable[Trade]) -> Iterator[Candle]:
    """The bars of the minutes in which something was traded, oldest first."""
    ordered = sorted(trades, key=lambda trade: (trade.at, trade.identity or 0))
    for at, run in groupby(ordered, key=lambda trade: bar_start(trade.at, Resolution.MINUTE)):
        inside = list(run)
        prices = [trade.price for trade in inside]
        volume = reduce(add, (trade.amount for trade in inside))
        yield Candle(at, *map(float, (prices[0], max(prices), min(prices), prices[-1], volume)))


def _trades(said: object) -> tuple[list[Trade], int]:
    try:
        result: dict[str, Any] = dict(said["result"])  # type: ignore[index]
        last_ns = int(result.pop("last"))
        (rows,) = result.values()
        return [_trade(row) for row in rows], last_ns
    except (TypeError, ValueError, KeyError, IndexError, InvalidInput):
        raise errors.malformed() from None


def _trade(row: Sequence[Any]) -> Trade:
    at = EPOCH + timedelta(microseconds=int(parse_amount(str(row[2])) * 1_000_000))
    identity = int(row[6]) if len(row) > 6 else None  # noqa: PLR2004 - older ones have no number
    return Trade(at, parse_amount(str(row[0])), parse_amount(str(row[1])), identity)


def _bars(rows: object, columns: Sequence[int | str], *, unit_ms: int = 1) -> list[Candle]:
    """Rows as bars, oldest first; `columns` name start, open, high, low, close, volume."""
    if not isinstance(rows, list):
        raise errors.malformed()
    pick, unit = itemgetter(*columns), timedelta(milliseconds=unit_ms)
    try:
        bars = [
            Candle(EPOCH + int(at) * unit, float(opened), float(high), float(low), float(close), float(volume))
            for at, opened, high, low, close, volume in map(pick, rows)
        ]
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        raise errors.malformed() from None
    return sorted(bars, key=lambda bar: bar.at)


def _after(bars: list[Candle], asked: _Question, *, full: bool, rows: int | None) -> Said:
    """With a full page all is told up to its last bar; else up to the end of what was asked for."""
    if full:
        return bars, bars[-1].at + asked.step.span
    return bars, asked.until if rows is None or bars or asked.step is Resolution.MINUTE else asked.window(rows)


_VENUES: Final[dict[VenueId, _Venue]] = {
    # https://developers.binance.com/docs/binance-spot-api-docs/rest-api#klinecandlestick-data
    VenueId("binance"): _Venue(_binance, datetime(2017, 7, 1, tzinfo=UTC)),
    # https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/get-public-product-candles
    VenueId("coinbase"): _Venue(_coinbase, datetime(2014, 12, 1, tzinfo=UTC)),
    # https://docs.kraken.com/api/docs/rest-api/get-recent-trades
    VenueId("kraken"): _Venue(_kraken, datetime(2011, 1, 1, tzinfo=UTC), source="trades", days_a_page=None),
    # https://docs.bitfinex.com/reference/rest-public-candles
    VenueId("bitfinex"): _Venue(_bitfinex, datetime(2012, 12, 1, tzinfo=UTC)),
    # https://huobiapi.github.io/docs/spot/v1/en/#get-klines-candles
    VenueId("htx"): _Venue(_htx, datetime(2013, 9, 1, tzinfo=UTC)),
}
HISTORY_VENUES: Final = frozenset(_VENUES)

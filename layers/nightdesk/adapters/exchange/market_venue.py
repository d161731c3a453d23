"""What differs between venues' public market data: each venue's own is one module, `venues/<venue>_market.py`.

A venue without such a module is taken to do what most do, and is polled where ccxt has no websockets for it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import parse_amount

PAGE_ROWS: Final = 1000
MINUTE_MS: Final = 60_000
_VENUES: Final = "nightdesk.adapters.exchange.venues"

Arguments = tuple[Any, ...]
"""What a method of ccxt is called with."""


class MarketVenue:
    """A venue's quirks; what is here is what most venues do.

    Attributes:
        options: Of the ccxt client.
        markets_a_connection: What one connection bears, at two channels a market.
        numbers_trades: Trades are numbered without holes in each market, and fetched by number.
        counts_trades: They are numbered so, but fetched by time only.
        begins_with_trades: A stream begins with the newest trades of each market, so that nobody asks for them.
        tickers_tell_time: A ticker asked for over REST says how far the market has come.
        beat_s: Something comes on every connection at least so often, whatever is traded; None where nothing does.
        quotes: Where the ccxt client keeps the best bids and asks that its streams bring.
        page_span_ms: Bars are told for so long from where they are asked for; None where the next ones come.
    """

    options: ClassVar[Mapping[str, Any]] = {}
    markets_a_connection: ClassVar[int] = 200
    numbers_trades: ClassVar[bool] = False
    counts_trades: ClassVar[bool] = False
    begins_with_trades: ClassVar[bool] = False
    tickers_tell_time: ClassVar[bool] = False
    beat_s: ClassVar[float | None] = None
    quotes: ClassVar[str] = "tickers"
    page_span_ms: ClassVar[int | None] = None

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Subscribe a connection to trades and quotes of these markets; each is awaited until its first message."""
        yield asyncio.ensure_future(raw.watch_trades_for_symbols(list(symbols)))
        yield asyncio.ensure_future(raw.watch_tickers(list(symbols)))

    def clock_ms(self, message: Any) -> int | None:  # noqa: ARG002 - most messages tell none
        """How far the venue's market has come, where a message tells it."""
        return None

    def refusal(self, message: Any) -> str | None:  # noqa: ARG002 - ccxt raises what most venues refuse
        """What the venue says to a subscription that it refuses."""
        return None

    def is_farewell(self, message: Any) -> bool:  # noqa: ARG002 - most venues just close
        """Whether the venue says that this connection will bring nothing more."""
        return False

    def take_number(self, message: Any) -> tuple[int | None, Any]:
        """A message's number on its connection, and the message as ccxt knows it."""
        return None, message

    def trade(self, row: Mapping[str, Any]) -> Trade:
        """A trade in ccxt's form.

        Raises:
            InvalidInput, KeyError, TypeError, ValueError: It can't be read.
        """
        price, amount = parse_amount(row["price"]), parse_amount(row["amount"])
        return Trade(from_ms(int(row["timestamp"])), price, amount, self.identity(row))

    def identity(self, row: Mapping[str, Any]) -> int | None:
        """The number of a trade in ccxt's form, rising in its market; None where it has none."""
        return int(row["id"])

    def trades_query(self, symbol: str, since_ms: int | None) -> Arguments:
        """How ccxt's `fetch_trades` is asked for trades from an instant on, or for the newest."""
        return symbol, since_ms, PAGE_ROWS

    def bars_query(self, symbol: str, since_ms: int | None, now_ms: int) -> Arguments:
        """How ccxt's `fetch_ohlcv` is asked for bars from an instant on, or for the newest at this market time."""
        del now_ms
        return symbol, "1m", since_ms, PAGE_ROWS


def market_venue(venue: VenueId) -> MarketVenue:
    """The venue's quirks."""
    try:
        module = importlib.import_module(f"{_VENUES}.{venue}_market")
    except ModuleNotFoundError:
        return MarketVenue()
    found: MarketVenue = module.MARKET
    return found


def streaming_class(venue: VenueId) -> Callable[[dict[str, Any]], Any] | None:
    """ccxt.pro's class of the venue, without the hundred others; None where ccxt has no websockets for it."""
    client_class(venue)  # puts the lazy packages in place
    if importlib.util.find_spec(f"ccxt.pro.{venue}") is None:
        return None
    found: Callable[[dict[str, Any]], Any] = getattr(importlib.import_module(f"ccxt.pro.{venue}"), venue)
    return found

"""The stream of any venue's market data: by ccxt.pro, decoded here where the venue is hot, or polled."""

from __future__ import annotations

from nightdesk.adapters.exchange.market_stream import CcxtMarketStream
from nightdesk.adapters.exchange.market_venue import streaming_class
from nightdesk.adapters.exchange.polled_market_stream import PolledMarketStream
from nightdesk.adapters.exchange.raw_market_stream import RawMarketStream
from nightdesk.adapters.exchange.raw_venue import raw_venue
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.candles.stream_ports import MarketStream
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import Clock


def make_market_stream(
    venue: VenueId,
    route: Route,
    clock: Clock,
    *,
    stale_after_s: float = 5.0,
    balance: MakeBalance | None = None,
    raw: frozenset[VenueId] = frozenset(),
) -> MarketStream:
    """One life of a venue's stream; make a new one after it broke.

    Args:
        venue: As ccxt names it.
        route: How to reach it.
        clock: Wall time.
        stale_after_s: A dead connection is found within this time and two seconds.
        balance: The budget that all processes share; None where there is none.
        raw: Venues whose messages are decoded here instead of by ccxt.pro.
    """
    kind: type[CcxtMarketStream | RawMarketStream | PolledMarketStream] = CcxtMarketStream
    if streaming_class(venue) is None:
        kind = PolledMarketStream
    elif venue in raw and raw_venue(venue) is not None:
        kind = RawMarketStream
    return kind(venue, route, clock, stale_after_s=stale_after_s, balance=balance)

"""Binance's two clocks: the server's and its markets'."""

from __future__ import annotations

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues.reading import object_of


async def times_ms(client: VenueClient) -> tuple[int, int]:
    """The venue's clock and its markets' time; a venue that replays the past has two."""
    server = object_of(await client.call("public_get_time"))
    market = object_of(await client.call("public_get_ticker_24hr", {"symbol": _any_market(client)}, weight=2))
    return int(server["serverTime"]), int(market["closeTime"])


def _any_market(client: VenueClient) -> str:
    ids = [str(market["id"]) for market in client.raw.markets.values() if market["spot"] and market["active"]]
    if not ids:
        raise errors.malformed()
    return min(ids)

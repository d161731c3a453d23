"""The real host names of the five venues: one certificate serves them all, each face answers its own."""

from __future__ import annotations

VENUE_HOSTS: dict[str, frozenset[str]] = {
    "binance": frozenset({
        "api.binance.com", "api1.binance.com", "api2.binance.com", "api3.binance.com", "api4.binance.com",
        "api-gcp.binance.com", "data-api.binance.vision", "fapi.binance.com", "dapi.binance.com",
        "eapi.binance.com", "stream.binance.com", "data-stream.binance.vision", "ws-api.binance.com",
    }),
    "kraken": frozenset({"api.kraken.com", "futures.kraken.com", "ws.kraken.com", "ws-auth.kraken.com"}),
    "bitfinex": frozenset({"api.bitfinex.com", "api-pub.bitfinex.com"}),
    "htx": frozenset({"api.huobi.pro", "api-aws.huobi.pro", "api.hbdm.com", "status.huobigroup.com"}),
    "coinbase": frozenset({
        "api.coinbase.com", "advanced-trade-ws.coinbase.com", "advanced-trade-ws-user.coinbase.com",
        "api.exchange.coinbase.com",
    }),
}  # fmt: skip


REFERENCE_HOSTS = frozenset({"openexchangerates.org"})
"""Sources of reference data that are stood in for."""


def all_hosts() -> frozenset[str]:
    """Every host name of every venue and source."""
    return REFERENCE_HOSTS.union(*VENUE_HOSTS.values())

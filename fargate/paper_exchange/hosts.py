"""The real host names of the venues: one certificate serves them all, each face answers its own."""

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
    "coinsph": frozenset({"api.pro.coins.ph"}),
}  # fmt: skip


OPEN_EXCHANGE_RATES, CENTRAL_BANK_HOST = "openexchangerates.org", "data-api.ecb.europa.eu"
COIN_MARKET_CAP = "pro-api.coinmarketcap.com"
REFERENCE_HOSTS = frozenset({OPEN_EXCHANGE_RATES, CENTRAL_BANK_HOST, COIN_MARKET_CAP})
"""Sources of reference data that are stood in for."""


TELEGRAM, DISCORD, PUSH, HOOKS = "api.telegram.org", "discord.com", "push.nightdesk.test", "hooks.nightdesk.test"
CHANNEL_HOSTS = frozenset({TELEGRAM, DISCORD, PUSH, HOOKS})
"""What alerts leave by, stood in for; the last two are no real names and so can't be mistaken for any."""


def all_hosts() -> frozenset[str]:
    """Every host name of every venue, source and channel."""
    return (REFERENCE_HOSTS | CHANNEL_HOSTS).union(*VENUE_HOSTS.values())

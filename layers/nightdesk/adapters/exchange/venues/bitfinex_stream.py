"""Bitfinex's channel 0: wallets, orders and trades of the account, after the `auth` event.

A trade is told twice, the second time (`tu`) with its fee: that one is booked. A wallet is told with what is free of it
only when Bitfinex has reckoned it; otherwise balances are asked for.

Source: https://docs.bitfinex.com/docs/ws-auth (…/reference/ws-auth-wallets, …-orders, …-trades) and
https://docs.bitfinex.com/docs/ws-general (info codes), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.private_stream import (
    UNREADABLE,
    BalancesStale,
    Ended,
    Refused,
    StreamClient,
    Told,
)
from nightdesk.adapters.exchange.venues import bitfinex_orders, bitfinex_rows
from nightdesk.adapters.exchange.venues.reading import asset_of, digits
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import ZERO, add, subtract
from nightdesk.ledger.model import Fact

SOURCE: Final = "bitfinex.stream"
RECONNECT_CODES: Final = frozenset({20051, 20061})
"""The server restarts, or a maintenance is over: subscribe anew."""

NONCE_SMALL: Final = 10114
KEY_CODES: Final = frozenset({10100, 10111, 10112})
"""Key unknown, key malformed, signature wrong."""

_TRADING: Final = ("Exchange ", "Trading fee")
"""How Bitfinex begins what it says of a wallet that an order changed."""


class BitfinexStream:
    """One connection."""

    quiet_after_s: float | None = 50.0
    """A heartbeat comes every fifteen seconds."""

    balances_every_s = 15.0
    tells_trades = True

    def __init__(self, client: StreamClient) -> None:
        self._client = client
        self._wallets: dict[AssetId, dict[str, tuple[Decimal, Decimal | None]]] = {}

    async def subscribe(self) -> None:
        """Connect and sign in; everything of the account follows."""
        async with self._client.turn():
            await self._client.raw.authenticate()

    def hear(self, message: Any) -> Iterable[Told] | None:
        """What channel 0 tells; events are ccxt's business but for those that end it."""
        if isinstance(message, dict):
            return self._event(message)
        if not isinstance(message, list) or message[0] != 0:
            return None
        tell = self._tellers.get(message[1])
        return () if tell is None else tell(message[2])

    @property
    def _tellers(self) -> Mapping[object, Callable[[Any], Iterable[Told]]]:
        return {
            "ws": self._remember,
            "wu": self._wallet,
            "tu": self._trade,
            "os": lambda rows: (told for row in rows for told in self._order(row)),
            **dict.fromkeys(("on", "ou", "oc"), self._order),
        }

    def _event(self, message: Mapping[str, Any]) -> Iterable[Told] | None:
        kind, code = message.get("event"), message.get("code")
        if kind == "auth" and message.get("status") != "OK":
            return (Refused(_refusal(code)),)
        return (Ended(),) if kind == "info" and code in RECONNECT_CODES else None

    def _remember(self, rows: Iterable[Any]) -> Iterator[Told]:
        """What there is in the beginning; balances are compared over REST then."""
        for row in rows:
            self._keep(row)
        yield from ()

    def _wallet(self, row: Any) -> Iterator[Told]:
        asset, before, now = self._keep(row)
        wallets = self._wallets[asset].values()
        if any(free is None for _, free in wallets):
            yield BalancesStale()
        else:
            total, free = (
                _sum(parts) for parts in zip(*((total, free or ZERO) for total, free in wallets), strict=True)
            )
            balance = ReportedBalance(asset=asset, free=free, locked=subtract(total, free))
            yield BalancesTold((balance,), to_ms(self._client.now()))
        if before != now and not _is_of_an_order(row):
            yield LookAgain("movement")

    def _keep(self, row: Any) -> tuple[AssetId, Decimal, Decimal]:
        """Keep what a wallet holds; the asset, and how much of it there was and is."""
        asset, total = asset_of(row[1], self._client.code), digits(row[2])
        wallets = self._wallets.setdefault(asset, {})
        before, _ = wallets.get(str(row[0]), (ZERO, None))
        wallets[str(row[0])] = (total, None if row[4] is None else digits(row[4]))
        return asset, before, total

    def _trade(self, listed: Any) -> Iterator[Told]:
        row = bitfinex_rows.trade_row(listed)
        instrument = self._client.instrument(row.get("pair"))
        if instrument is None:
            self._client.doubt_markets()
        found = bitfinex_rows.trade(row, instrument, self._client.code)
        if isinstance(found, Fact):
            yield FactTold(replace(found, source=SOURCE))
        else:
            yield LookAgain("trade_unreadable")

    def _order(self, listed: Any) -> Iterator[Told]:
        row = bitfinex_orders.order_row(listed)
        instrument = self._client.instrument(row.get("symbol"))
        try:
            if instrument is not None:
                yield OrderTold(bitfinex_orders.order(row, instrument))
        except UNREADABLE:  # a type that the desk has not got
            return


def _refusal(code: object) -> NightdeskError:
    if code == NONCE_SMALL:
        return errors.clock_skew()
    return key_wrong() if code in KEY_CODES else errors.unavailable()


def _is_of_an_order(row: Any) -> bool:
    details = row[6] if len(row) > 6 else None  # noqa: PLR2004 - the place of the details
    reason = details.get("reason") if isinstance(details, dict) else None
    return reason == "TRADE" or str(row[5] or "").startswith(_TRADING)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = add(total, amount)
    return total

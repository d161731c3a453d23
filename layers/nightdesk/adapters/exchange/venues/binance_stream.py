"""Binance's user data stream over the websocket API.

ccxt.pro connects, signs and subscribes (`userDataStream.subscribe.signature`). Rows are booked by the same code as
those of the REST history: the same identity, the same digits.

Source: https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.private_stream import UNREADABLE, Ended, Refused, StreamClient, Told
from nightdesk.adapters.exchange.venues import binance, binance_orders, binance_rows
from nightdesk.adapters.exchange.venues.reading import exact
from nightdesk.kernel.assets import asset_id
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.money import format_amount, multiply, parse_amount
from nightdesk.ledger.model import Fact

SOURCE: Final = "binance.stream"
SKEW: Final = -1021


class BinanceStream:
    """One connection."""

    quiet_after_s: float | None = None
    balances_every_s = 10.0
    tells_trades = True

    def __init__(self, client: StreamClient) -> None:
        self._client = client

    async def subscribe(self) -> None:
        """Sign in; the subscription is part of it."""
        await self._client.raw.authenticate({"type": "spot"})

    def hear(self, message: Any) -> Iterable[Told] | None:
        """The account's events; requests that were refused are ccxt's business too."""
        if not isinstance(message, dict):
            return None
        event, refusal = message.get("event"), message.get("error")
        if isinstance(event, dict):
            return self._told(event)
        return (Refused(_refusal(refusal.get("code"))),) if isinstance(refusal, dict) else None

    def _told(self, event: Mapping[str, Any]) -> Iterator[Told]:
        match event.get("e"):
            case "executionReport":
                yield from self._execution(event)
            case "outboundAccountPosition":
                told = self._balances(event)
                yield LookAgain("balances_unreadable") if told is None else told
            case "balanceUpdate":  # a deposit, withdrawal or transfer: its identity is only in the history
                yield LookAgain("movement")
            case "eventStreamTerminated":
                yield Ended()

    def _execution(self, event: Mapping[str, Any]) -> Iterator[Told]:
        instrument = self._client.instrument(event.get("s"))
        order = None if instrument is None else binance_orders.streamed(event, instrument)
        if order is not None:
            yield OrderTold(order)
        if event.get("x") == "TRADE":
            fact = self._fact(event)
            yield LookAgain("trade_unreadable") if fact is None else FactTold(fact)

    def _fact(self, event: Mapping[str, Any]) -> Fact | None:
        instrument = self._client.instrument(event.get("s"))
        if instrument is None:
            self._client.doubt_markets()
        found = binance_rows.trade(trade_row(event), instrument, self._client.code)
        return replace(found, source=SOURCE) if isinstance(found, Fact) else None

    def _balances(self, event: Mapping[str, Any]) -> BalancesTold | None:
        code = self._client.code
        try:
            balances = tuple(
                ReportedBalance(
                    asset=asset_id(code(row["a"])), free=parse_amount(row["f"]), locked=parse_amount(row["l"])
                )
                for row in event["B"]
            )
            return BalancesTold(balances, int(event["u"]))
        except UNREADABLE:
            return None


def _refusal(code: object) -> NightdeskError:
    if code in binance.KEY_CODES:
        return key_wrong()
    return errors.clock_skew() if code == SKEW else errors.unavailable()


def _quote(event: Mapping[str, Any]) -> str | None:
    """What was paid or got in quote, where the event tells only price and quantity."""
    try:
        return format_amount(multiply(exact(event["l"]), exact(event["L"])))
    except UNREADABLE:
        return None


def trade_row(event: Mapping[str, Any]) -> dict[str, Any]:
    """An execution in the form that the REST history gives it."""
    return {
        "symbol": event.get("s"),
        "id": event.get("t"),
        "orderId": event.get("i"),
        "qty": event.get("l"),
        "quoteQty": event.get("Y") or _quote(event),
        "commission": event.get("n"),
        "commissionAsset": event.get("N"),
        "time": event.get("T"),
        "isBuyer": event.get("S") == "BUY",
    }

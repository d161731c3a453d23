"""HTX's private websocket: `orders`, `trade.clearing` and `accounts.update` of the spot account.

A trade is told here with its time, and in the history with the time of its record, which is slightly later: one event
must not have two times, so a clearing says that there is a trade, and the history, which is asked at once, says which.
Balances are told whole, orders as they change.

Source: https://huobiapi.github.io/docs/spot/v1/en/#websocket-asset-and-order (…#search-match-results), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.streaming import BalancesTold, LookAgain, OrderTold
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.private_stream import UNREADABLE, Refused, StreamClient, Told
from nightdesk.adapters.exchange.venues.htx_orders import KINDS, STATES
from nightdesk.adapters.exchange.venues.ordering import positive
from nightdesk.adapters.exchange.venues.reading import asset_of, digits
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import ZERO, subtract
from nightdesk.markets.orders import Side, VenueOrder

ORDERS, CLEARING, BALANCES = "orders#*", "trade.clearing#*#0", "accounts.update#2"
OK: Final = 200
ORDERS_MAX: Final = 5_000
"""What so many orders have come to is kept in mind."""

_TRADING: Final = "order"
"""How what a balance moved for begins, where it is an order."""


class HtxStream:
    """One connection."""

    quiet_after_s: float | None = 60.0
    """A ping of the venue's own comes every twenty seconds."""

    balances_every_s = 10.0
    tells_trades = False

    def __init__(self, client: StreamClient) -> None:
        self._client = client
        self._account = ""
        self._traded: dict[str, tuple[Decimal, Decimal]] = {}

    async def subscribe(self) -> None:
        """Connect, sign in, and subscribe to the three channels."""
        raw = self._client.raw
        self._account = next((str(each["id"]) for each in await raw.load_accounts() if each["type"] == "spot"), "")
        await raw.authenticate({"type": "spot", "url": self._url, "hostname": raw.urls["hostnames"]["spot"]})
        for channel in (ORDERS, CLEARING, BALANCES):
            await raw.watch(self._url, _name(channel), {"action": "sub", "ch": channel}, _name(channel))

    def hear(self, message: Any) -> Iterable[Told] | None:
        """What the account's channels tell; pings and the answer to the signature are ccxt's business too."""
        if not isinstance(message, dict):
            return None
        action, channel = message.get("action"), str(message.get("ch"))
        if action in {"req", "sub"} and message.get("code") != OK:
            return (Refused(_refusal(message)),)
        if action == "sub":
            self._client.raw.client(self._url).resolve(True, _name(channel))
            return ()
        tell = self._tellers.get(channel.partition("#")[0]) if action == "push" else None
        return None if tell is None else tell(message["data"])

    @property
    def _tellers(self) -> Mapping[str, Callable[[Mapping[str, Any]], Iterable[Told]]]:
        return {"orders": self._order, "trade.clearing": self._cleared, "accounts.update": self._balance}

    @property
    def _url(self) -> str:
        # Of the market type spot: neither linear nor a feed, but private.
        return str(self._client.raw.get_url_by_market_type("spot", True, True))

    def _cleared(self, row: Mapping[str, Any]) -> Iterator[Told]:
        if row.get("eventType") == "trade":
            yield LookAgain("trade")

    def _balance(self, row: Mapping[str, Any]) -> Iterator[Told]:
        """What the account holds now; what a subscription begins with was asked for anyway."""
        changed_ms, kind = row.get("changeTime"), row.get("changeType")
        if str(row.get("accountId")) != self._account or changed_ms is None:
            return
        total, free = digits(row["balance"]), digits(row["available"])
        asset = asset_of(row["currency"], self._client.code)
        yield BalancesTold((ReportedBalance(asset=asset, free=free, locked=subtract(total, free)),), int(changed_ms))
        if not str(kind).startswith(_TRADING):  # a deposit, withdrawal, transfer: its identity is only in the history
            yield LookAgain("movement")

    def _order(self, row: Mapping[str, Any]) -> Iterator[Told]:
        instrument = self._client.instrument(row.get("symbol"))
        if instrument is None:
            self._client.doubt_markets()
            return
        try:
            yield OrderTold(self._read(row, instrument))
        except UNREADABLE:  # a type that the desk has not got, or one whose beginning was not heard
            return

    def _read(self, row: Mapping[str, Any], instrument: Instrument) -> VenueOrder:
        side, _, kind = str(row["type"]).partition("-")
        order_type, time_in_force = KINDS[kind]
        filled, quote = self._came_to(row)
        if order_type.has_stop_price:
            raise KeyError("stop-price")  # only the REST history tells it
        created_ms = row.get("orderCreateTime")
        return VenueOrder(
            client_order_id=str(row.get("clientOrderId") or ""),
            venue_order_id=str(row["orderId"]),
            instrument=instrument,
            side=Side(side),
            type=order_type,
            state=STATES[row["orderStatus"]],
            quantity=filled if row.get("orderSize") is None else digits(row["orderSize"]),
            filled=filled,
            filled_quote=quote,
            price=positive(row.get("orderPrice"), digits) if order_type.has_price else None,
            time_in_force=time_in_force,
            created_at=None if created_ms is None else from_ms(int(created_ms)),
        )

    def _came_to(self, row: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
        """How much is filled, and for how much of the quote: only trades tell that, so it is kept in mind.

        Raises:
            KeyError: It was filled before this connection began.
        """
        name, filled = str(row["orderId"]), digits(row.get("execAmt") or "0")
        if row.get("eventType") == "trade":
            self._traded.pop(name, None)
            self._traded[name] = (filled, digits(row["totalTradeAmount"]))
            if len(self._traded) > ORDERS_MAX:
                del self._traded[next(iter(self._traded))]
        known, quote = self._traded.get(name, (ZERO, ZERO))
        if known != filled:
            raise KeyError("totalTradeAmount")
        return filled, quote


def _refusal(message: Mapping[str, Any]) -> NightdeskError:
    if "timestamp" in str(message.get("message")).lower():
        return errors.clock_skew()
    return key_wrong() if message.get("ch") == "auth" else errors.unavailable()


def _name(channel: str) -> str:
    """What a channel's acknowledgement is awaited by."""
    return f"nightdesk:{channel}"

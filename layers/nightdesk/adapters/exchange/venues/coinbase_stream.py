"""Coinbase's private channel `user`: orders as they change, no fills and no balances.

A fill shows in what its order has come to; its identity and its fee are only in the history, which is asked at once.
Balances are asked for as long as the connection beats. Messages of a connection are numbered.

Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview (…-channels, user,
heartbeats; …-authentication), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.streaming import LookAgain, OrderTold
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.private_stream import UNREADABLE, BalancesStale, Refused, StreamClient, Told
from nightdesk.adapters.exchange.venues.coinbase_orders import STATES, TIMES
from nightdesk.adapters.exchange.venues.ordering import positive
from nightdesk.adapters.exchange.venues.reading import digits
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import parse_instant
from nightdesk.kernel.money import ZERO, add
from nightdesk.markets.orders import OrderType, Side, TimeInForce, VenueOrder, VenueOrderState

USER: Final = "user"
HEARTBEATS: Final = "heartbeats"
ORDERS_MAX: Final = 5_000
"""How much was filled of so many orders is kept in mind."""

_TYPES: Final = {"MARKET": OrderType.MARKET, "LIMIT": OrderType.LIMIT}


class CoinbaseStream:
    """One connection."""

    quiet_after_s: float | None = 15.0
    """A heartbeat comes every second."""

    balances_every_s = 5.0
    tells_trades = False

    def __init__(self, client: StreamClient) -> None:
        self._client = client
        self._number: int | None = None
        self._fills: dict[str, int] = {}

    async def subscribe(self) -> None:
        """Connect, sign for the account's channel with a token made now, and have the connection beat."""
        raw = self._client.raw
        token = raw.create_ws_auth(USER, [])
        for channel, more in ((USER, token), (HEARTBEATS, {})):
            request = {"type": "subscribe", "channel": channel, "product_ids": [], **more}
            await raw.watch(self._url, _name(channel), request, _name(channel))

    def hear(self, message: Any) -> Iterable[Told] | None:
        """What the connection's channels tell."""
        if not isinstance(message, dict):
            return None
        if message.get("type") == "error":
            return (Refused(_refusal(str(message.get("message")))),)
        tell = {"subscriptions": self._joined, HEARTBEATS: self._beaten, USER: self._changed}.get(message["channel"])
        return None if tell is None else (*self._counted(message), *tell(message["events"]))

    @property
    def _url(self) -> str:
        return str(self._client.raw.urls["api"]["ws"])

    def _counted(self, message: Mapping[str, Any]) -> Iterator[Told]:
        """A number that is passed over is of a message that never came."""
        number = message.get("sequence_num")
        if not isinstance(number, int):
            return
        if self._number is not None and number > self._number + 1:
            yield LookAgain("messages_missed")
        self._number = number if self._number is None else max(self._number, number)

    def _joined(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Told]:
        connection = self._client.raw.client(self._url)
        for event in events:
            for channel in event["subscriptions"]:
                connection.resolve(True, _name(channel))
        yield from ()

    def _beaten(self, events: Iterable[Any]) -> Iterator[Told]:  # noqa: ARG002 - that it beats is all
        yield BalancesStale()

    def _changed(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Told]:
        for event in events:
            for row in event["orders"]:
                yield from self._order(row, is_past=event.get("type") == "snapshot")

    def _order(self, row: Mapping[str, Any], *, is_past: bool) -> Iterator[Told]:
        instrument = self._client.instrument(row.get("product_id"))
        if instrument is None:
            self._client.doubt_markets()
        else:
            yield from _told(row, instrument)
        if self._is_filled_more(row) and not is_past:  # what was before is read after connecting
            yield LookAgain("trade")
        yield BalancesStale()

    def _is_filled_more(self, row: Mapping[str, Any]) -> bool:
        name, count = str(row["order_id"]), int(str(row.get("number_of_fills") or "0"))
        before = self._fills.pop(name, 0)
        self._fills[name] = max(before, count)
        if len(self._fills) > ORDERS_MAX:
            del self._fills[next(iter(self._fills))]
        return count > before


def _told(row: Mapping[str, Any], instrument: Instrument) -> Iterator[Told]:
    try:
        yield OrderTold(order(row, instrument))
    except UNREADABLE:  # a type that the desk has not got
        return


def order(row: Mapping[str, Any], instrument: Instrument) -> VenueOrder:
    """The order of a row of the channel; it says less of stops than the REST history does.

    Raises:
        KeyError: It is of a type that can't be told from here.
    """
    kind = _TYPES[str(row["order_type"]).upper()]
    filled = digits(row["cumulative_quantity"])
    state = STATES[row["status"]]
    return VenueOrder(
        client_order_id=str(row["client_order_id"]),
        venue_order_id=str(row["order_id"]),
        instrument=instrument,
        side=Side(str(row["order_side"]).lower()),
        type=OrderType.LIMIT_MAKER if kind is OrderType.LIMIT and row.get("post_only") in {True, "true"} else kind,
        state=VenueOrderState.PARTIALLY_FILLED if filled and state is VenueOrderState.OPEN else state,
        quantity=add(filled, digits(row["leaves_quantity"])),
        filled=filled,
        filled_quote=digits(row["filled_value"]) if filled else ZERO,
        price=positive(row.get("limit_price"), digits) if kind is OrderType.LIMIT else None,
        time_in_force=TIMES.get(str(row.get("time_in_force")), TimeInForce.GOOD_TILL_CANCELLED),
        created_at=parse_instant(row["creation_time"]),
    )


def _refusal(said: str) -> NightdeskError:
    return key_wrong() if "authentication" in said.lower() else errors.unavailable()


def _name(channel: str) -> str:
    """What a channel's acknowledgement is awaited by."""
    return f"nightdesk:{channel}"

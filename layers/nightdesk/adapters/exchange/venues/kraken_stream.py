"""Kraken's private channels of websockets v2: `executions` and `balances`.

A token of the REST API speaks for the account. After an order's first message only what changed is told, so an order
is put together from what was heard of it. Balances are told in total, not what is held back: they are asked for when
they have changed. Messages are numbered by channel.

Source: https://docs.kraken.com/api/docs/websocket-v2/executions (…/balances, …/ping) and
https://docs.kraken.com/api/docs/rest-api/get-websockets-token, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.streaming import FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.private_stream import (
    UNREADABLE,
    BalancesStale,
    Refused,
    StreamClient,
    StreamNotAllowed,
    Told,
)
from nightdesk.adapters.exchange.venues import kraken_rows
from nightdesk.adapters.exchange.venues.kraken_orders import TYPES, our_id
from nightdesk.adapters.exchange.venues.ordering import positive
from nightdesk.adapters.exchange.venues.reading import asset_of, digits, negative
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.money import ZERO, add, format_amount
from nightdesk.ledger.model import Fact, Leg, LegRole
from nightdesk.markets.orders import OrderType, Side, TimeInForce, VenueOrder, VenueOrderState

SOURCE: Final = "kraken.stream"
CHANNELS: Final = ("executions", "balances")
ORDERS_MAX: Final = 5_000
"""So many orders that are not over are kept in mind."""

_STATES: Final = {
    "pending_new": VenueOrderState.OPEN,
    "new": VenueOrderState.OPEN,
    "partially_filled": VenueOrderState.PARTIALLY_FILLED,
    "filled": VenueOrderState.FILLED,
    "canceled": VenueOrderState.CANCELLED,
    "expired": VenueOrderState.EXPIRED,
}
_TIMES: Final = {"IOC": TimeInForce.IMMEDIATE_OR_CANCEL, "FOK": TimeInForce.FILL_OR_KILL}
_TRADES: Final = frozenset({"trade", ""})
_REST_DIGITS: Final = Decimal("0.0001")
"""To a ten-thousandth of a second the REST history tells times: a trade is the same whichever way it comes."""


class KrakenStream:
    """One connection."""

    quiet_after_s: float | None = 15.0
    """A heartbeat comes every second while nothing else does."""

    balances_every_s = 10.0
    tells_trades = True

    def __init__(self, client: StreamClient) -> None:
        self._client = client
        self._orders: dict[str, dict[str, Any]] = {}
        self._sequences: dict[str, int] = {}

    async def subscribe(self) -> None:
        """Get a token, connect, and subscribe to both channels."""
        raw = self._client.raw
        try:
            token = await raw.authenticate()
        except Exception as error:
            if type(error).__name__ == "PermissionDenied":  # the key has no right to use websockets
                raise StreamNotAllowed from None
            raise
        for channel in CHANNELS:
            wanted: dict[str, Any] = {"channel": channel, "token": token}
            if channel == "executions":
                wanted |= {"snap_orders": True, "snap_trades": True}
            request = {"method": "subscribe", "params": wanted, "req_id": raw.request_id()}
            await raw.watch(self._url, _name(channel), request, _name(channel))

    def hear(self, message: Any) -> Iterable[Told] | None:
        """What the account's channels tell."""
        if not isinstance(message, dict):
            return None
        if message.get("method") == "subscribe":
            return self._answered(message)
        if message.get("channel") == "heartbeat":
            return ()
        if message.get("channel") not in CHANNELS:
            return None
        return self._told(message)

    @property
    def _url(self) -> str:
        return str(self._client.raw.urls["api"]["ws"]["privateV2"])

    def _answered(self, message: Mapping[str, Any]) -> Iterable[Told]:
        if message.get("success") is not True:
            return (Refused(errors.unavailable()),)  # a token that grew old: the next connection has a new one
        raw = self._client.raw
        raw.client(self._url).resolve(True, _name(message["result"]["channel"]))
        return ()

    def _told(self, message: Mapping[str, Any]) -> Iterator[Told]:
        channel, rows = message["channel"], message["data"]
        is_late, is_whole = self._place(message)
        if is_whole is False:
            yield LookAgain("messages_missed")
        is_snapshot = message.get("type") == "snapshot"
        for row in rows:
            if channel == "balances":
                yield from () if is_snapshot else self._balance(row)
            else:
                yield from self._execution(row, is_past=(is_snapshot and row.get("exec_type") == "trade") or is_late)

    def _place(self, message: Mapping[str, Any]) -> tuple[bool, bool]:
        """Whether a message comes late or again, and whether none is missing before it."""
        channel, number = message["channel"], message.get("sequence")
        if not isinstance(number, int):
            return False, True
        before = self._sequences.get(channel, number - 1)
        self._sequences[channel] = max(before, number)
        return number <= before, number <= before + 1

    def _balance(self, row: Mapping[str, Any]) -> Iterator[Told]:
        yield BalancesStale()
        if row.get("type") not in _TRADES:  # a deposit, withdrawal, reward: its identity is only in the history
            yield LookAgain("movement")

    def _execution(self, row: Mapping[str, Any], *, is_past: bool) -> Iterator[Told]:
        instrument = self._client.instrument(row.get("symbol") or self._known(row).get("symbol"))
        if row.get("exec_type") == "trade":
            fact = None if instrument is None else self._fact({**self._known(row), **row}, instrument)
            if instrument is None:
                self._client.doubt_markets()
            yield LookAgain("trade_unreadable") if fact is None else FactTold(fact)
        if is_past:
            return
        order = None if instrument is None else self._order(row, instrument)
        if order is not None:
            yield OrderTold(order)
        yield BalancesStale()

    def _known(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return self._orders.get(str(row.get("order_id")), {})

    def _order(self, row: Mapping[str, Any], instrument: Instrument) -> VenueOrder | None:
        """What is known of the order now; None for one whose beginning was not heard."""
        name, known = str(row["order_id"]), self._known(row)
        whole = {"created": row.get("timestamp"), **known, **row}
        if row.get("exec_type") == "trade" and "cum_qty" not in row:
            whole |= _summed(known, row)
        self._orders.pop(name, None)
        try:
            order = _order(whole, instrument)
        except UNREADABLE:
            return None
        if not order.state.is_over:
            self._orders[name] = whole
            if len(self._orders) > ORDERS_MAX:
                del self._orders[next(iter(self._orders))]
        return order

    def _fact(self, row: Mapping[str, Any], instrument: Instrument) -> Fact | None:
        """The trade as the REST history tells it; a fee in another asset than the quote is told so here only."""
        fees = row.get("fees") or ()
        found = kraken_rows.trade(str(row["exec_id"]), _trade_row(row), instrument)
        if not isinstance(found, Fact):
            return None
        legs = [leg for leg in found.legs if leg.role is not LegRole.FEE]
        for fee in fees:
            amount = digits(fee["qty"])
            if amount:
                asset = asset_of(fee["asset"], self._client.code)
                legs.append(Leg(role=LegRole.FEE, asset=asset, amount=negative(amount)))
        return replace(found, source=SOURCE, legs=tuple(legs))


def _trade_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An execution in the form that the REST history gives it, but for its fees."""
    return {
        "ordertxid": row["order_id"],
        "time": str(_seconds(row["timestamp"])),
        "type": row["side"],
        "vol": format_amount(digits(row["last_qty"])),
        "cost": format_amount(digits(row["cost"])),
        "fee": "0",
    }


def _summed(known: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
    """What the order has come to with this fill, where Kraken does not say so itself."""
    parts = (("cum_qty", "last_qty"), ("cum_cost", "cost"))
    return {whole: format_amount(add(digits(known.get(whole, 0)), digits(row[part]))) for whole, part in parts}


def _order(row: Mapping[str, Any], instrument: Instrument) -> VenueOrder:
    kind, trigger = TYPES[row["order_type"]], row.get("triggers") or {}
    return VenueOrder(
        client_order_id=our_id(row.get("cl_ord_id"), str(row["order_id"])),
        venue_order_id=str(row["order_id"]),
        instrument=instrument,
        side=Side(row["side"]),
        type=OrderType.LIMIT_MAKER if kind is OrderType.LIMIT and row.get("post_only") is True else kind,
        state=_STATES[row["order_status"]],
        quantity=digits(row["order_qty"]),
        filled=digits(row.get("cum_qty", 0)),
        filled_quote=digits(row.get("cum_cost", 0)),
        price=positive(row.get("limit_price"), digits) if kind.has_price else None,
        stop_price=positive(trigger.get("price"), digits) if kind.has_stop_price else None,
        time_in_force=_TIMES.get(str(row.get("time_in_force")).upper(), TimeInForce.GOOD_TILL_CANCELLED),
        created_at=_instant(row["created"]),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _seconds(text: str) -> Decimal:
    """Seconds since the epoch, cut to the digits that the REST history has."""
    at = _instant(text)
    exact_s = Decimal(int(at.replace(microsecond=0).timestamp())) + Decimal(at.microsecond).scaleb(-6)
    return exact_s - (exact_s % _REST_DIGITS if exact_s else ZERO)


def _name(channel: str) -> str:
    """What a channel's acknowledgement is awaited by."""
    return f"nightdesk:{channel}"

"""Orders at Bitfinex, through ccxt's direct methods: every digit as it is sent and told.

Bitfinex takes a number of 45 bits as a client order id, which must be told with its day: ours holds its day
(`nightdesk.orders.naming`). Amounts of sells are negative. Refusals come with the status of a
breakdown: what they mean stands in their words. Prices have five significant digits; what is beyond is cut off there,
so no price beyond is sent.

Source: https://docs.bitfinex.com/reference/rest-auth-submit-order (…/rest-auth-cancel-order,
…/rest-auth-retrieve-orders, …/rest-auth-orders-history) and https://docs.bitfinex.com/docs/abbreviations-glossary
(error codes), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.exchange import errors, order_errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.order_errors import Wording
from nightdesk.adapters.exchange.venues import bitfinex
from nightdesk.adapters.exchange.venues.bitfinex_rows import Listed
from nightdesk.adapters.exchange.venues.ordering import Market, positive
from nightdesk.adapters.exchange.venues.reading import Row, digits, exact
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.instants import from_ms, to_ms
from nightdesk.kernel.money import ZERO, format_amount, multiply, parse_amount, subtract
from nightdesk.markets.orders import (
    MarketRules,
    OrderName,
    OrderTicket,
    OrderType,
    Side,
    TimeInForce,
    VenueOrder,
    VenueOrderState,
)
from nightdesk.orders.errors import key_may_not_trade, outcome_unknown
from nightdesk.orders.naming import day_of_number

VENUE: Final = bitfinex.VENUE
PRICE_DIGITS: Final = 5
LOT: Final = Decimal("1e-8")
TICK: Final = Decimal("1e-8")
POST_ONLY: Final = 4096
HISTORY_ROWS: Final = 2_500

_TYPES: Final = {
    "EXCHANGE LIMIT": OrderType.LIMIT,
    "EXCHANGE IOC": OrderType.LIMIT,
    "EXCHANGE FOK": OrderType.LIMIT,
    "EXCHANGE MARKET": OrderType.MARKET,
    "EXCHANGE STOP": OrderType.STOP_LOSS,
    "EXCHANGE STOP LIMIT": OrderType.STOP_LOSS_LIMIT,
}
_NAMES: Final = {
    OrderType.LIMIT: "EXCHANGE LIMIT",
    OrderType.LIMIT_MAKER: "EXCHANGE LIMIT",
    OrderType.MARKET: "EXCHANGE MARKET",
    OrderType.STOP_LOSS: "EXCHANGE STOP",
    OrderType.STOP_LOSS_LIMIT: "EXCHANGE STOP LIMIT",
}
_TIMED: Final = {TimeInForce.IMMEDIATE_OR_CANCEL: "EXCHANGE IOC", TimeInForce.FILL_OR_KILL: "EXCHANGE FOK"}
_TIMES: Final = {name: time for time, name in _TIMED.items()}
_STATES: Final = (
    ("ACTIVE", VenueOrderState.OPEN),
    ("PARTIALLY FILLED", VenueOrderState.PARTIALLY_FILLED),
    ("EXECUTED", VenueOrderState.FILLED),
    ("IOC CANCELED", VenueOrderState.EXPIRED),
    ("FILLORKILL CANCELED", VenueOrderState.EXPIRED),
    ("POSTONLY CANCELED", VenueOrderState.EXPIRED),
    ("CANCELED", VenueOrderState.CANCELLED),
    ("INSUFFICIENT", VenueOrderState.REJECTED),
    ("RSN_", VenueOrderState.REJECTED),
)
_PLACES: Final = {
    "id": 0,
    "cid": 2,
    "symbol": 3,
    "created_ms": 4,
    "amount": 6,
    "amount_orig": 7,
    "type": 8,
    "flags": 12,
    "status": 13,
    "price": 16,
    "price_avg": 17,
    "price_aux_limit": 19,
}
_NOTIFIED, _NOTICE_STATUS = 4, 6

WORDING: Final = Wording(
    words=(
        (r"nonce: small", errors.clock_skew),
        (r"ratelimit", order_errors.limited),
        (r"(?i)maintenance", errors.unavailable),
        (r"(?i)duplicate", outcome_unknown),
        (r"apikey:|^bitfinex 10001$|(?i:permission)", key_may_not_trade),
        (r"(?i)order not found", order_errors.order_unknown),
        (r"(?i)not enough \w+ balance|insufficient", order_errors.insufficient_balance),
        (r"(?i)post only", order_errors.would_take),
        (r"(?i)stop price .*reached", order_errors.would_trigger),
        (r"(?i)market is closed", order_errors.market_closed),
        (r"(?i)too far from", order_errors.price_band),
        (r"(?i)minimum size|maximum size|amount(:| is) invalid|amount must", order_errors.size_step),
        (r"(?i)price(:| is) invalid|price must", order_errors.price_step),
        (r"(?i)symbol: invalid", order_errors.no_such_market),
        (r"Invalid order|: invalid|\(#(10001|10020)\)", order_errors.refused),
    ),
    speaks=range(HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR + 1),
    refuses=(),
)
"""An id that is used already may be the very order."""


def rules(instrument: Instrument, market: Market) -> MarketRules:
    """What a market demands."""
    info = market["info"]
    return MarketRules(
        instrument=instrument,
        tick=TICK,
        price_digits=PRICE_DIGITS,
        lot=LOT,
        quantity_min=exact(info[3]),
        quantity_max=positive(info[4]),
        types=frozenset(_NAMES),
        maker_ratio=parse_amount(str(market["maker"])),
        taker_ratio=parse_amount(str(market["taker"])),
    )


async def place(client: VenueClient, ticket: OrderTicket, market: Market) -> object:
    """Send the order, once; the answer holds its row."""
    quantity = ticket.quantity if ticket.side is Side.BUY else ticket.quantity.copy_negate()
    ask: dict[str, Any] = {
        "type": _type(ticket),
        "symbol": str(market["id"]),
        "amount": format_amount(quantity),
        "cid": int(ticket.client_order_id),
        **_prices(ticket),
    }
    if ticket.type is OrderType.LIMIT_MAKER:
        ask["flags"] = POST_ONLY
    said = await client.order("private_post_auth_w_order_submit", ask, wording=WORDING)
    notified = _listed(said)
    rows = notified[_NOTIFIED] if len(notified) > _NOTICE_STATUS and notified[_NOTICE_STATUS] == "SUCCESS" else None
    if not isinstance(rows, list) or len(rows) != 1:
        raise outcome_unknown()
    return order_row(rows[0])


async def cancel(client: VenueClient, name: OrderName, market: Market) -> object:  # noqa: ARG001 - ids are global
    """Cancel the order; that it was asked for is all that is answered."""
    if name.venue_order_id is not None:
        await _cancel(client, {"id": int(name.venue_order_id)})
        return None
    for day in _days(name):
        try:
            await _cancel(client, {"cid": int(name.client_order_id), "cid_date": day})
        except Conflict as error:
            if error.code != errors.ORDER_UNKNOWN:
                raise
    return None


async def find(client: VenueClient, name: OrderName, market: Market) -> object:
    """The order's row, among the open ones, then among those that are over."""
    symbol = str(market["id"])
    ask: dict[str, Any] = {"symbol": symbol}
    if name.venue_order_id is not None:
        ask["id"] = [int(name.venue_order_id)]
    if found := _named(await _rows(client, "private_post_auth_r_orders_symbol", ask), name):
        return found
    if "id" not in ask:
        ask["start"] = to_ms(datetime.combine(_day(name), time(), UTC))
    rows = await _rows(client, "private_post_auth_r_orders_symbol_hist", {**ask, "limit": HISTORY_ROWS})
    found = _named(rows, name)
    if found is None and len(rows) >= HISTORY_ROWS:
        raise outcome_unknown()
    return found


async def opened(client: VenueClient) -> Iterable[Row]:
    """The rows of every open order; those of types that the desk has not got are left out."""
    rows = await _rows(client, "private_post_auth_r_orders", {})
    return [row for row in rows if row.get("type") in _TYPES]


def market_id(row: Row) -> object:
    """The venue's name of a row's market."""
    return row.get("symbol")


def order(row: Row, instrument: Instrument) -> VenueOrder:
    """The order of a row; what was filled cost the average price, as Bitfinex rounds it."""
    kind, whole = _kind(row), digits(row["amount_orig"])
    left = digits(row["amount"])
    quantity, filled = abs(whole), abs(subtract(whole, left))
    state = next(state for words, state in _STATES if str(row["status"]).startswith(words))
    price, beyond = (positive(row.get(field), digits) for field in ("price", "price_aux_limit"))
    return VenueOrder(
        client_order_id=str(row["cid"] or row["id"]),
        venue_order_id=str(row["id"]),
        instrument=instrument,
        side=Side.SELL if whole < ZERO else Side.BUY,
        type=kind,
        state=VenueOrderState.PARTIALLY_FILLED if state is VenueOrderState.OPEN and filled else state,
        quantity=quantity,
        filled=filled,
        filled_quote=multiply(filled, digits(row["price_avg"] or 0)),
        price=(beyond if kind.has_stop_price else price) if kind.has_price else None,
        stop_price=price if kind.has_stop_price else None,
        time_in_force=_TIMES.get(row["type"], TimeInForce.GOOD_TILL_CANCELLED),
        created_at=from_ms(int(row["created_ms"])),
    )


def order_row(listed: Listed) -> dict[str, Any]:
    """An order's fields by name."""
    return {name: listed[place] for name, place in _PLACES.items() if place < len(listed)}


def _kind(row: Row) -> OrderType:
    kind = _TYPES[row["type"]]
    makes = kind is OrderType.LIMIT and int(row.get("flags") or 0) & POST_ONLY
    return OrderType.LIMIT_MAKER if makes else kind


def _type(ticket: OrderTicket) -> str:
    if ticket.type is not OrderType.LIMIT and ticket.time_in_force is not TimeInForce.GOOD_TILL_CANCELLED:
        raise Conflict("orders.time_in_force_refused", "Bitfinex takes such a time in force with limit orders only.")
    return _TIMED.get(ticket.time_in_force, _NAMES[ticket.type])


def _prices(ticket: OrderTicket) -> dict[str, str]:
    """`price` is a stop's stop price; its limit price is `price_aux_limit` then."""
    asked = [price for price in (ticket.stop_price, ticket.price) if price is not None]
    if any(len(price.normalize().as_tuple().digits) > PRICE_DIGITS for price in asked):
        raise order_errors.price_step()
    return {name: format_amount(price) for name, price in zip(("price", "price_aux_limit"), asked, strict=False)}


def _days(name: OrderName) -> tuple[str, ...]:
    """The day of the order's id; it may have been sent on the next one."""
    day = _day(name)
    return day.isoformat(), (day + timedelta(days=1)).isoformat()


def _day(name: OrderName) -> date:
    """The day of the order's id; without it no answer would prove that the order is not there."""
    day = day_of_number(name.client_order_id)
    if day is None:
        raise outcome_unknown()
    return day


async def _cancel(client: VenueClient, ask: Mapping[str, Any]) -> None:
    await client.order("private_post_auth_w_order_cancel", ask, wording=WORDING)


async def _rows(client: VenueClient, method: str, ask: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = await client.look_up(method, ask, wording=WORDING)
    return [order_row(_listed(row)) for row in _listed(said or [])]


def _named(rows: Iterable[dict[str, Any]], name: OrderName) -> dict[str, Any] | None:
    field, wanted = ("id", name.venue_order_id) if name.venue_order_id else ("cid", name.client_order_id)
    return next((row for row in rows if str(row.get(field)) == wanted), None)


def _listed(said: object) -> list[Any]:
    """The array that was answered.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    if not isinstance(said, list):
        raise errors.malformed()
    return said

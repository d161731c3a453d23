"""Orders at Kraken spot, through ccxt's direct methods: every digit as it is sent and told.

Kraken takes our client order ids without their prefix, as 32 hexadecimal digits. Refusals come with the status of a
success: what they mean stands in their words. Fees are asked to be taken in the quote, whichever side an order has.

Source: https://docs.kraken.com/api/docs/rest-api/add-order (…/cancel-order, …/get-orders-info, …/get-open-orders,
…/get-closed-orders) and https://docs.kraken.com/api/docs/guides/spot-errors, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.exchange import errors, order_errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.order_errors import Wording
from nightdesk.adapters.exchange.venues import kraken
from nightdesk.adapters.exchange.venues.kraken_rows import instant
from nightdesk.adapters.exchange.venues.ordering import Market, positive
from nightdesk.adapters.exchange.venues.reading import Row, exact, object_of
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.money import ZERO, format_amount, parse_amount
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
from nightdesk.orders.model import CLIENT_ORDER_PREFIX

VENUE: Final = kraken.VENUE

TYPES: Final = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop-loss": OrderType.STOP_LOSS,
    "stop-loss-limit": OrderType.STOP_LOSS_LIMIT,
    "take-profit": OrderType.TAKE_PROFIT,
    "take-profit-limit": OrderType.TAKE_PROFIT_LIMIT,
}
_NAMES: Final = {kind: name for name, kind in TYPES.items()} | {OrderType.LIMIT_MAKER: "limit"}
_TIMES: Final = {TimeInForce.GOOD_TILL_CANCELLED: "GTC", TimeInForce.IMMEDIATE_OR_CANCEL: "IOC"}
_STATES: Final = {
    "pending": VenueOrderState.OPEN,
    "open": VenueOrderState.OPEN,
    "closed": VenueOrderState.FILLED,
    "canceled": VenueOrderState.CANCELLED,
    "expired": VenueOrderState.EXPIRED,
}
_SENT_ID: Final = re.compile(r"[0-9a-f]{32}")
_IN_QUOTE: Final = "viqc"
_HISTORY_WEIGHT: Final = 2

WORDING: Final = Wording(
    words=(
        (r"EAPI:Invalid nonce", errors.clock_skew),
        (r"EGeneral:Temporary lockout|Rate limit exceeded|Too many requests", order_errors.limited),
        (r"EService:Market in|Market in \w+_only mode|EOrder:Trading is not allowed", order_errors.market_closed),
        (
            r"EService:|EGeneral:Internal error|EGeneral:Invalid arguments:cl_ord_id|EOrder:.*[Cc]l_?ord",
            outcome_unknown,
        ),
        (r"EAPI:|EGeneral:Permission denied|EAccount:|EAuth:", key_may_not_trade),
        (r"EOrder:Unknown order|EOrder:Invalid order(?! type)", order_errors.order_unknown),
        (r"EOrder:Insufficient (funds|margin)", order_errors.insufficient_balance),
        (r"EOrder:Post only order", order_errors.would_take),
        (r"EOrder:.*trigger", order_errors.would_trigger),
        (r"EOrder:Cost minimum not met", order_errors.too_little),
        (r"EOrder:Order minimum not met|Invalid arguments:volume", order_errors.size_step),
        (r"EOrder:Invalid price|Invalid arguments:price", order_errors.price_step),
        (r"EQuery:Unknown asset pair", order_errors.no_such_market),
        (r'"E(Order|General|Query|Trade|Funding):', order_errors.refused),
    ),
    speaks=range(HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""A service that is busy may have taken the order; so may one that says that the id is used already."""


def rules(instrument: Instrument, market: Market) -> MarketRules:
    """What a market demands."""
    info = market["info"]
    return MarketRules(
        instrument=instrument,
        tick=positive(info.get("tick_size")) or _step(info["pair_decimals"]),
        lot=_step(info["lot_decimals"]),
        quantity_min=exact(info["ordermin"]),
        notional_min=positive(info.get("costmin")) or ZERO,
        maker_ratio=parse_amount(str(market["maker"])),
        taker_ratio=parse_amount(str(market["taker"])),
        is_open=info.get("status") == "online",
    )


async def place(client: VenueClient, ticket: OrderTicket, market: Market) -> object:
    """Send the order, once; Kraken only names it."""
    ask = {
        "pair": str(market["id"]),
        "type": ticket.side.value,
        "ordertype": _NAMES[ticket.type],
        "volume": format_amount(ticket.quantity),
        "cl_ord_id": client_id(ticket.client_order_id),
        "oflags": "fciq,post" if ticket.type is OrderType.LIMIT_MAKER else "fciq",
        **_prices(ticket),
    }
    if ticket.type.has_time_in_force:
        if ticket.time_in_force not in _TIMES:
            raise Conflict(
                "orders.time_in_force_refused", "Kraken takes no orders that are filled whole or not at all."
            )
        ask["timeinforce"] = _TIMES[ticket.time_in_force]
    said = await client.order("private_post_addorder", ask, weight=0, wording=WORDING)
    names = _result(said).get("txid")
    if not isinstance(names, list) or len(names) != 1:
        raise outcome_unknown()
    return str(names[0])


async def cancel(client: VenueClient, name: OrderName, market: Market) -> object:  # noqa: ARG001 - names are global
    """Cancel the order; Kraken says no more than how many were."""
    ask = {"cl_ord_id": client_id(name.client_order_id)}
    if name.venue_order_id is not None:
        ask = {"txid": name.venue_order_id}
    await client.order("private_post_cancelorder", ask, weight=0, wording=WORDING)
    return None


async def find(client: VenueClient, name: OrderName, market: Market) -> object:  # noqa: ARG001 - names are global
    """The order's row: by its name, else among the open and then the closed ones of the client's id."""
    if name.venue_order_id is not None:
        ask = {"txid": name.venue_order_id}
        return _first(await _look_up(client, "private_post_queryorders", ask))
    ask = {"cl_ord_id": client_id(name.client_order_id)}
    opened_ones = _result(await _look_up(client, "private_post_openorders", ask)).get("open")
    if found := _first({"result": opened_ones}):
        return found
    said = await _look_up(client, "private_post_closedorders", ask, weight=_HISTORY_WEIGHT)
    return _first({"result": _result(said).get("closed")})


async def opened(client: VenueClient) -> Iterable[Row]:
    """The rows of every open order, each with its market; those of types that the desk has not got are left out."""
    said = object_of(await client.call("private_post_openorders", {}, weight=0, account_weight=1))
    rows = object_of(object_of(said.get("result")).get("open"))
    return [_marked(client, name, row) for name, row in rows.items() if _is_known(row)]


def market_id(row: Row) -> object:
    """The venue's name of a row's market."""
    return row.get("market")


def order(row: Row, instrument: Instrument) -> VenueOrder:
    """The order of a row."""
    told = row["descr"]
    kind, filled = TYPES[told["ordertype"]], exact(row["vol_exec"])
    if _IN_QUOTE in str(row.get("oflags")):
        raise ValueError("a volume in quote")
    state = _STATES[row["status"]]
    return VenueOrder(
        client_order_id=our_id(row.get("cl_ord_id"), str(row["txid"])),
        venue_order_id=str(row["txid"]),
        instrument=instrument,
        side=Side(told["type"]),
        type=OrderType.LIMIT_MAKER if kind is OrderType.LIMIT and "post" in str(row.get("oflags")) else kind,
        state=VenueOrderState.PARTIALLY_FILLED if state is VenueOrderState.OPEN and filled else state,
        quantity=exact(row["vol"]),
        filled=filled,
        filled_quote=exact(row["cost"]),
        price=positive(told.get("price2" if kind.has_stop_price else "price")) if kind.has_price else None,
        stop_price=positive(told.get("price")) if kind.has_stop_price else None,
        created_at=instant(row["opentm"]),
    )


def client_id(client_order_id: str) -> str:
    """Our client order id as Kraken takes it."""
    return client_order_id.removeprefix(CLIENT_ORDER_PREFIX)


def our_id(client_order_id: object, name: str) -> str:
    """The client order id that an order goes by here; the order's own name for one that was placed without."""
    if not client_order_id:
        return name
    sent = str(client_order_id)
    return f"{CLIENT_ORDER_PREFIX}{sent}" if _SENT_ID.fullmatch(sent) else sent


def _prices(ticket: OrderTicket) -> dict[str, str]:
    """`price` is a stop's stop price; its limit price is `price2` then."""
    asked = [price for price in (ticket.stop_price, ticket.price) if price is not None]
    return {name: format_amount(price) for name, price in zip(("price", "price2"), asked, strict=False)}


async def _look_up(client: VenueClient, method: str, ask: Mapping[str, str], *, weight: int = 1) -> Any:
    return await client.look_up(method, ask, weight=0, account_weight=weight, wording=WORDING)


def _result(said: object) -> dict[str, Any]:
    """What stands in `result`."""
    found = said.get("result") if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}


def _first(said: object) -> Row | None:
    """The only order of an answer that holds them by name."""
    return next(({**row, "txid": name} for name, row in _result(said).items()), None)


def _marked(client: VenueClient, name: str, row: Row) -> Row:
    """The row with the order's name and its market's id; Kraken tells another name of the market."""
    market = client.raw.find_market_by_altname_or_id(row["descr"].get("pair"))
    return {**row, "txid": name, "market": market.get("id") if market else None}


def _is_known(row: Row) -> bool:
    return row.get("descr", {}).get("ordertype") in TYPES and _IN_QUOTE not in str(row.get("oflags"))


def _step(decimals: object) -> Decimal:
    return Decimal(1).scaleb(-int(str(decimals)))

"""Orders at HTX spot: every digit as it is sent and told.

HTX answers 200 also where it refuses, names a new order and tells nothing else of it. A market buy would name what it
spends, and orders here name what they buy: it is sent as a limit order that fills at once or not at all, a little above
the best offer.

Source: https://huobiapi.github.io/docs/spot/v1/en/#trading (…#place-a-new-order, …#get-the-order-detail-of-an-order-
based-on-client-order-id, …#get-all-open-orders, …#error-code), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.exchange import errors, order_errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.order_errors import Wording
from nightdesk.adapters.exchange.venues.ordering import READABLE, Market, positive
from nightdesk.adapters.exchange.venues.reading import Row, digits, object_of, rows_of
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import ZERO, format_amount, multiply, parse_amount
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

VENUE: Final = VenueId("htx")
OPEN_ROWS: Final = 500
OPEN_PAGES_MAX: Final = 40
LISTED_ROWS: Final = 100
_ANY_STATE: Final = "created,submitted,partial-filled,filled,partial-canceled,canceled"
MARKET_BUY_RATIO: Final = Decimal("1.05")
"""How far above the best offer a market buy may pay; HTX takes no price that is a tenth above."""

_REFUSED: Final = r'"err-code": *"(order|base|account|api|validation|invalid|bad|require)'
WORDING: Final = Wording(
    words=(
        (r"client-order-id-repeat", outcome_unknown),
        (r"balance-insufficient|insufficient-balance", order_errors.insufficient_balance),
        (r"stop-order-hit-trigger", order_errors.would_trigger),
        (r"(?i)post.?only", order_errors.would_take),
        (r"price-precision-error", order_errors.price_step),
        (r"order-price-(\w+-)?(min|max)-error|limitorder-price-|nav-price-max", order_errors.price_band),
        (r"amount-precision-error|order-amount-(min|max)-error|invalid-amount", order_errors.size_step),
        (r"order-value-(min|max)-error", order_errors.too_little),
        (r"base-symbol-trade-disabled|trade not open|system-maintenance", order_errors.market_closed),
        (r"base-symbol-error|invalid symbol|require-symbol", order_errors.no_such_market),
        (r"rate-too-many-requests|exceed-frequency-limit|request limit", order_errors.limited),
        (r"Invalid timestamp", errors.clock_skew),
        (r"api-signature|invalid signature|has no permission", key_may_not_trade),
        (r"order-orderstate-error|base-record-invalid|queryorder-invalid", order_errors.order_unknown),
        (_REFUSED, order_errors.refused),
    ),
    speaks={HTTPStatus.OK, *range(400, 500)},
)
"""What is said otherwise (`gateway-internal-error`, `timeout`) may have been carried out."""

STATES: Final = {
    **dict.fromkeys(("created", "submitted", "canceling", "pre-submitted"), VenueOrderState.OPEN),
    "partial-filled": VenueOrderState.PARTIALLY_FILLED,
    "filled": VenueOrderState.FILLED,
    "partial-canceled": VenueOrderState.CANCELLED,
    "canceled": VenueOrderState.CANCELLED,
    "rejected": VenueOrderState.REJECTED,
}
_LIMITS: Final = {
    TimeInForce.GOOD_TILL_CANCELLED: "limit",
    TimeInForce.IMMEDIATE_OR_CANCEL: "ioc",
    TimeInForce.FILL_OR_KILL: "limit-fok",
}
KINDS: Final = {
    "market": (OrderType.MARKET, TimeInForce.GOOD_TILL_CANCELLED),
    "limit": (OrderType.LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
    "ioc": (OrderType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL),
    "limit-fok": (OrderType.LIMIT, TimeInForce.FILL_OR_KILL),
    "limit-maker": (OrderType.LIMIT_MAKER, TimeInForce.GOOD_TILL_CANCELLED),
    "stop-limit": (OrderType.STOP_LOSS_LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
}
_RISES, _FALLS = "gte", "lte"
_LOSS_SIDES: Final = {_FALLS: Side.SELL, _RISES: Side.BUY}
_TYPES: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)


def rules(instrument: Instrument, market: Market) -> MarketRules:
    """What a symbol demands."""
    info = market["info"]
    most = positive(info.get("limit-order-max-order-amt") or info.get("max-order-amt"), digits)
    return MarketRules(
        instrument=instrument,
        tick=_step(info["price-precision"]),
        lot=_step(info["amount-precision"]),
        quantity_min=digits(info.get("limit-order-min-order-amt") or info["min-order-amt"]),
        quantity_max=most,
        market_quantity_max=positive(info.get("sell-market-max-order-amt"), digits),
        notional_min=positive(info.get("min-order-value"), digits) or ZERO,
        types=_TYPES,
        maker_ratio=parse_amount(str(market["maker"])),
        taker_ratio=parse_amount(str(market["taker"])),
        is_open=info.get("state") == "online" and info.get("api-trading") != "disabled",
    )


def _step(decimals: object) -> Decimal:
    return Decimal(1).scaleb(-int(str(decimals)))


async def place(client: VenueClient, ticket: OrderTicket, market: Market) -> object:
    """Send the order; HTX answers with its number."""
    ask = {
        "account-id": await _spot_account(client),
        "symbol": str(market["id"]),
        "source": "spot-api",
        "client-order-id": ticket.client_order_id,
        "amount": format_amount(ticket.quantity),
        **await _terms(client, ticket, market),
    }
    said = await _send(client, "spot_private_post_v1_order_orders_place", ask)
    number = said.get("data") if isinstance(said, dict) else None
    if not isinstance(number, str | int) or not str(number).isdecimal():
        raise outcome_unknown()
    return str(number)


async def _terms(client: VenueClient, ticket: OrderTicket, market: Market) -> dict[str, str]:
    """The type, and the prices that it has."""
    side = ticket.side.value
    if ticket.price is None:
        if ticket.side is Side.SELL:
            return {"type": "sell-market"}
        return {"type": "buy-ioc", "price": format_amount(await _most(client, market))}
    limit = {"price": format_amount(ticket.price)}
    if ticket.stop_price is not None:
        stop = {"stop-price": format_amount(ticket.stop_price), "operator": _operator(ticket)}
        return {"type": f"{side}-stop-limit", **limit, **stop}
    kind = "limit-maker" if ticket.type is OrderType.LIMIT_MAKER else _LIMITS[ticket.time_in_force]
    return {"type": f"{side}-{kind}", **limit}


def _operator(ticket: OrderTicket) -> str:
    falls = (ticket.type is OrderType.STOP_LOSS_LIMIT) == (ticket.side is Side.SELL)
    return _FALLS if falls else _RISES


async def _most(client: VenueClient, market: Market) -> Decimal:
    """What a market buy pays at most.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    said = object_of(await client.call("spot_public_get_market_detail_merged", {"symbol": str(market["id"])}))
    try:
        offer = digits(object_of(said.get("tick"))["ask"][0])
        tick = _step(market["info"]["price-precision"])
    except (*READABLE, LookupError):
        raise errors.malformed() from None
    return multiply((multiply(offer, MARKET_BUY_RATIO) / tick).to_integral_value(ROUND_CEILING), tick)


async def cancel(client: VenueClient, name: OrderName, market: Market) -> None:  # noqa: ARG001 - it is named without
    """Cancel the order; HTX says no more than that it will."""
    if name.venue_order_id is None:
        ask, method = {"client-order-id": name.client_order_id}, "submitcancelclientorder"
    else:
        ask, method = {"order-id": name.venue_order_id}, "order_id_submitcancel"
    await _send(client, f"spot_private_post_v1_order_orders_{method}", ask)


async def find(client: VenueClient, name: OrderName, market: Market) -> object:
    """The order's row; HTX forgets the client order id of one that ended hours ago, and still lists the order."""
    if name.venue_order_id is None:
        ask, method = {"clientOrderId": name.client_order_id}, "getclientorder"
    else:
        ask, method = {"order-id": name.venue_order_id}, "order_id"
    method = f"spot_private_get_v1_order_orders_{method}"
    said = await client.look_up(method, ask, weight=0, account_weight=1, wording=WORDING)
    if said is not None:
        return object_of(said).get("data")
    return None if name.venue_order_id else await _listed(client, name.client_order_id, market)


async def _listed(client: VenueClient, client_order_id: str, market: Market) -> Row | None:
    """The order among the symbol's newest of the last 48 hours."""
    ask = {"symbol": str(market["id"]), "states": _ANY_STATE, "size": str(LISTED_ROWS)}
    said = await client.call("spot_private_get_v1_order_orders", ask, weight=0, account_weight=1)
    rows = rows_of(object_of(said).get("data"))
    return next((row for row in rows if row.get("client-order-id") == client_order_id), None)


async def opened(client: VenueClient) -> Iterable[Row]:
    """The rows of every open order.

    Raises:
        Unavailable: `venue.answer_malformed`: there is no end to the pages.
    """
    found: dict[str, Row] = {}
    ask = {"account-id": await _spot_account(client), "size": str(OPEN_ROWS)}
    for _ in range(OPEN_PAGES_MAX):
        method = "spot_private_get_v1_order_openorders"
        said = rows_of(object_of(await client.call(method, ask, weight=0, account_weight=1)).get("data"))
        fresh = {str(row.get("id")): row for row in said if str(row.get("id")) not in found}
        found |= fresh
        if len(said) < OPEN_ROWS or not fresh:
            return list(found.values())
        ask |= {"from": str(said[-1].get("id")), "direct": "next"}
    raise errors.malformed()


def market_id(row: Row) -> object:
    """The venue's name of a row's market."""
    return row.get("symbol")


def order(row: Row, instrument: Instrument) -> VenueOrder:
    """The order of a row; HTX names what is filled `field-…`, and `filled-…` where orders are open."""
    side, _, kind = str(row["type"]).partition("-")
    order_type, time_in_force = KINDS[kind]
    filled = digits(row.get("field-amount") or row.get("filled-amount") or "0")
    spends = row["type"] == "buy-market"  # its amount is of the quote
    return VenueOrder(
        client_order_id=str(row.get("client-order-id") or ""),
        venue_order_id=str(row["id"]),
        instrument=instrument,
        side=Side(side),
        type=_stop(row, Side(side)) if order_type is OrderType.STOP_LOSS_LIMIT else order_type,
        state=STATES[row["state"]],
        quantity=filled if spends else digits(row["amount"]),
        filled=filled,
        filled_quote=digits(row.get("field-cash-amount") or row.get("filled-cash-amount") or "0"),
        price=positive(row.get("price"), digits),
        stop_price=positive(row.get("stop-price"), digits),
        time_in_force=time_in_force,
        created_at=from_ms(int(row["created-at"])),
    )


def _stop(row: Row, side: Side) -> OrderType:
    loss = _LOSS_SIDES.get(str(row.get("operator")), side) is side
    return OrderType.STOP_LOSS_LIMIT if loss else OrderType.TAKE_PROFIT_LIMIT


async def _spot_account(client: VenueClient) -> str:
    """The number of the account's spot part; ccxt keeps it once it was asked.

    Raises:
        Unavailable: `venue.answer_malformed`: there is none.
    """
    if not client.raw.accounts:
        await client.call("load_accounts", weight=0, account_weight=1)
    for account in client.raw.accounts:
        if account.get("type") == "spot":
            return str(account["id"])
    raise errors.malformed()


async def _send(client: VenueClient, method: str, ask: dict[str, str]) -> Any:
    return await client.order(method, ask, weight=0, account_weight=1, wording=WORDING)

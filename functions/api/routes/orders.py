"""Orders: placed, tried, listed, cancelled."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.order_answers import scope_of
from nightdesk.contracts.api.orders import (
    AmountText,
    CancelOrders,
    CancelReportShape,
    OrderDetail,
    OrderPage,
    OrderShape,
    PlaceOrder,
    PreviewShape,
)
from nightdesk.markets.orders import OrderType, Side, TimeInForce

IntentKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]
Series = Annotated[str | None, Query(min_length=5, max_length=100, examples=["BINANCE:BTC/USDT"])]
Amount = Annotated[AmountText | None, Query(max_length=40)]

router = new_router()


@router.post("/orders", summary="Place an order", tags=["orders"], status_code=HTTPStatus.CREATED)
def place_order(
    wanted: PlaceOrder,
    *,
    desk: OurDesk,
    caller: OurCaller,
    correlation_id: OurCorrelation,
    idempotency_key: IntentKey,
) -> OrderShape:
    """Keep the order, check it against halts and limits, and send it once.

    The same `Idempotency-Key` is the same order, however often it is sent. The answer's state says what is known: an
    `unknown` order is looked up until it is known, never sent again.
    """
    return desk.orders.place(caller, wanted, idempotency_key, correlation_id)


@router.get("/orders/preview", summary="Try an order without placing it", tags=["orders"])
def preview_order(
    *,
    desk: OurDesk,
    caller: OurCaller,
    correlation_id: OurCorrelation,
    account_id: UUID,
    instrument: Annotated[str, Query(min_length=5, max_length=100)],
    side: Side,
    kind: Annotated[OrderType, Query(alias="type")],
    quantity: Amount = None,
    value: Amount = None,
    ratio: Amount = None,
    price: Amount = None,
    stop_price: Amount = None,
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED,
    reduce_only: bool = False,
) -> PreviewShape:
    """What it would be rounded to, cost and be refused for; `quantity`, `value` in quote or `ratio` of what is free."""
    wanted = PlaceOrder(
        account_id=account_id,
        instrument=instrument,
        side=side,
        type=kind,
        quantity=quantity or "0",
        price=price,
        stop_price=stop_price,
        time_in_force=time_in_force,
        reduce_only=reduce_only,
    )
    return desk.orders.preview(caller, wanted, correlation_id, value=value, ratio=ratio)


@router.get("/orders", summary="Orders", tags=["orders"])
def list_orders(
    *,
    desk: OurDesk,
    caller: OurCaller,
    live: bool = False,
    account_id: UUID | None = None,
    instrument: Series = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> OrderPage:
    """The newest first; `live` leaves out those that are over."""
    return desk.orders.page(caller, scope_of(account_id, instrument, live=live), before=cursor, limit=limit)


@router.get("/orders/<order_id>", summary="One order", tags=["orders"])
def get_order(order_id: UUID, desk: OurDesk, caller: OurCaller) -> OrderDetail:
    """With everything it went through."""
    return desk.orders.order(caller, order_id)


@router.delete("/orders/<order_id>", summary="Cancel an order", tags=["orders"])
def cancel_order(order_id: UUID, desk: OurDesk, caller: OurCaller) -> OrderShape:
    """An order that is over stays as it is, however often this is asked."""
    return desk.orders.cancel(caller, order_id)


@router.post("/orders/cancel", summary="Cancel orders", tags=["orders"])
def cancel_orders(wanted: CancelOrders, desk: OurDesk, caller: OurCaller) -> CancelReportShape:
    """Every open order of an account, a market, or the desk."""
    return desk.orders.cancel_all(caller, wanted)

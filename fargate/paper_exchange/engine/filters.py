"""An instrument's rules for orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from fargate.paper_exchange.engine.errors import FilterFailed
from fargate.paper_exchange.engine.model import Instrument, OrderRequest

PRICE_BAND = Decimal(5)
"""A limit price lies between the last price divided and multiplied by this."""

STOPS_MAX: Final = 5
"""So many stops may an account have waiting at a market."""


def check_order(instrument: Instrument, request: OrderRequest, last_price: Decimal) -> None:
    """Accept the order's numbers.

    Raises:
        FilterFailed: A rule is broken; `rule` is price, price_band, lot, market_lot or notional.
    """
    if request.stop_price is not None:
        _check_ticks(instrument, request.stop_price)
    if request.price is not None:
        _check_price(instrument, request.price, last_price)
    if request.quantity is not None:
        _check_quantity(instrument, request)
    notional = request.quote_quantity or (request.quantity or Decimal(0)) * (request.price or last_price)
    if notional < instrument.notional_min:
        raise FilterFailed("notional", f"{notional} is less than {instrument.notional_min} {instrument.quote}.")


def check_stops(waiting: int) -> None:
    """Accept one more stop.

    Raises:
        FilterFailed: So many wait already; `rule` is stops.
    """
    if waiting >= STOPS_MAX:
        raise FilterFailed("stops", f"{waiting} stops are waiting already.")


def _check_ticks(instrument: Instrument, price: Decimal) -> None:
    if price <= 0 or price % instrument.tick:
        raise FilterFailed("price", f"{price} is no whole number of ticks of {instrument.tick}.")


def _check_price(instrument: Instrument, price: Decimal, last_price: Decimal) -> None:
    _check_ticks(instrument, price)
    if not last_price / PRICE_BAND <= price <= last_price * PRICE_BAND:
        raise FilterFailed("price_band", f"{price} is too far from {last_price}.")


def _check_quantity(instrument: Instrument, request: OrderRequest) -> None:
    quantity = request.quantity
    assert quantity is not None  # noqa: S101
    if quantity < instrument.lot or quantity > instrument.quantity_max or quantity % instrument.lot:
        rule = "market_lot" if request.type.is_market and quantity > instrument.quantity_max else "lot"
        raise FilterFailed(rule, f"{quantity} is no whole number of lots of {instrument.lot}.")

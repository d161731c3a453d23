"""What submitting an order would do now: rounding, cost, and the refusal if there would be one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import ZERO, divide, multiply, subtract
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules, OrderType, Side
from nightdesk.markets.ports import PriceBook
from nightdesk.orders.fitting import Wanted, fit
from nightdesk.orders.intents import Market, held_of, judge
from nightdesk.orders.model import OrderRequest, Preview
from nightdesk.orders.ports import Held, OrderUnits, OrderVenue
from nightdesk.orders.pricing import Prices

MARKET_MARGIN: Final = Decimal("1.002")
"""A market buy of all the money is reckoned a little dearer than the last price, or the venue may refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWish:
    """An order whose quantity may be told in another way.

    Attributes:
        request: Its quantity counts where neither of the others is told.
        value: In quote.
        ratio: Of what the account has free: of the base for a sell, of the quote for a buy; 0 to 1.
    """

    request: OrderRequest
    value: Decimal | None = None
    ratio: Decimal | None = None


class Previewer:
    """Tries an order without placing it."""

    def __init__(self, *, units: OrderUnits, venue: OrderVenue, prices: PriceBook, clock: Clock) -> None:
        self._units = units
        self._venue = venue
        self._prices = prices
        self._clock = clock

    def preview(self, wish: PreviewWish) -> Preview:
        """What submitting would do now.

        Raises:
            NotFound: `orders.market_unknown`.
            Unavailable: The database, the cache or the gateway does not answer.
        """
        request = wish.request
        rules = self._venue.market_rules(request.instrument, request.correlation_id)
        market = Market(rules=rules, prices=Prices(self._prices, {request.instrument.venue}))
        last = market.prices.last(request.instrument)
        paid = request.instrument.quote if request.side is Side.BUY else request.instrument.base
        with self._units(request.tenant_id) as unit:
            held = held_of(unit, request.account_id, paid, request)
            base_asset = unit.orders.base_asset(request.tenant_id)
            request = replace(request, quantity=_quantity(wish, held, last))
            try:
                order, refusal = judge(unit, request, market, self._clock.now()), None
                fitted = _wanted(request, order.quantity, order.price, order.stop_price)
            except NightdeskError as error:
                refusal = error
                fitted = fit(_wanted(request, request.quantity, request.price, request.stop_price), rules)
        rate = market.prices.rate(request.instrument.quote, base_asset)
        return _preview(request, fitted, rules, last=last, held=held, rate=rate, refusal=refusal)


def _preview(
    request: OrderRequest,
    fitted: Wanted,
    rules: MarketRules,
    *,
    last: Price | None,
    held: Held | None,
    rate: Decimal | None,
    refusal: NightdeskError | None,
) -> Preview:
    own = fitted.price or fitted.stop_price
    reference = own or (None if last is None else last.last)
    notional = None if reference is None else multiply(fitted.quantity, reference)
    return Preview(
        instrument=request.instrument,
        side=request.side,
        type=request.type,
        quantity=fitted.quantity,
        residue=subtract(request.quantity, fitted.quantity),
        price=fitted.price,
        stop_price=fitted.stop_price,
        reference_price=reference,
        priced_at=None if own is not None or last is None else last.at,
        notional=notional,
        value=None if notional is None or rate is None else multiply(notional, rate),
        fee=_fee(request, fitted, rules, notional),
        fee_asset=_received(request),
        free=None if held is None else held.free,
        lot=rules.lot,
        tick=rules.tick,
        notional_min=rules.notional_min,
        code=None if refusal is None else refusal.code,
        message=None if refusal is None else refusal.message,
    )


def _wanted(request: OrderRequest, quantity: Decimal, price: Decimal | None, stop_price: Decimal | None) -> Wanted:
    return Wanted(side=request.side, type=request.type, quantity=quantity, price=price, stop_price=stop_price)


def _quantity(wish: PreviewWish, held: Held | None, last: Price | None) -> Decimal:
    """The quantity in base that was meant; nothing where it can't be told."""
    request = wish.request
    if wish.value is None and wish.ratio is None:
        return request.quantity
    reference = request.price or request.stop_price or (ZERO if last is None else last.last)
    if request.type is OrderType.MARKET and request.side is Side.BUY and wish.ratio is not None:
        reference = multiply(reference, MARKET_MARGIN)
    money = wish.value
    if wish.ratio is not None:
        part = multiply(ZERO if held is None else held.free, wish.ratio)
        if request.side is Side.SELL:
            return part
        money = part
    return divide(money or ZERO, reference) if reference else ZERO


def _fee(request: OrderRequest, fitted: Wanted, rules: MarketRules, notional: Decimal | None) -> Decimal | None:
    ratio = rules.maker_ratio if request.type is OrderType.LIMIT_MAKER else rules.taker_ratio
    received = fitted.quantity if request.side is Side.BUY else notional
    return None if received is None else multiply(received, ratio)


def _received(request: OrderRequest) -> AssetId:
    return request.instrument.base if request.side is Side.BUY else request.instrument.quote

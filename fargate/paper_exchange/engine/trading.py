"""Orders: accepted, matched, filled by the tape, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fargate.paper_exchange.engine import matching
from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import DuplicateOrder, UnknownOrder, WouldTake
from fargate.paper_exchange.engine.events import BalancesChanged, Event, EventBus, Execution, OrderChanged
from fargate.paper_exchange.engine.filters import check_order
from fargate.paper_exchange.engine.market.reach import trades_that_matter
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.matching import MADE_BOOK_ARRIVAL, Match, Quote
from fargate.paper_exchange.engine.model import (
    Fill,
    Instrument,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from fargate.paper_exchange.engine.settlement import Settlement
from fargate.paper_exchange.engine.store import Store
from nightdesk.kernel.money import ZERO, add, multiply

FIRST_ORDER_ID = 10_000_000_000
_ADVANCED = "advanced_to_ms"
_KEEP_EVERY_MS = 10_000


@dataclass(frozen=True, slots=True)
class Executed:
    """An order after its submission and the fills it got at once."""

    order: Order
    fills: tuple[Fill, ...]


class Trading:
    """The order side of the exchange; every call is one transaction, events follow it."""

    def __init__(self, store: Store, markets: Markets, clock: MarketClock, bus: EventBus) -> None:
        self._store, self._markets, self._clock, self._bus = store, markets, clock, bus
        self._settlement = Settlement(store.accounts, markets)
        self._resting: dict[str, dict[int, Order]] = {}
        found = store.orders.open_orders()
        for order in found:
            self._resting.setdefault(order.symbol, {})[order.order_id] = order
        earliest_ms = min((order.created_at_ms for order in found), default=clock.now_ms())
        self._advanced_ms = self._kept_ms = max(earliest_ms, int(store.settings.read(_ADVANCED) or 0))

    def resting(self, symbol: str) -> list[Order]:
        """Open orders of a symbol, oldest first."""
        return list(self._resting.get(symbol, {}).values())

    def submit(self, account_id: int, request: OrderRequest, *, test_only: bool = False) -> Executed:
        """Accept and match an order.

        Raises:
            UnknownInstrument: The symbol is not listed.
            FilterFailed: The order breaks a rule of the instrument.
            OrderRejected: It is a duplicate, would take although maker-only, or the account can't pay.
        """
        instrument = self._markets.view(request.symbol).instrument
        check_order(instrument, request, self._markets.last(request.symbol).price)
        self._refuse_duplicate(account_id, request)
        matches = self._matches(request, instrument)
        if request.type is OrderType.LIMIT_MAKER and matches:
            raise WouldTake("The order would match at once.")
        if test_only:
            return Executed(self._new_order(account_id, request, 0), ())
        events: list[Event] = []
        with self._store.database.transaction():
            executed = self._execute(account_id, request, matches, events)
        self._publish(events)
        return executed

    def cancel(self, account_id: int, order: Order, *, client_order_id: str = "") -> Order:
        """Take an open order out of the book.

        Raises:
            UnknownOrder: It is not open.
        """
        if order.order_id not in self._resting.get(order.symbol, {}) or order.account_id != account_id:
            raise UnknownOrder("The order is not open.")
        events: list[Event] = []
        with self._store.database.transaction():
            cancelled = self._close(order, OrderStatus.CANCELLED, events, client_order_id)
        self._publish(events)
        return cancelled

    def advance(self) -> None:
        """Let the tape since the last call fill resting orders."""
        now_ms, after_ms = self._clock.now_ms(), self._advanced_ms
        if now_ms <= after_ms:
            return
        symbols = [symbol for symbol, orders in self._resting.items() if orders]
        for symbol in symbols:
            source = self._markets.view(symbol).source
            for trade in trades_that_matter(source, after_ms, now_ms, self.resting(symbol)):
                resting = [order for order in self.resting(symbol) if order.created_at_ms < trade.at_ms]
                found = matching.match_tape(trade, resting)
                if found:
                    self._fill_resting(found, trade.at_ms)
        self._advanced_ms = now_ms
        if symbols and now_ms - self._kept_ms > _KEEP_EVERY_MS:
            self._keep_mark(now_ms)

    def inject(self, account_id: int, request: OrderRequest, price: Decimal, count: int) -> Executed:
        """Fill an order of `count` equal parts at a given price, whatever the market says."""
        assert request.quantity is not None  # noqa: S101
        events: list[Event] = []
        matches = [Match(price, request.quantity, None)] * count
        whole = replace(request, quantity=request.quantity * count, price=price, type=OrderType.LIMIT)
        with self._store.database.transaction():
            executed = self._execute(account_id, whole, matches, events, eats=False)
        self._publish(events)
        return executed

    def _fill_resting(self, found: Sequence[tuple[Order, Decimal]], at_ms: int) -> None:
        """Fills and the mark how far the tape was read are one transaction: a restart doubles none of them."""
        events: list[Event] = []
        with self._store.database.transaction():
            for order, quantity in found:
                self._fill(order, Match(order.price, quantity, None), events, is_maker=True, at_ms=at_ms)
            self._keep_mark(at_ms)
        self._publish(events)

    def _keep_mark(self, at_ms: int) -> None:
        self._store.settings.write(_ADVANCED, str(at_ms))
        self._kept_ms = at_ms

    def _matches(self, request: OrderRequest, instrument: Instrument) -> list[Match]:
        quotes = self._quotes(request)
        if request.quantity is None:
            assert request.quote_quantity is not None  # noqa: S101
            return matching.match_notional(request.side, request.quote_quantity, instrument.lot, quotes)
        matches = matching.match_quantity(request.side, request.quantity, request.price, quotes)
        whole = sum((match.quantity for match in matches), ZERO) == request.quantity
        return matches if whole or request.time_in_force is not TimeInForce.FILL_OR_KILL else []

    def _quotes(self, request: OrderRequest) -> list[Quote]:
        depth = self._markets.depth(request.symbol)
        made = depth.asks if request.side is Side.BUY else depth.bids
        others = (order for order in self.resting(request.symbol) if order.side is not request.side)
        quotes = [Quote(order.price, order.remaining, order.order_id, order.order_id) for order in others]
        return quotes + [Quote(level.price, level.quantity, MADE_BOOK_ARRIVAL, None) for level in made]

    def _execute(
        self, account_id: int, request: OrderRequest, matches: list[Match], events: list[Event], *, eats: bool = True
    ) -> Executed:
        if request.quantity is None:
            request = replace(request, quantity=sum((match.quantity for match in matches), ZERO))
        order = self._new_order(account_id, request, self._store.settings.next_number("order", at_least=FIRST_ORDER_ID))
        instrument = self._markets.view(request.symbol).instrument
        if request.price is not None:
            self._settlement.lock(order, instrument, order.quantity, request.price)
        else:
            for match in matches:
                self._settlement.lock(order, instrument, match.quantity, match.price)
        self._put(order)
        events.append(OrderChanged(account_id, Execution.NEW, order))
        fills = []
        for match in matches:
            order, fill = self._take(order, match, events, eats=eats)
            fills.append(fill)
        closed = self._rest_or_expire(order, request, events)
        events.append(self._changed(closed, *fills))
        return Executed(closed, tuple(fills))

    def _rest_or_expire(self, order: Order, request: OrderRequest, events: list[Event]) -> Order:
        rests = request.price is not None and request.time_in_force is TimeInForce.GOOD_TILL_CANCELLED
        if order.status.is_open and not rests:
            return self._close(order, OrderStatus.EXPIRED, events)
        return order

    def _changed(self, order: Order, *fills: Fill) -> BalancesChanged:
        instrument = self._markets.view(order.symbol).instrument
        assets = dict.fromkeys((instrument.base, instrument.quote, *(fill.fee_asset for fill in fills)))
        return BalancesChanged(order.account_id, tuple(assets), order.updated_at_ms)

    def _take(self, order: Order, match: Match, events: list[Event], *, eats: bool) -> tuple[Order, Fill]:
        trade_id = self._next_trade_id(order.symbol)
        if match.order_id is not None:
            maker = self._resting[order.symbol][match.order_id]
            own = maker.account_id == order.account_id
            maker_trade_id = self._next_trade_id(order.symbol) if own else trade_id
            self._fill(maker, match, events, is_maker=True, trade_id=maker_trade_id)
        elif eats:
            self._markets.eat(order.symbol, match.price, match.quantity)
        return self._fill(order, match, events, is_maker=False, trade_id=trade_id)

    def _fill(
        self,
        order: Order,
        match: Match,
        events: list[Event],
        *,
        is_maker: bool,
        trade_id: int | None = None,
        at_ms: int | None = None,
    ) -> tuple[Order, Fill]:
        instrument = self._markets.view(order.symbol).instrument
        notional = multiply(match.quantity, match.price)
        received = (instrument.base, match.quantity) if order.side is Side.BUY else (instrument.quote, notional)
        fee, fee_asset = self._settlement.fee(self._store.accounts.by_number(order.account_id), *received)
        number = trade_id or self._next_trade_id(order.symbol)
        at = at_ms or self._clock.now_ms()
        fill = Fill(
            order.account_id, order.symbol, number, order.order_id, at, order.side, match.price, match.quantity,
            notional, fee, fee_asset, is_maker,
        )  # fmt: skip
        self._settlement.pay(order, instrument, fill, order.price or match.price)
        filled, filled_quote = add(order.filled, match.quantity), add(order.filled_quote, notional)
        status = OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        changed = replace(order, filled=filled, filled_quote=filled_quote, status=status, updated_at_ms=at)
        self._put(changed)
        self._store.history.add_fills([fill])
        events.append(OrderChanged(order.account_id, Execution.TRADE, changed, fill))
        if is_maker:
            events.append(self._changed(changed, fill))
        return changed, fill

    def _close(self, order: Order, status: OrderStatus, events: list[Event], client_order_id: str = "") -> Order:
        closed = replace(order, status=status, updated_at_ms=self._clock.now_ms())
        instrument = self._markets.view(order.symbol).instrument
        if order.price:
            self._settlement.release(order, instrument, order.remaining, order.price)
        self._put(closed)
        execution = Execution.CANCELLED if status is OrderStatus.CANCELLED else Execution.EXPIRED
        events.append(OrderChanged(order.account_id, execution, closed, cancelled_by=client_order_id))
        if status is OrderStatus.CANCELLED:
            events.append(self._changed(closed))
        return closed

    def _put(self, order: Order) -> None:
        self._store.orders.put(order)

    def _publish(self, events: list[Event]) -> None:
        """Only what is committed is shown: the resting book follows the stored orders."""
        for event in events:
            if isinstance(event, OrderChanged):
                self._rest(event.order)
        self._bus.publish(events)

    def _rest(self, order: Order) -> None:
        orders = self._resting.setdefault(order.symbol, {})
        if order.status.is_open:
            orders[order.order_id] = order
        else:
            orders.pop(order.order_id, None)

    def _new_order(self, account_id: int, request: OrderRequest, order_id: int) -> Order:
        now_ms = self._clock.now_ms()
        return Order(
            order_id, account_id, request.client_order_id, request.symbol, request.side, request.type,
            request.time_in_force, OrderStatus.NEW, request.price or ZERO, request.quantity or ZERO,
            request.quote_quantity or ZERO, ZERO, ZERO, now_ms, now_ms,
        )  # fmt: skip

    def _refuse_duplicate(self, account_id: int, request: OrderRequest) -> None:
        if not request.client_order_id:
            return
        for order in self.resting(request.symbol):
            if (order.account_id, order.client_order_id) == (account_id, request.client_order_id):
                raise DuplicateOrder("An open order has this client order id.")

    def _next_trade_id(self, symbol: str) -> int:
        """Above every id of the tape and of any account, so that ids follow time."""
        return self._store.settings.next_number(f"trade:{symbol}", at_least=self._markets.last(symbol).trade_id + 1)

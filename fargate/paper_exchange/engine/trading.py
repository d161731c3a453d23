"""Orders: accepted, matched, filled by the tape, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fargate.paper_exchange.engine import matching, stops
from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import (
    DuplicateOrder,
    InsufficientBalance,
    OrderRejected,
    UnknownOrder,
    WouldTake,
)
from fargate.paper_exchange.engine.events import BalancesChanged, Event, EventBus, Execution, OrderChanged
from fargate.paper_exchange.engine.filters import check_order, check_stops
from fargate.paper_exchange.engine.market.depth import Depth
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
    TapeTrade,
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
        self.is_refusing: Callable[[], bool] = lambda: False
        self._open: dict[str, dict[int, Order]] = {}
        found = store.orders.open_orders()
        for order in found:
            self._open.setdefault(order.symbol, {})[order.order_id] = order
        earliest_ms = min((order.created_at_ms for order in found), default=clock.now_ms())
        self._advanced_ms = self._kept_ms = max(earliest_ms, int(store.settings.read(_ADVANCED) or 0))

    def resting(self, symbol: str) -> list[Order]:
        """Open orders of a symbol that meet the book, oldest first."""
        return [order for order in self._open_of(symbol) if not order.is_waiting]

    def waiting(self, symbol: str) -> list[Order]:
        """Stops of a symbol whose price was not reached yet, oldest first."""
        return [order for order in self._open_of(symbol) if order.is_waiting]

    def submit(
        self, account_id: int, request: OrderRequest, *, test_only: bool = False, rules: Instrument | None = None
    ) -> Executed:
        """Accept and match an order.

        Args:
            account_id: Whose order it is.
            request: What is asked for.
            test_only: Check it and accept nothing.
            rules: The venue's own steps and minima, where they are not the instrument's.

        Raises:
            UnknownInstrument: The symbol is not listed.
            FilterFailed: The order breaks a rule of the instrument.
            OrderRejected: It is a duplicate, would take although maker-only, is a stop that would start at once, or
                the account can't pay.
        """
        instrument = rules or self._markets.view(request.symbol).instrument
        if self.is_refusing():
            raise OrderRejected("The market is closed.")
        last = self._markets.last(request.symbol).price
        check_order(instrument, request, last)
        self._refuse_duplicate(account_id, request)
        if request.type.is_stop:
            stops.require_ahead(request, last)
            check_stops(sum(order.account_id == account_id for order in self.waiting(request.symbol)))
        matches = [] if request.type.is_stop else self._matches(request, instrument)
        if request.type is OrderType.LIMIT_MAKER and matches:
            raise WouldTake("The order would match at once.")
        if test_only:
            return Executed(self._new_order(account_id, request, 0), ())
        events: list[Event] = []
        with self._store.database.transaction():
            if request.type.is_stop:
                executed = self._await(account_id, request, events)
            else:
                executed = self._execute(account_id, request, matches, events)
        self._publish(events)
        return executed

    def cancel(self, account_id: int, order: Order, *, client_order_id: str = "") -> Order:
        """Take an open order out of the book.

        Raises:
            UnknownOrder: It is not open.
        """
        if order.order_id not in self._open.get(order.symbol, {}) or order.account_id != account_id:
            raise UnknownOrder("The order is not open.")
        events: list[Event] = []
        with self._store.database.transaction():
            cancelled = self._close(order, OrderStatus.CANCELLED, events, client_order_id)
        self._publish(events)
        return cancelled

    def advance(self) -> None:
        """Let the tape since the last call start stops and fill resting orders."""
        now_ms, after_ms = self._clock.now_ms(), self._advanced_ms
        if now_ms <= after_ms:
            return
        symbols = [] if self._markets.is_frozen() else [symbol for symbol, orders in self._open.items() if orders]
        for symbol in symbols:
            source = self._markets.view(symbol).source
            for trade in trades_that_matter(source, after_ms, now_ms, self._open_of(symbol)):
                self._start_stops(symbol, trade)
                resting = [order for order in self.resting(symbol) if order.working_at_ms < trade.at_ms]
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

    def _start_stops(self, symbol: str, trade: TapeTrade) -> None:
        for order in self.waiting(symbol):
            reached = stops.is_reached(order.type, order.side, order.stop_price, trade.price)
            if reached and order.created_at_ms < trade.at_ms:
                events: list[Event] = []
                with self._store.database.transaction():
                    self._start(order, trade, events)
                self._publish(events)

    def _start(self, stop: Order, trade: TapeTrade, events: list[Event]) -> None:
        """The stop is from now on the market or limit order that it names, in the book that the trade left."""
        instrument = self._markets.view(stop.symbol).instrument
        order = replace(stop, working_at_ms=trade.at_ms, updated_at_ms=trade.at_ms)
        request = _request_of(order)
        matches = self._matches(request, instrument, self._markets.depth_after(stop.symbol, trade))
        if order.type.is_market:
            self._settlement.release(stop, instrument, stop.quantity, stop.set_aside_at)
            matches = self._afforded(order, instrument, matches)
        self._put(order)
        events.append(OrderChanged(order.account_id, Execution.NEW, order))
        is_last = trade.trade_id == self._markets.last(stop.symbol).trade_id
        self._work(order, request, matches, events, eats=is_last, at_ms=trade.at_ms)

    def _afforded(self, order: Order, instrument: Instrument, matches: Sequence[Match]) -> list[Match]:
        """What the account can pay of a stop that became a market order; it is set aside."""
        afforded: list[Match] = []
        for match in matches:
            try:
                self._settlement.lock(order, instrument, match.quantity, match.price)
            except InsufficientBalance:
                break
            afforded.append(match)
        return afforded

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

    def _matches(self, request: OrderRequest, instrument: Instrument, depth: Depth | None = None) -> list[Match]:
        quotes = self._quotes(request, depth or self._markets.depth(request.symbol))
        if request.quantity is None:
            assert request.quote_quantity is not None  # noqa: S101
            return matching.match_notional(request.side, request.quote_quantity, instrument.lot, quotes)
        matches = matching.match_quantity(request.side, request.quantity, request.price, quotes)
        whole = sum((match.quantity for match in matches), ZERO) == request.quantity
        return matches if whole or request.time_in_force is not TimeInForce.FILL_OR_KILL else []

    def _quotes(self, request: OrderRequest, depth: Depth) -> list[Quote]:
        made = depth.asks if request.side is Side.BUY else depth.bids
        others = (order for order in self.resting(request.symbol) if order.side is not request.side)
        quotes = [Quote(order.price, order.remaining, order.order_id, order.order_id) for order in others]
        return quotes + [Quote(level.price, level.quantity, MADE_BOOK_ARRIVAL, None) for level in made]

    def _execute(
        self, account_id: int, request: OrderRequest, matches: list[Match], events: list[Event], *, eats: bool = True
    ) -> Executed:
        if request.quantity is None:
            request = replace(request, quantity=sum((match.quantity for match in matches), ZERO))
        order = self._new_order(account_id, request, self._next_order_id())
        instrument = self._markets.view(request.symbol).instrument
        if request.price is not None:
            self._settlement.lock(order, instrument, order.quantity, request.price)
        else:
            for match in matches:
                self._settlement.lock(order, instrument, match.quantity, match.price)
        self._put(order)
        events.append(OrderChanged(account_id, Execution.NEW, order))
        return self._work(order, request, matches, events, eats=eats)

    def _await(self, account_id: int, request: OrderRequest, events: list[Event]) -> Executed:
        """Keep a stop until its price is reached; what it may cost is set aside."""
        order = self._new_order(account_id, request, self._next_order_id())
        instrument = self._markets.view(request.symbol).instrument
        self._settlement.lock(order, instrument, order.quantity, order.set_aside_at)
        self._put(order)
        events += [OrderChanged(account_id, Execution.NEW, order), self._changed(order)]
        return Executed(order, ())

    def _work(
        self,
        order: Order,
        request: OrderRequest,
        matches: Sequence[Match],
        events: list[Event],
        *,
        eats: bool,
        at_ms: int | None = None,
    ) -> Executed:
        fills = []
        for match in matches:
            order, fill = self._take(order, match, events, eats=eats, at_ms=at_ms)
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

    def _take(
        self, order: Order, match: Match, events: list[Event], *, eats: bool, at_ms: int | None
    ) -> tuple[Order, Fill]:
        trade_id = self._next_trade_id(order.symbol)
        if match.order_id is not None:
            maker = self._open[order.symbol][match.order_id]
            own = maker.account_id == order.account_id
            maker_trade_id = self._next_trade_id(order.symbol) if own else trade_id
            self._fill(maker, match, events, is_maker=True, trade_id=maker_trade_id, at_ms=at_ms)
        elif eats:
            self._markets.eat(order.symbol, match.price, match.quantity)
        return self._fill(order, match, events, is_maker=False, trade_id=trade_id, at_ms=at_ms)

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
        fee, fee_asset = self._settlement.fee(order, instrument, match.quantity, notional)
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
        if order.set_aside_at:
            self._settlement.release(order, instrument, order.remaining, order.set_aside_at)
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
        orders = self._open.setdefault(order.symbol, {})
        if order.status.is_open:
            orders[order.order_id] = order
        else:
            orders.pop(order.order_id, None)

    def _new_order(self, account_id: int, request: OrderRequest, order_id: int) -> Order:
        now_ms = self._clock.now_ms()
        return Order(
            order_id, account_id, request.client_order_id, request.symbol, request.side, request.type,
            request.time_in_force, OrderStatus.NEW, request.price or ZERO, request.quantity or ZERO,
            request.quote_quantity or ZERO, ZERO, ZERO, now_ms, now_ms, request.stop_price or ZERO,
            0 if request.type.is_stop else now_ms,
        )  # fmt: skip

    def _open_of(self, symbol: str) -> list[Order]:
        return list(self._open.get(symbol, {}).values())

    def _next_order_id(self) -> int:
        return self._store.settings.next_number("order", at_least=FIRST_ORDER_ID)

    def _refuse_duplicate(self, account_id: int, request: OrderRequest) -> None:
        if not request.client_order_id:
            return
        for order in self._open_of(request.symbol):
            if (order.account_id, order.client_order_id) == (account_id, request.client_order_id):
                raise DuplicateOrder("An open order has this client order id.")

    def _next_trade_id(self, symbol: str) -> int:
        """Above every id of the tape and of any account, so that ids follow time."""
        return self._store.settings.next_number(f"trade:{symbol}", at_least=self._markets.last(symbol).trade_id + 1)


def _request_of(order: Order) -> OrderRequest:
    """What the rest of a started stop asks of the book."""
    kind = OrderType.MARKET if order.type.is_market else OrderType.LIMIT
    return OrderRequest(
        order.symbol, order.side, kind, order.remaining, order.price or None, time_in_force=order.time_in_force
    )

"""The order desk: an intent is kept before it is sent, sent at most once, and followed until its outcome is known.

Where a process may be killed, and what is then the outcome:

before the intent is committed    nothing happened; whoever asked asks again with the same key
after the intent                  INTENDED, certainly not sent; sent by the next `submit` of the key or by the sweeper,
                                  or rejected as `orders.intent_expired` once `send_before` has passed
after the claim (SENT)            may have been sent: never again; looked up until it is known, or proven absent
                                  (`orders.never_arrived`) `ABSENT_AFTER` after the claim
after the venue has it            the private stream, the sweeper or `look_up` tell it; whoever comes first
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from nightdesk.accounts.model import AccountRef
from nightdesk.kernel.errors import Conflict, NightdeskError, OutcomeUnknown
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.orders import OrderTicket, VenueOrder
from nightdesk.markets.ports import PriceBook
from nightdesk.orders import errors, life
from nightdesk.orders.bookkeeping import OrderBook
from nightdesk.orders.intents import Market, judge, require_no_halt
from nightdesk.orders.model import CancelReport, Order, OrderId, OrderRequest, OrderScope, OrderState, order_id_of
from nightdesk.orders.ports import OrderNews, OrderStep, OrderUnit, OrderUnits, OrderVenue
from nightdesk.orders.pricing import Prices

GATEWAY_WITHIN: Final = timedelta(seconds=10)
"""The gateway refuses to send an order that reaches it later than this after its claim."""

ABSENT_AFTER: Final = timedelta(seconds=120)
"""So long after the claim the venue's "no such order" proves that it never arrived: the gateway begins to send within
ten seconds or not at all, lives ninety, and the venue refuses a signature that is older than ten."""

PAGE: Final = 100
_log = logging.getLogger(__name__)


class OrderDesk:
    """Places, cancels and follows orders. Every method acts for one tenant; another's ids are not found."""

    def __init__(
        self, *, units: OrderUnits, venue: OrderVenue, prices: PriceBook, clock: Clock, news: OrderNews
    ) -> None:
        self._units = units
        self._venue = venue
        self._prices = prices
        self._clock = clock
        self._news = news

    def submit(self, request: OrderRequest) -> Order:
        """Do what is wanted, once: the same intent key gives the same order, never a second.

        Returns:
            The order as far as it is known: usually open or filled; rejected with the venue's reason; INTENDED with
            a code while the venue is away and there is time; UNKNOWN while its answer is lost.

        Raises:
            Conflict: `orders.halted`, `orders.limit_…`, `orders.nothing_to_reduce`, `orders.account_inactive`,
                `orders.market_closed`, `orders.price_unknown`: nothing was kept, nothing was sent.
            InvalidInput: `orders.quantity_…`, `orders.notional_too_small`, `orders.price_…`, `orders.type_refused`,
                `orders.not_a_reduction`, `orders.other_venue`: likewise.
            Forbidden: `orders.key_may_not_trade`.
            RateLimited: `orders.limit_rate`.
            NotFound: `accounts.not_found`, `orders.market_unknown`.
            Unavailable: The database, the cache or the gateway does not answer, before anything was kept.
        """
        order = self._known(request) or self._keep(request)
        if order.state.is_uncertain:
            return self.look_up(order.tenant_id, order.order_id)
        return self.send(order) if order.state is OrderState.INTENDED else order

    def send(self, order: Order) -> Order:
        """Send an intent that nobody has sent yet; what was claimed by another is left to that one."""
        claimed, is_ours = self._claim(order)
        if not is_ours:
            return claimed
        try:
            told = self._venue.place_order(_ref(claimed), _ticket(claimed))
        except OutcomeUnknown:
            self._change(claimed, lambda present: life.unknown(present, self._clock.now()))
            return self.look_up(order.tenant_id, order.order_id)
        except NightdeskError as error:
            failure = error
            return self._change(claimed, lambda present: self._unsent(present, failure))
        return self.tell(claimed, told, "venue")

    def look_up(self, tenant_id: TenantId, order_id: OrderId, source: str = "desk") -> Order:
        """Ask the venue what has become of the order; what the venue can't say leaves it as it is.

        Raises:
            NotFound: `orders.not_found`.
        """
        order = self.get(tenant_id, order_id)
        if order.state.is_over or order.state is OrderState.INTENDED:
            return order
        asked_at = self._clock.now()
        try:
            told = self._venue.find_order(_ref(order), order.name)
        except NightdeskError as error:
            _log.warning("order not looked up", extra={"order_id": str(order_id), "error_code": error.code})
            return order
        if told is not None:
            return self.tell(order, told, source)
        return self._change(order, lambda present: _absent(present, asked_at), source)

    def tell(self, order: Order, told: VenueOrder, source: str) -> Order:
        """Keep what a venue told of the order."""
        return self._change(order, lambda present: life.told(present, told, self._clock.now()), source)

    def cancel(self, tenant_id: TenantId, order_id: OrderId, *, actor: str) -> Order:
        """Have the order cancelled; one that is over stays as it is, however often this is asked.

        An order whose outcome is unknown, or a venue that does not answer, leaves the wish: the sweeper goes on.

        Raises:
            NotFound: `orders.not_found`.
        """
        order = self._wish_cancelled(tenant_id, order_id, actor)
        return order if order.state.is_over else self.withdraw(order)

    def withdraw(self, order: Order) -> Order:
        """Take an order that somebody wants cancelled out of the book."""
        try:
            told = self._venue.cancel_order(_ref(order), order.name)
        except NightdeskError as error:
            _log.warning("order not cancelled", extra={"order_id": str(order.order_id), "error_code": error.code})
            return self.look_up(order.tenant_id, order.order_id)
        return self.tell(order, told, "venue")

    def cancel_all(self, tenant_id: TenantId, scope: OrderScope, *, actor: str) -> CancelReport:
        """Cancel every order of the scope that is not over."""
        with self._units(tenant_id) as unit:
            live = unit.orders.live(tenant_id, scope)
        after = [self.cancel(tenant_id, order.order_id, actor=actor) for order in live]
        return CancelReport(
            cancelled=tuple(order for order in after if order.state.is_over),
            failed={order.order_id: order.code or errors.OUTCOME_UNKNOWN for order in after if not order.state.is_over},
        )

    def get(self, tenant_id: TenantId, order_id: OrderId) -> Order:
        """The order.

        Raises:
            NotFound: `orders.not_found`.
        """
        with self._units(tenant_id) as unit:
            return _found(unit.orders.get(tenant_id, order_id))

    def steps(self, tenant_id: TenantId, order_id: OrderId) -> tuple[OrderStep, ...]:
        """What the order went through, oldest first.

        Raises:
            NotFound: `orders.not_found`.
        """
        with self._units(tenant_id) as unit:
            _found(unit.orders.get(tenant_id, order_id))
            return unit.orders.steps(tenant_id, order_id)

    def page(
        self, tenant_id: TenantId, scope: OrderScope, *, before: OrderId | None = None, limit: int = PAGE
    ) -> tuple[Order, ...]:
        """Orders, the newest first.

        Raises:
            NotFound: `orders.not_found`: there is no order to begin after.
        """
        with self._units(tenant_id) as unit:
            last = None if before is None else _found(unit.orders.get(tenant_id, before))
            return unit.orders.page(tenant_id, scope, before=last, limit=limit)

    def open_orders(self, tenant_id: TenantId, scope: OrderScope | None = None) -> tuple[Order, ...]:
        """Every order of the scope that is not over, oldest first."""
        with self._units(tenant_id) as unit:
            return unit.orders.live(tenant_id, scope or OrderScope())

    def adopt(self, account: AccountRef) -> tuple[Order, ...]:
        """Take over what is open at the venue and was placed elsewhere; what changed.

        Orders at a venue that the desk only reads stay with whoever placed them.

        Raises:
            NightdeskError: As `OrderVenue` states.
        """
        try:
            told = self._venue.open_orders(account)
        except Conflict as refused:
            if refused.code != errors.VENUE_READ_ONLY:
                raise
            return ()
        with self._units(account.tenant_id) as unit:
            changed = OrderBook(unit.orders, unit.outbox).hear(account, told, self._clock.now(), "venue")
        self._news.publish(account.tenant_id, changed)
        return changed

    def expire(self, order: Order) -> Order:
        """Give up an intent whose time has passed; it was never sent."""
        now = self._clock.now()

        def give_up(present: Order) -> Order:
            return _too_old(present, now) if present.state is OrderState.INTENDED else present

        return self._change(order, give_up, "sweeper")

    def _known(self, request: OrderRequest) -> Order | None:
        with self._units(request.tenant_id) as unit:
            return unit.orders.get(request.tenant_id, order_id_of(request.tenant_id, request.intent_key))

    def _keep(self, request: OrderRequest) -> Order:
        rules = self._venue.market_rules(request.instrument, request.correlation_id)
        market = Market(rules=rules, prices=Prices(self._prices, {request.instrument.venue}))
        with self._units(request.tenant_id) as unit:
            unit.orders.gate(request.tenant_id)
            order = judge(unit, request, market, self._clock.now())
            if unit.orders.add(order):
                return order
            return _found(unit.orders.get(order.tenant_id, order.order_id))

    def _claim(self, order: Order) -> tuple[Order, bool]:
        """Mark the intent as sent, if it still may be, and whether we did: of two that try, one does."""
        now = self._clock.now()
        with self._units(order.tenant_id) as unit:
            unit.orders.gate(order.tenant_id)
            present = _found(unit.orders.lock(order.tenant_id, order.order_id))
            if present.state is not OrderState.INTENDED:
                return present, False
            after = _claimed(unit, present, now)
            OrderBook(unit.orders, unit.outbox).change(present, after, "desk")
        return after, after.state is OrderState.SENT

    def _wish_cancelled(self, tenant_id: TenantId, order_id: OrderId, actor: str) -> Order:
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            order = _found(unit.orders.lock(tenant_id, order_id))
            if order.state.is_over:
                return order
            if order.state is OrderState.INTENDED:
                after = life.cancelled_unsent(order, now)
            else:
                after = life.cancel_wanted(order, now)
            after = OrderBook(unit.orders, unit.outbox).change(order, after, actor)
        self._news.publish(tenant_id, (after,))
        return after

    def _change(self, order: Order, become: Callable[[Order], Order], source: str = "desk") -> Order:
        with self._units(order.tenant_id) as unit:
            present = _found(unit.orders.lock(order.tenant_id, order.order_id))
            after = OrderBook(unit.orders, unit.outbox).change(present, become(present), source)
        if after != present:
            self._news.publish(order.tenant_id, (after,))
        return after

    def _unsent(self, present: Order, error: NightdeskError) -> Order:
        """A certain refusal; what was told meanwhile by the stream counts more."""
        if present.state is not OrderState.SENT:
            return present
        return life.unsent(present, error, self._clock.now())


def _claimed(unit: OrderUnit, present: Order, now: datetime) -> Order:
    if now >= present.send_before:
        return _too_old(present, now)
    try:
        require_no_halt(unit.halts.active(present.tenant_id), present)
    except Conflict as halted:
        return life.rejected(present, halted.code, halted.message, now)
    return life.sent(present, now)


def _too_old(present: Order, now: datetime) -> Order:
    """The intent, given up: with what stood in its way, if that is known."""
    message = "Nobody could send the order in time; it was not sent."
    return life.rejected(present, present.code or errors.INTENT_EXPIRED, present.message or message, now)


def _absent(present: Order, asked_at: datetime) -> Order:
    if not present.state.is_uncertain or present.sent_at is None:
        return life.looked(present, asked_at)
    if asked_at < present.sent_at + ABSENT_AFTER:
        return life.looked(life.unknown(present, asked_at), asked_at)
    message = "The order never arrived at the venue; nothing was done."
    return life.rejected(present, errors.NEVER_ARRIVED, message, asked_at)


def _ticket(order: Order) -> OrderTicket:
    assert order.sent_at is not None  # noqa: S101 - it is claimed
    return OrderTicket(
        client_order_id=order.client_order_id,
        instrument=order.instrument,
        side=order.side,
        type=order.type,
        quantity=order.quantity,
        price=order.price,
        stop_price=order.stop_price,
        time_in_force=order.time_in_force,
        send_before=order.sent_at + GATEWAY_WITHIN,
    )


def _ref(order: Order) -> AccountRef:
    return AccountRef(
        tenant_id=order.tenant_id,
        account_id=order.account_id,
        venue=order.instrument.venue,
        correlation_id=CorrelationId(order.correlation_id),
    )


def _found(order: Order | None) -> Order:
    if order is None:
        raise errors.not_found()
    return order

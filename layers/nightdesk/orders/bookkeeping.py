"""Keeps what is told of orders: one row, one step, one event, in the transaction of whoever tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Outbox
from nightdesk.markets.orders import OrderName, VenueOrder, VenueOrderState
from nightdesk.orders import life
from nightdesk.orders.model import Order, OrderState, order_id_of
from nightdesk.orders.ports import OrderStore

ADOPTED_REASON = "venue"


class OrderBook:
    """Orders and the outbox in one transaction."""

    def __init__(self, orders: OrderStore, outbox: Outbox) -> None:
        self._orders = orders
        self._outbox = outbox

    def change(self, before: Order, after: Order, source: str) -> Order:
        """Keep what an order has become, and tell it."""
        if after == before:
            return before
        self._orders.save(after, source)
        self._tell(before, after)
        return after

    def hear(self, account: AccountRef, told: Iterable[VenueOrder], now: datetime, source: str) -> tuple[Order, ...]:
        """Keep what a venue tells of an account's orders; those placed elsewhere are adopted. What changed."""
        changed = []
        for venue in told:
            name = OrderName(
                instrument=venue.instrument,
                client_order_id=venue.client_order_id,
                venue_order_id=venue.venue_order_id,
            )
            known = self._orders.lock_named(account.tenant_id, account.account_id, name)
            if known is None:
                known = self._adopt(account, venue, now, source)
                if known is not None:
                    changed.append(known)
                continue
            after = life.told(known, venue, now)
            if after != known:
                changed.append(self.change(known, after, source))
        return tuple(changed)

    def _adopt(self, account: AccountRef, venue: VenueOrder, now: datetime, source: str) -> Order | None:
        """Orders that are over when they are first heard of are history, which the ledger has."""
        if venue.state.is_over and venue.state is not VenueOrderState.FILLED:
            return None
        order = adopted(account, venue, now)
        if not self._orders.add(order):
            return None
        after = life.told(order, venue, now)
        return self.change(order, after, source)

    def _tell(self, before: Order, after: Order) -> None:
        event = life.event_of(before.state, after, before.filled)
        if event is not None:
            self._outbox.add(after.tenant_id, event, after.correlation_id, after.updated_at)


def adopted(account: AccountRef, venue: VenueOrder, now: datetime) -> Order:
    """An order that was placed elsewhere, as ours to watch."""
    intent_key = f"adopted:{account.account_id}:{venue.instrument}:{venue.venue_order_id}"
    return Order(
        order_id=order_id_of(account.tenant_id, intent_key),
        tenant_id=account.tenant_id,
        account_id=account.account_id,
        intent_key=intent_key,
        client_order_id=venue.client_order_id,
        venue_order_id=venue.venue_order_id,
        instrument=venue.instrument,
        side=venue.side,
        type=venue.type,
        wanted=venue.quantity,
        quantity=venue.quantity,
        price=venue.price,
        stop_price=venue.stop_price,
        time_in_force=venue.time_in_force,
        adopted=True,
        reason=ADOPTED_REASON,
        correlation_id=account.correlation_id,
        state=OrderState.SENT,
        created_at=venue.created_at or now,
        send_before=now,
        sent_at=venue.created_at or now,
        updated_at=now,
    )

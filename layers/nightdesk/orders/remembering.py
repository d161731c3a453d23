"""A venue whose market rules are asked once an hour and market, not with every order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from nightdesk.accounts.model import AccountRef
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder
from nightdesk.orders.ports import OrderVenue

FRESH: Final = timedelta(hours=1)


class RulesRemembered:
    """`OrderVenue` with a memory of rules; one a process."""

    def __init__(self, venue: OrderVenue, clock: Clock) -> None:
        self._venue = venue
        self._clock = clock
        self._known: dict[Instrument, tuple[datetime, MarketRules]] = {}

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:
        """The market's rules, at most an hour old."""
        now = self._clock.now()
        known = self._known.get(instrument)
        if known is None or now - known[0] > FRESH:
            known = now, self._venue.market_rules(instrument, correlation_id)
            self._known[instrument] = known
        return known[1]

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once."""
        return self._venue.place_order(account, ticket)

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it."""
        return self._venue.cancel_order(account, name)

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        """The order, if the venue has it."""
        return self._venue.find_order(account, name)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        """Every open order."""
        return self._venue.open_orders(account)

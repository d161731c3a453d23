"""Orders at any venue: what is the same everywhere, around what one venue does its own way.

A venue is one module of quirks: how it is asked, what its rows and refusals mean. Here an order is sent once and never
again, an answer that can't be read says that something was done and not what, and an order whose answer only names it
is looked up. Everything is exact: amounts are texts both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, Protocol

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues.reading import Row, exact, spot_instrument
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError
from nightdesk.kernel.money import ZERO
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder, VenueOrderState
from nightdesk.orders.errors import market_unknown, not_at_venue, outcome_unknown

READABLE: Final = (InvalidInput, KeyError, TypeError, ValueError, ArithmeticError)
"""What reading a row may raise."""

Market = Mapping[str, Any]
"""A market as ccxt holds it; `id` is the venue's name, `info` what the venue said."""


class Quirks(Protocol):
    """What a venue's module of orders has."""

    @property
    def VENUE(self) -> VenueId:  # noqa: N802 - a module's constant
        """Whose it is."""
        ...

    def rules(self, instrument: Instrument, market: Market) -> MarketRules:
        """What a market demands; raises one of `READABLE` where that can't be read."""
        ...

    def order(self, row: Row, instrument: Instrument) -> VenueOrder:
        """The order of a row; raises one of `READABLE` where it can't be read."""
        ...

    async def place(self, client: VenueClient, ticket: OrderTicket, market: Market) -> object:
        """Send the order by `client.order`, once; the row that tells of it, or only the venue's id of it."""
        ...

    async def cancel(self, client: VenueClient, name: OrderName, market: Market) -> object:
        """Cancel by `client.order`; the row that tells of it, or None where the venue says no more than "done".

        A `Conflict` makes the adapter look what had become of it before.
        """
        ...

    async def find(self, client: VenueClient, name: OrderName, market: Market) -> object:
        """The order's row by `client.look_up`; None only if the venue says that there is no such order."""
        ...

    async def opened(self, client: VenueClient) -> Iterable[Row]:
        """The rows of every open order."""
        ...

    def market_id(self, row: Row) -> object:
        """The venue's name of the market that a row is of."""
        ...


class VenueOrders:
    """Orders at one venue; every method is given the client that speaks with the account's credential."""

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks

    async def market_rules(self, client: VenueClient, instrument: Instrument) -> MarketRules:
        """What the market demands of orders.

        Raises:
            NotFound: `orders.market_unknown`.
        """
        market = _market(client, instrument)
        try:
            return self._quirks.rules(instrument, market)
        except READABLE:
            raise errors.malformed() from None

    async def place_order(self, client: VenueClient, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once.

        Raises:
            OutcomeUnknown: It may be there.
            NightdeskError: It is not.
        """
        said = await self._quirks.place(client, ticket, _market(client, ticket.instrument))
        if not isinstance(said, str):
            return self._told(said, ticket.instrument, ticket.client_order_id)
        name = OrderName(instrument=ticket.instrument, client_order_id=ticket.client_order_id, venue_order_id=said)
        try:
            found = await self.find_order(client, name)
        except NightdeskError:  # it is there: what has become of it, others will tell
            found = None
        return found or _placed(ticket, said)

    async def cancel_order(self, client: VenueClient, name: OrderName) -> VenueOrder:
        """Cancel the order, or say what had become of it.

        Raises:
            NotFound: `orders.not_at_venue`.
            OutcomeUnknown: Ask again.
        """
        try:
            said = await self._quirks.cancel(client, name, _market(client, name.instrument))
        except Conflict:
            said = None
        if said is not None:
            return self._told(said, name.instrument, name.client_order_id)
        found = await self.find_order(client, name)
        if found is None:
            raise not_at_venue()
        return found

    async def find_order(self, client: VenueClient, name: OrderName) -> VenueOrder | None:
        """The order; None only if the venue says that it does not exist."""
        said = await self._quirks.find(client, name, _market(client, name.instrument))
        return None if said is None else self._told(said, name.instrument, name.client_order_id)

    async def open_orders(self, client: VenueClient) -> tuple[VenueOrder, ...]:
        """Every open order; those of markets that are not listed are left out."""
        rows = await self._quirks.opened(client)
        found = ((row, spot_instrument(client, self._quirks.VENUE, self._quirks.market_id(row))) for row in rows)
        return tuple(self._told(row, instrument) for row, instrument in found if instrument is not None)

    def _told(self, row: object, instrument: Instrument, client_order_id: str | None = None) -> VenueOrder:
        """The order of an answer; one that can't be read says that something was answered, not what."""
        try:
            if not isinstance(row, Mapping):
                raise TypeError("an order must be an object")
            order = self._quirks.order(row, instrument)
        except READABLE:
            raise outcome_unknown() from None
        # What it was placed with is what it goes by, also where the venue tells another name or none.
        return replace(order, client_order_id=client_order_id) if client_order_id else order


def positive(value: object, read: Callable[[object], Decimal] = exact) -> Decimal | None:
    """An amount that a venue may leave out, leave empty or tell as zero."""
    return None if value is None or value == "" else read(value) or None


def _placed(ticket: OrderTicket, venue_order_id: str) -> VenueOrder:
    """What is known of an order that the venue has only named: it is there."""
    return VenueOrder(
        client_order_id=ticket.client_order_id,
        venue_order_id=venue_order_id,
        instrument=ticket.instrument,
        side=ticket.side,
        type=ticket.type,
        state=VenueOrderState.OPEN,
        quantity=ticket.quantity,
        filled=ZERO,
        filled_quote=ZERO,
        price=ticket.price,
        stop_price=ticket.stop_price,
        time_in_force=ticket.time_in_force,
    )


def _market(client: VenueClient, instrument: Instrument) -> Market:
    market = client.raw.markets.get(instrument.symbol)
    if market is None or not market["spot"]:
        raise market_unknown(instrument)
    found: Market = market
    return found

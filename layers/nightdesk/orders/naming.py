"""What venues know our orders by.

Most take a text of 36 letters and digits. Some take a number of 45 bits that is unique within its day only, and want
the day told with it: there the id holds the day in its upper fifteen bits and a part of the order's id below.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from nightdesk.kernel.assets import VenueId
from nightdesk.orders.model import OrderId, client_order_id_of

NUMBERED: Final = frozenset({VenueId("bitfinex")})
"""Venues whose client order ids are numbers."""

_FIRST_DAY: Final = date(2020, 1, 1)
_DAY_BITS: Final = 15
_ORDER_BITS: Final = 30


def client_order_id_at(venue: VenueId, order_id: OrderId, created_at: datetime) -> str:
    """What the venue knows the order by."""
    if venue not in NUMBERED:
        return client_order_id_of(order_id)
    day = (created_at.astimezone(UTC).date() - _FIRST_DAY).days
    return str((day << _ORDER_BITS) | (order_id.int % (1 << _ORDER_BITS)))


def day_of_number(client_order_id: str) -> date | None:
    """The day that a numbered id holds; None for what is none of ours."""
    number = int(client_order_id) if client_order_id.isdecimal() else 0
    day = number >> _ORDER_BITS
    return _FIRST_DAY + timedelta(days=day) if 0 < day < 1 << _DAY_BITS else None

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.assets import VenueId
from nightdesk.orders.model import OrderId, client_order_id_of
from nightdesk.orders.naming import client_order_id_at, day_of_number

BITFINEX, KRAKEN = VenueId("bitfinex"), VenueId("kraken")
ORDER_ID = OrderId(UUID("12345678-1234-5678-1234-567812345678"))
DAYS = st.integers(1, 29_000).map(lambda days: datetime(2020, 1, 1, 23, 59, 59, tzinfo=UTC) + timedelta(days=days))


def test_most_venues_know_an_order_by_its_text() -> None:
    assert client_order_id_at(KRAKEN, ORDER_ID, datetime(2026, 11, 21, tzinfo=UTC)) == client_order_id_of(ORDER_ID)


@given(st.uuids(), DAYS)
def test_a_number_fits_holds_its_day_and_tells_orders_apart(number: UUID, at: datetime) -> None:
    name = client_order_id_at(BITFINEX, OrderId(number), at)
    assert 0 < int(name) < 1 << 45
    assert day_of_number(name) == at.date()
    assert int(name) % (1 << 30) == number.int % (1 << 30)


def test_the_day_is_utcs() -> None:
    late = datetime(2026, 11, 22, 1, tzinfo=UTC).astimezone(tz=None)
    before = late - timedelta(hours=2)
    assert day_of_number(client_order_id_at(BITFINEX, ORDER_ID, late)) == date(2026, 11, 22)
    assert day_of_number(client_order_id_at(BITFINEX, ORDER_ID, before)) == date(2026, 11, 21)


@pytest.mark.parametrize("name", ["", "nd-1", "12", str(1 << 46), str((1 << 30) - 1)])
def test_a_name_of_others_holds_no_day(name: str) -> None:
    assert day_of_number(name) is None

"""`orders_reconcile` as it is wired from settings, with a role for each of its two works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

import functions.orders_reconcile.handler as orders_reconcile
from functions.orders_reconcile import wiring
from nightdesk.orders.model import OrderState
from nightdesk.runtime.settings import settings
from tests.builders.desk_orders import DeskOrders
from tests.fakes.desk import FakeInvocation

pytestmark = pytest.mark.integration
MINUTE = {"detail-type": "Scheduled Event"}


@pytest.fixture
def wired(rig: DeskOrders, valkey_url: str) -> Iterator[DeskOrders]:
    """A desk whose settings are this process's environment."""
    with pytest.MonkeyPatch.context() as environment:
        told = {
            "NIGHTDESK_VALKEY_URL": valkey_url,
            "NIGHTDESK_DATABASE_URL": rig.accounts.postgres.url("app"),
            "NIGHTDESK_OUTBOX_DATABASE_URL": rig.accounts.postgres.url("outbox"),
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": "nightdesk-exchange-gateway",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        for name, value in told.items():
            environment.setenv(name, value)
        for cached in (settings, wiring.wire):
            cached.cache_clear()
        yield rig
    for cached in (settings, wiring.wire):
        cached.cache_clear()


@pytest.mark.usefixtures("wired")
def test_each_minute_is_a_sweep() -> None:
    done = orders_reconcile.handler(MINUTE, FakeInvocation())
    assert (done["waiting"], done["halted"]) == (0, 0)


def test_platform_is_halted_and_resumed_by_hand(wired: DeskOrders) -> None:
    order = {"operation": "halt", "reason": "drill"}
    assert orders_reconcile.handler(order, FakeInvocation()) == {"changed": True, "cancelled": 0}
    assert orders_reconcile.handler(order, FakeInvocation())["changed"] is False
    assert [halt.reason for halt in wired.switch().active(wired.tenant_id)] == ["drill"]
    assert orders_reconcile.handler({"operation": "resume"}, FakeInvocation()) == {"changed": True}
    assert wired.desk().submit(wired.request()).state is OrderState.FILLED


@pytest.mark.usefixtures("wired")
def test_nothing_else_is_done() -> None:
    with pytest.raises(ValidationError):
        orders_reconcile.handler({"operation": "drop"}, FakeInvocation())

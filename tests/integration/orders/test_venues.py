"""The order desk at the further venues: placed at most once, looked up when an answer is lost, its end known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.kernel.assets import parse_instrument
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import OrderState
from tests.builders.desk_accounts import desk_accounts
from tests.builders.desk_orders import DeskOrders, desk_orders
from tests.integration.account_streamer.venues import QUOTES, UNHURRIED
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration

HELD = Decimal(10)


@pytest.fixture(params=sorted(QUOTES))
def rig(
    request: pytest.FixtureRequest, own_postgres: Postgres, own_paper: Paper, tmp_path: Path
) -> Iterator[DeskOrders]:
    """A tenant of its own with a funded account at the venue."""
    venue = str(request.param)
    market = parse_instrument(f"{venue.upper()}:BTC/{QUOTES[venue]}")
    own_paper.admin("POST", "/limits", {"venue": venue, **UNHURRIED[venue]})
    rich = {"kind": "empty", "balances": {QUOTES[venue]: "1000000", "BTC": str(HELD)}}
    with desk_accounts(own_postgres, own_paper, tmp_path) as accounts, desk_orders(accounts, rich, market) as made:
        yield made
        own_paper.admin("DELETE", "/faults")


def fault(rig: DeskOrders, kind: str, **more: object) -> None:
    rig.accounts.paper.admin("POST", "/faults", {"kind": kind, **more})


def near(rig: DeskOrders, ratio: str) -> Decimal:
    """So much of the last price, in tens: a price above 100,000 has no finer step at Bitfinex (five digits)."""
    return (rig.last_price() * Decimal(ratio) / 10).quantize(Decimal(1), ROUND_DOWN) * 10


def states(rig: DeskOrders, order: Any) -> list[str]:
    return [step.state for step in rig.desk().steps(rig.tenant_id, order.order_id)]


def test_a_market_order_is_filled_once(rig: DeskOrders) -> None:
    wish = rig.request(Side.SELL, "0.02")
    order = rig.desk().submit(wish)
    assert rig.desk().submit(wish).order_id == order.order_id
    assert (order.state, order.filled) == (OrderState.FILLED, Decimal("0.02"))
    assert rig.at_venue() == HELD - Decimal("0.02")


@pytest.mark.parametrize("kind", ["order_unknown", "order_cut"])
def test_a_lost_answer_is_looked_up_and_the_order_never_sent_again(rig: DeskOrders, kind: str) -> None:
    rig.last_price()
    fault(rig, kind, count=1)
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert (order.state, order.filled) == (OrderState.FILLED, Decimal("0.02"))
    assert rig.at_venue() == HELD - Decimal("0.02")
    assert states(rig, order) == ["intended", "sent", "unknown", "filled"]


def test_an_order_that_never_arrived_is_proven_absent(rig: DeskOrders) -> None:
    rig.last_price()
    fault(rig, "order_lost", count=1)
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert order.state is OrderState.UNKNOWN
    rig.shift(timedelta(seconds=130))
    rig.sweeper().sweep()
    gone = rig.desk().get(rig.tenant_id, order.order_id)
    assert (gone.state, gone.code) == (OrderState.REJECTED, "orders.never_arrived")
    assert rig.at_venue() == HELD


def test_a_limit_order_rests_and_is_cancelled(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.limit(price=str(near(rig, "0.8"))))
    assert (order.state, order.filled) == (OrderState.OPEN, Decimal(0)), (order.code, order.message, order.price)
    assert rig.desk().cancel(rig.tenant_id, order.order_id, actor="test").state is OrderState.CANCELLED


def test_a_stop_waits(rig: DeskOrders) -> None:
    stop = near(rig, "0.7")
    wish = rig.request(Side.SELL, type=OrderType.STOP_LOSS_LIMIT, price=stop, stop_price=stop)
    order = rig.desk().submit(wish)
    assert (order.state, order.stop_price) == (OrderState.OPEN, stop), order
    assert rig.desk().cancel(rig.tenant_id, order.order_id, actor="test").state is OrderState.CANCELLED

"""How long an order takes from the desk to the venue's acceptance, and how fast trading is halted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from nightdesk.markets.orders import Side
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import Limits, OrderState
from nightdesk.orders.remembering import RulesRemembered
from tests.builders.desk_accounts import CORRELATION, desk_accounts
from tests.builders.desk_orders import DeskOrders, desk_orders
from tests.perf.rows import Row, percentile
from tests.servers import Servers

ORDERS = 150
OPEN = 20
_LIMITED = ("account_weight_a_minute", "weight_a_minute", "orders_in_10s", "orders_a_day")
LIMITS = Limits(
    notional_max=Decimal(10_000_000),
    exposure_max=Decimal(1_000_000_000),
    asset_exposure_max=Decimal(1_000_000_000),
    orders_per_minute_max=100_000,
)


def bench_submit(servers: Servers) -> list[Row]:
    """Market and limit orders one after another: intent, checks, gateway, venue, outcome kept; then with limits set."""
    with _rig(servers) as rig:
        plain_ms = _submit(rig)
        rig.limits().put(rig.tenant_id, None, LIMITS, actor="perf", correlation_id=CORRELATION)
        limited_ms = _submit(rig)
    return [
        Row(name="order submitted -> accepted by the venue, p50", value=percentile(plain_ms, 0.5), unit="ms"),
        Row(
            name="order submitted -> accepted by the venue, p99",
            value=percentile(plain_ms, 0.99),
            unit="ms",
            bar="<= 500",
        ),
        Row(
            name="the same with every pre-trade limit set, p99",
            value=percentile(limited_ms, 0.99),
            unit="ms",
            bar="<= 500",
        ),
    ]


def bench_halt(servers: Servers) -> list[Row]:
    """From the kill switch until every open order is cancelled."""
    with _rig(servers) as rig:
        price = rig.last_price() * Decimal("0.7")
        desk = rig.desk(RulesRemembered(rig.accounts.gateway, rig.accounts.clock))
        for _ in range(OPEN):
            assert desk.submit(rig.limit(price=f"{price}")).state is OrderState.OPEN
        started = time.perf_counter()
        wish = HaltWish(reason="perf", engaged_by="perf", cancel_orders=True, correlation_id=CORRELATION)
        report = rig.switch().engage(rig.tenant_id, wish).cancelled
        elapsed_s = time.perf_counter() - started
        assert (len(report.cancelled), report.failed) == (OPEN, {})
    return [Row(name=f"kill switch -> {OPEN} open orders cancelled", value=elapsed_s, unit="s", bar="<= 5")]


def _submit(rig: DeskOrders) -> list[float]:
    desk = rig.desk(RulesRemembered(rig.accounts.gateway, rig.accounts.clock))
    price = rig.last_price() * Decimal("0.7")
    taken_ms = []
    for number in range(ORDERS + 5):
        market = number % 2 == 0
        request = rig.request(Side.BUY, "0.001") if market else rig.limit(quantity="0.001", price=f"{price}")
        started = time.perf_counter()
        order = desk.submit(request)
        taken_ms.append((time.perf_counter() - started) * 1000)
        assert order.state in {OrderState.FILLED, OrderState.OPEN}, order
    return taken_ms[5:]


@contextmanager
def _rig(servers: Servers) -> Iterator[DeskOrders]:
    with tempfile.TemporaryDirectory() as folder:
        paper = servers.paper()
        paper.admin("POST", "/limits", dict.fromkeys(_LIMITED, 10**9))
        with desk_accounts(servers.postgres(), paper, Path(folder)) as accounts, desk_orders(accounts) as made:
            yield made

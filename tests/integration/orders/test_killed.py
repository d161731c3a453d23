"""Killed with -9 at every step between the wish and the answer: nothing lost, nothing twice, the outcome stated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.markets.orders import Side
from nightdesk.orders.model import OrderRequest, OrderState, order_id_of
from tests.builders.desk_orders import HELD, DeskOrders
from tests.integration.orders.worker import STEPS
from tests.servers import ROOT

pytestmark = pytest.mark.integration
QUANTITY = Decimal("0.02")


def killed_at(rig: DeskOrders, step: str, request: OrderRequest) -> None:
    """Have a process submit the request and die at the step."""
    told = {
        "postgres": asdict(rig.accounts.postgres),
        "paper": asdict(rig.accounts.paper),
        "key_file": str(rig.accounts.key_file),
        "tenant_id": str(rig.tenant_id),
        "account_id": str(rig.account.account_id),
        "intent_key": request.intent_key,
        "quantity": str(request.quantity),
        "step": step,
    }
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.integration.orders.worker"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input=json.dumps(told).encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


EXPECTED = {
    "before_intent": None,
    "after_intent": OrderState.INTENDED,
    "after_claim": OrderState.SENT,
    "after_placing": OrderState.SENT,
    "after_answer": OrderState.FILLED,
}


@pytest.mark.parametrize("step", STEPS)
def test_who_submits_again_gets_the_same_order_and_it_is_placed_at_most_once(rig: DeskOrders, step: str) -> None:
    request = rig.request(Side.SELL, str(QUANTITY))
    killed_at(rig, step, request)
    order_id = order_id_of(rig.tenant_id, request.intent_key)
    with rig.units(rig.tenant_id) as unit:
        left = unit.orders.get(rig.tenant_id, order_id)
    assert (left.state if left else None) is EXPECTED[step]
    again = rig.desk().submit(request)
    arrived = step != "after_claim"
    assert again.order_id == order_id
    assert again.state is (OrderState.FILLED if arrived else OrderState.UNKNOWN)
    assert rig.at_venue() == HELD - (QUANTITY if arrived else 0)


@pytest.mark.parametrize("step", STEPS[1:])
def test_sweeper_brings_what_nobody_submits_again_to_its_outcome(rig: DeskOrders, step: str) -> None:
    request = rig.request(Side.SELL, str(QUANTITY))
    killed_at(rig, step, request)
    rig.shift(timedelta(seconds=200))
    rig.sweeper().sweep()
    order = rig.desk().get(rig.tenant_id, order_id_of(rig.tenant_id, request.intent_key))
    outcomes = {
        "after_intent": (OrderState.REJECTED, "orders.intent_expired"),
        "after_claim": (OrderState.REJECTED, "orders.never_arrived"),
        "after_placing": (OrderState.FILLED, None),
        "after_answer": (OrderState.FILLED, None),
    }
    assert (order.state, order.code) == outcomes[step]
    assert rig.at_venue() == HELD - order.filled
    assert rig.desk().submit(request) == order

"""Killed at every step between decision and fill, on real servers: no action is lost, none is done twice."""

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

from nightdesk.kernel.errors import Unavailable
from nightdesk.orders.service import ABSENT_AFTER
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.actions import Notify
from tests.builders.desk_actions import HELD, SELL_BTC, DeskActions
from tests.servers import ROOT

pytestmark = pytest.mark.integration


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


def finish(rig: DeskActions, due: ActionsDue) -> None:
    """Go on as the next process does; one that can't know yet whether an order was sent waits until that is proven."""
    try:
        rig.runner().run(due.tenant_id, due.firing_id)
    except Unavailable as waiting:
        if waiting.code != "actions.waiting":
            raise
        assert rig.orders.at_venue() == HELD
        rig.runner(later=ABSENT_AFTER + timedelta(seconds=1)).run(due.tenant_id, due.firing_id)


def sold(rig: DeskActions) -> tuple[Decimal, bool]:
    """How much orders have sold, and whether they are all over; a thin book may leave a rest to another order."""
    rows = rig.orders.accounts.rows(
        "SELECT sum(filled), bool_and(state IN ('filled', 'cancelled', 'rejected')) FROM orders"
        " WHERE tenant_id = %s AND side = 'sell'",
        rig.orders.tenant_id,
    )
    return rows[0][0], rows[0][1]


def require_done_once(rig: DeskActions, due: ActionsDue) -> None:
    firing = rig.kept(due)
    assert [run.state.value for run in firing.runs] == ["done", "done"], firing
    assert sold(rig) == (HELD, True)
    assert rig.orders.at_venue() == Decimal(0)
    assert rig.alert_keys() == {f"firing:{due.firing_id}:0:done", f"firing:{due.firing_id}:1"} | delayed(rig)


def moments_of_a_sale() -> list[tuple[str, int]]:
    """What happens, in order: five transactions, and the order between the second and the third."""
    counts = {"begin": 6, "commit": 6, "committed": 6, "send": 1, "sent": 1}
    return [(name, count) for name, most in counts.items() for count in range(1, most + 1)]


def delayed(rig: DeskActions) -> set[str]:
    return {key for key in rig.alert_keys() if key.endswith(":delayed")}


@pytest.mark.parametrize(("name", "count"), moments_of_a_sale())
def test_killed_at_any_moment_the_position_is_sold_once(rig: DeskActions, name: str, count: int) -> None:
    due = rig.begin(rig.due(SELL_BTC, Notify()))
    seen: list[str] = []

    def moment(now: str) -> None:
        seen.append(now)
        if (now, seen.count(now)) == (name, count):
            raise Killed(now)

    with pytest.raises(Killed):
        rig.runner(moment).run(due.tenant_id, due.firing_id)
    finish(rig, due)
    require_done_once(rig, due)


@pytest.mark.parametrize(("name", "count"), [("committed", 2), ("send", 1), ("sent", 1)])
def test_a_process_killed_by_the_system_is_taken_over(rig: DeskActions, name: str, count: int) -> None:
    due = rig.begin(rig.due(SELL_BTC, Notify()))
    accounts = rig.orders.accounts
    told = {
        "postgres": asdict(accounts.postgres),
        "paper": asdict(accounts.paper),
        "key_file": str(accounts.key_file),
        "tenant": str(due.tenant_id),
        "account": str(rig.orders.account.account_id),
        "firing": str(due.firing_id),
        "moment": name,
        "count": count,
    }
    command = [sys.executable, "-m", "tests.integration.actions.worker", json.dumps(told)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    finish(rig, due)
    require_done_once(rig, due)

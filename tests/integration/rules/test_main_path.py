"""From a price to a firing with its actions, on PostgreSQL: a portfolio trailing stop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.kernel.assets import parse_instrument
from nightdesk.markets.model import Price
from nightdesk.rules.model import Mode
from nightdesk.rules.state import Trail
from tests.builders.ledger import at, movement
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration

STOP = {
    "kind": "trailing_stop",
    "scope": {"kind": "portfolio"},
    "bot_id": None,
    "arm_ratio": "0.1",
    "trail_ratio": "0.05",
}


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    yield made
    made.close()


@pytest.fixture
def holder(rig: Rig) -> Rig:
    """Somebody who holds a bitcoin."""
    rig.record(movement(1, "BTC", "1"))
    return rig


def firings(rig: Rig) -> list[dict[str, Any]]:
    return [
        {"number": each.number, "mode": each.mode.value, "evidence": dict(each.evidence)}
        for each in rig.desk.firings(rig.tenant_id)
    ]


def test_a_trailing_stop_arms_trails_and_fires_once(holder: Rig) -> None:
    holder.arm(STOP)
    assert [holder.after(10 + second, price) for second, price in enumerate(["100", "110", "120", "114.01"])] == [
        []
    ] * 4
    refs = holder.after(20, "114")
    assert holder.outcomes(refs) == ["fire"]
    assert holder.outcomes(refs) == [None]
    (firing,) = firings(holder)
    assert firing["number"] == 1
    (seen,) = firing["evidence"].values()
    assert seen.value == 114
    (due,) = holder.actions.sent
    assert due.tenant_id == holder.tenant_id
    assert due.actions[0].scope.kind.value == "portfolio"
    assert holder.after(30, "50") == []


def test_memory_survives_a_restart_and_a_gap_fires_at_the_first_value_seen(holder: Rig) -> None:
    holder.arm(STOP)
    for second, price in enumerate(["100", "150", "149"]):
        assert holder.after(10 + second, price) == []
    holder.restarted()
    assert holder.outcomes(holder.after(500, "20")) == ["fire"]


def test_what_nobody_watched_counts_by_its_minutes(holder: Rig) -> None:
    row = holder.arm(STOP)
    for second, price in enumerate(["100", "110"]):
        assert holder.after(10 + second, price) == []
    holder.record(movement(100, "BTC", "1"))
    market = parse_instrument("BINANCE:BTC/USDT")
    closes = [(60, "120"), (120, "90"), (180, "200"), (240, "198")]
    holder.minutes = [Price(instrument=market, last=Decimal(last), at=at(second)) for second, last in closes]
    holder.restarted()
    assert holder.after(300, "191") == []
    trail = holder.desk.remembered(holder.tenant_id)[row.rule_set.rule_set_id].state.nodes[1]
    assert isinstance(trail, Trail)
    assert trail.best == 400
    assert holder.outcomes(holder.after(301, "190")) == ["fire"]


def test_deposits_and_withdrawals_neither_arm_nor_fire(holder: Rig) -> None:
    row = holder.arm(STOP)
    assert holder.after(10, "100") == []
    holder.record(movement(20, "BTC", "4"))
    holder.service.grew(holder.tenant_id)
    assert holder.after(21, "109.99") == []
    assert holder.after(22, "110") == []
    holder.record(movement(30, "BTC", "-4.5"))
    holder.service.grew(holder.tenant_id)
    assert holder.after(31, "104.51") == []
    remembered = holder.desk.remembered(holder.tenant_id)[row.rule_set.rule_set_id]
    (trail,) = remembered.state.nodes.values()
    assert trail.best == 55  # type: ignore[union-attr]
    assert holder.outcomes(holder.after(32, "104.5")) == ["fire"]


def test_in_shadow_it_fires_and_does_nothing(holder: Rig) -> None:
    holder.arm(STOP, Mode.SHADOW)
    for second, price in enumerate(["100", "110"]):
        holder.after(10 + second, price)
    assert holder.outcomes(holder.after(20, "104")) == ["fire"]
    assert [each["mode"] for each in firings(holder)] == ["shadow"]
    assert holder.actions.sent == []

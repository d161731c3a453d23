"""What goes wrong at the venue while a firing sells: a stated outcome, and never a second sale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.money import format_amount
from nightdesk.orders.service import ABSENT_AFTER
from nightdesk.rules.action_performing import TRY_FOR
from nightdesk.rules.actions import Notify
from tests.builders.desk_accounts import desk_accounts
from tests.builders.desk_actions import HELD, SELL_BTC, DeskActions
from tests.builders.desk_orders import desk_orders
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange on which faults may be switched on."""
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        yield paper


@pytest.fixture
def rig(postgres: Postgres, own_paper: Paper, tmp_path: Path) -> Iterator[DeskActions]:
    """A tenant of its own with a funded account that may trade."""
    history = {"kind": "empty", "balances": {"USDT": "1000", "BTC": format_amount(HELD)}}
    with desk_accounts(postgres, own_paper, tmp_path) as accounts, desk_orders(accounts, history) as orders:
        yield DeskActions(orders=orders)
        own_paper.admin("DELETE", "/faults")


def fault(rig: DeskActions, kind: str, **more: object) -> None:
    rig.orders.accounts.paper.admin("POST", "/faults", {"kind": kind, **more})


@pytest.mark.parametrize("kind", ["order_rejected", "order_unknown", "order_cut"])
def test_an_order_that_goes_wrong_once_is_made_good(rig: DeskActions, kind: str) -> None:
    fault(rig, kind, count=1)
    firing = rig.run(SELL_BTC)
    assert firing.runs[0].state.value == "done"
    assert sum(intent.filled for intent in firing.intents) == HELD
    assert rig.orders.at_venue() == 0


def test_a_venue_that_tells_to_wait_is_waited_for(rig: DeskActions) -> None:
    rig.orders.accounts.gateway.market_rules(rig.orders.request().instrument, rig.orders.request().correlation_id)
    fault(rig, "rate_limited", count=1, retry_after_s=1, path="/order")
    due = rig.begin(rig.due(SELL_BTC))
    for _ in range(3):
        try:
            rig.runner().run(due.tenant_id, due.firing_id)
            break
        except Unavailable:
            continue
    assert rig.kept(due).runs[0].state.value == "done"
    assert rig.orders.at_venue() == 0


def test_a_frozen_book_fails_the_step_and_says_so(rig: DeskActions) -> None:
    fault(rig, "book_frozen")
    firing = rig.run(SELL_BTC, Notify())
    assert [run.state.value for run in firing.runs] == ["failed", "skipped"]
    assert firing.runs[0].code == "actions.not_all_sold"
    assert rig.orders.at_venue() == HELD
    assert f"firing:{firing.due.firing_id}:0:failed" in rig.alert_keys()


def test_a_venue_that_was_down_is_sold_at_once_it_is_back(rig: DeskActions) -> None:
    rig.orders.accounts.gateway.market_rules(rig.orders.request().instrument, rig.orders.request().correlation_id)
    fault(rig, "rest_down")
    due = rig.begin(rig.due(SELL_BTC))
    with pytest.raises(Unavailable):
        rig.runner().run(due.tenant_id, due.firing_id)
    rig.orders.accounts.paper.admin("DELETE", "/faults")
    rig.runner(later=ABSENT_AFTER + timedelta(seconds=1)).run(due.tenant_id, due.firing_id)
    assert rig.kept(due).runs[0].state.value == "done"
    assert sum(intent.filled for intent in rig.kept(due).intents) == HELD
    assert rig.orders.at_venue() == 0
    assert f"firing:{due.firing_id}:0:delayed" in rig.alert_keys()


def test_a_venue_that_stays_down_fails_the_step(rig: DeskActions) -> None:
    rig.orders.accounts.gateway.market_rules(rig.orders.request().instrument, rig.orders.request().correlation_id)
    fault(rig, "rest_down")
    due = rig.begin(rig.due(SELL_BTC, Notify()))
    with pytest.raises(Unavailable):
        rig.runner().run(due.tenant_id, due.firing_id)
    rig.runner(later=TRY_FOR + timedelta(seconds=1)).run(due.tenant_id, due.firing_id)
    rig.orders.accounts.paper.admin("DELETE", "/faults")
    assert [run.state.value for run in rig.kept(due).runs] == ["failed", "skipped"]
    assert f"firing:{due.firing_id}:0:failed" in rig.alert_keys()
    assert rig.orders.at_venue() == HELD


def test_orders_that_are_always_rejected_fail_the_step_and_say_why(rig: DeskActions) -> None:
    fault(rig, "order_rejected")
    firing = rig.run(SELL_BTC, Notify())
    assert [run.state.value for run in firing.runs] == ["failed", "skipped"]
    assert firing.runs[0].code == "actions.not_all_sold"
    assert {intent.code for intent in firing.intents if intent.wanted} == {"orders.market_closed"}
    assert firing.runs[0].message is not None
    assert "The market takes no orders now." in firing.runs[0].message
    assert rig.orders.at_venue() == HELD

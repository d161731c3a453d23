"""Stated outcomes when things go wrong: duplicates, edits while firing, lost messages, pauses, a database away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from functions.rules_evaluate.sweeping import Sweep
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rules import PostgresWaitingCandidates
from nightdesk.kernel.errors import Unavailable
from nightdesk.rules.model import Mode
from tests.builders.ledger import movement
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration

OVER = {"kind": "compare", "left": "price(BINANCE:BTC/USDT)", "relation": ">", "right": "100"}


@pytest.fixture
def administrator(postgres: Postgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    made.record(movement(1, "BTC", "1"))
    yield made
    made.close()


def test_duplicate_candidates_collapse_into_one_firing(rig: Rig) -> None:
    rig.arm(OVER, repeating=True)
    first = rig.after(10, "101")
    again = rig.after(20, "102")
    assert len(first) == len(again) == 1
    assert rig.outcomes([*again, *first, *again]) == ["fire", "duplicate", None]
    assert [each.number for each in rig.desk.firings(rig.tenant_id)] == [1]
    assert len(rig.actions.sent) == 1


def test_what_was_edited_while_it_fired_does_not_fire(rig: Rig) -> None:
    row = rig.arm(OVER)
    refs = rig.after(10, "101")
    whole: dict[str, Any] = {
        "rules": [{"name": "the rule", "condition": {**OVER, "right": "200"}}],
        "actions": [{"kind": "notify"}],
        "repeating": False,
        "cooldown_s": 0,
        "active_hours": None,
        "policy": "stop",
    }
    rig.desk.edit(rig.by, row.rule_set.rule_set_id, version=1, name="edited", definition=whole)
    assert rig.outcomes(refs) == [None]
    (judged,) = rig.desk.judged(rig.tenant_id, row.rule_set.rule_set_id)
    assert judged.verdict is not None
    assert judged.verdict.outcome == "not_watched"
    assert rig.desk.firings(rig.tenant_id) == ()


def test_arming_again_begins_anew(rig: Rig) -> None:
    row = rig.arm(OVER)
    which = row.rule_set.rule_set_id
    assert rig.outcomes(rig.after(10, "101")) == ["fire"]
    assert rig.after(11, "99") == rig.after(12, "101") == []
    rig.clock.advance(1)
    rig.desk.set_mode(rig.by, which, Mode.SHADOW, version=1)
    rig.after(13, "99")
    assert rig.outcomes(rig.after(14, "101")) == ["fire"]
    assert [(each.number, each.mode) for each in rig.desk.firings(rig.tenant_id, which)] == [
        (2, Mode.SHADOW),
        (1, Mode.LIVE),
    ]
    assert [entry.what for entry in rig.desk.audited(rig.tenant_id, which)][:2] == ["fired", "mode:shadow"]


def test_one_that_is_removed_or_paused_is_watched_no_longer(rig: Rig) -> None:
    rows = [rig.arm(OVER) for _ in range(2)]
    rig.after(10, "99")
    rig.desk.remove(rig.by, rows[0].rule_set.rule_set_id)
    rig.desk.set_mode(rig.by, rows[1].rule_set.rule_set_id, Mode.PAUSED, version=1)
    assert rig.after(11, "101") == []
    assert rig.service.of(rig.tenant_id) == []


def test_a_lost_message_is_sent_again_until_it_is_judged(rig: Rig, postgres: Postgres) -> None:
    rig.arm(OVER)
    (lost,) = rig.after(10, "101")
    with rig.app.transaction(tenant_id=rig.tenant_id) as connection:
        connection.execute(
            "UPDATE rule_candidates SET told_at = told_at - interval '1 minute' WHERE tenant_id = %s", (rig.tenant_id,)
        )
    outbox = Database(postgres.url("outbox"))
    sweep = Sweep(PostgresWaitingCandidates(outbox), rig.candidates)
    assert sweep.run() >= 1
    assert lost in rig.candidates.sent[1:]
    assert rig.outcomes([lost]) == ["fire"]
    rig.candidates.sent.clear()
    sweep.run()
    assert lost not in rig.candidates.sent
    outbox.close()


def test_a_firing_that_breaks_half_way_leaves_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    row = rig.arm(OVER)
    refs = rig.after(10, "101")

    def broken(*_: object) -> None:
        raise Unavailable("database.unavailable", "gone")

    with monkeypatch.context() as patched:
        patched.setattr("nightdesk.adapters.postgres.actions.PostgresActionJournal.begin", broken)
        with pytest.raises(Unavailable):
            rig.outcomes(refs)
    assert rig.desk.firings(rig.tenant_id, row.rule_set.rule_set_id) == ()
    assert rig.outcomes(refs) == ["fire"]


def test_memories_that_could_not_be_kept_are_kept_later(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = {
        "kind": "trailing_stop",
        "scope": {"kind": "portfolio"},
        "bot_id": None,
        "arm_ratio": "0",
        "trail_ratio": "0.5",
    }
    row = rig.arm(stop)

    def away(*_: object) -> None:
        raise Unavailable("database.unavailable", "gone")

    with monkeypatch.context() as patched:
        patched.setattr("nightdesk.adapters.postgres.rules_tracking.PostgresTrackedRules.keep", away)
        rig.after(10, "100")
    assert rig.desk.remembered(rig.tenant_id) == {}
    rig.after(11, "100")
    assert set(rig.desk.remembered(rig.tenant_id)) == {row.rule_set.rule_set_id}


def test_a_change_over_a_window_needs_the_window_to_have_been_seen(rig: Rig) -> None:
    down = {
        "kind": "change",
        "operand": "price(BINANCE:BTC/USDT)",
        "window_s": 120,
        "relation": "<=",
        "ratio": "-0.05",
    }
    rig.arm(down)
    for second, price in ((10, "100"), (70, "99"), (130, "90")):
        assert rig.after(second, price) == []
    assert rig.outcomes(rig.after(185, "94")) == ["fire"]


def test_figures_of_the_portfolio_can_be_compared(rig: Rig) -> None:
    worth = {"kind": "compare", "left": f"value(PORTFOLIO:{rig.tenant_id},BTC)", "relation": ">", "right": "150"}
    half = {"kind": "compare", "left": f"balance(PORTFOLIO:{rig.tenant_id},BTC) / 2", "relation": "<=", "right": "0.5"}
    rig.arm({"kind": "all", "conditions": [worth, half]})
    assert rig.after(10, "150") == []
    assert rig.outcomes(rig.after(11, "150.01")) == ["fire"]


def test_a_clock_that_jumps_takes_no_rule_back_and_fires_none_twice(rig: Rig) -> None:
    rig.arm(OVER, repeating=True, cooldown_s=60)
    assert rig.outcomes(rig.after(1000, "101")) == ["fire"]
    assert rig.outcomes(rig.after(1001, "99")) == []
    assert rig.outcomes(rig.after(5, "101")) == []  # back: what is older than the last price is not believed
    assert rig.outcomes(rig.after(1030, "101")) == []  # in time again, and cooling down
    assert rig.outcomes(rig.after(9_000_000, "101")) == ["fire"]  # ahead: as if nothing had been seen between
    instants = [each.instant for each in reversed(rig.desk.firings(rig.tenant_id))]
    assert instants == sorted(instants)
    assert len(instants) == 2

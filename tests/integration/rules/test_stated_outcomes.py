"""What a rule does when the market or the desk misbehaves: a stated outcome for each.

gap through the stop       fires once, at the first value seen, however far below the stop it is
frozen book                its last price stands, which fires nothing; `staleness` tells it as other markets move on
duplicate candidates       one firing; the others are `duplicate`, or were judged before (`test_faults` too)
clock jumps, market's      nothing goes back in time (`test_faults`); a stop's best stays
clock jumps, wall's        a candidate that is not fresh by the wall clock is judged on the present prices
edited while firing        `edited` once the new version is watched, before that `not_watched` (`test_faults`)
kill switch in the middle  it fires and is explained; its orders are refused (`integration/actions/test_actions`)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.adapters.postgres.rules_tracking import PostgresTrackedRules
from nightdesk.rules.firing import CandidateId, CandidateRef
from tests.builders.ledger import movement
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration
STOP = {
    "kind": "trailing_stop",
    "scope": {"kind": "portfolio"},
    "bot_id": None,
    "arm_ratio": "0",
    "trail_ratio": "0.05",
}
OVER = {"kind": "compare", "left": "price(BINANCE:BTC/USDT)", "relation": ">", "right": "100"}


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    made.record(movement(1, "BTC", "1"))
    yield made
    made.close()


def evidence(rig: Rig) -> dict[str, Decimal | None]:
    (firing,) = rig.desk.firings(rig.tenant_id)
    return {text: seen.value for text, seen in firing.evidence.items()}


def test_a_gap_through_the_stop_fires_once_at_what_is_seen_first(rig: Rig) -> None:
    rig.arm(STOP)
    assert rig.after(10, "100") == rig.after(11, "120") == []
    refs = rig.after(12, "40")
    assert rig.outcomes(refs) == ["fire"]
    assert evidence(rig) == {"value of portfolio": 40}
    assert rig.after(13, "30") == rig.after(14, "130") == []


def test_a_frozen_book_fires_no_stop_and_is_told_by_its_staleness(rig: Rig) -> None:
    rig.arm(STOP)
    market = "BINANCE:BTC/USDT"
    silent = {"kind": "compare", "left": f"staleness({market})", "relation": ">", "right": "30"}
    frozen = rig.arm(silent)
    rig.after(10, "100")
    rig.price(39, "2000", "BINANCE:ETH/USDT")
    assert rig.runner.run(rig.beat()) == []
    rig.price(41, "1900", "BINANCE:ETH/USDT")
    refs = rig.runner.run(rig.beat())
    assert [ref.rule_set_id for ref in refs] == [frozen.rule_set.rule_set_id]
    assert rig.outcomes(refs) == ["fire"]
    assert evidence(rig) == {f"staleness({market})": 31}


def test_copies_of_a_candidate_fire_once_whatever_they_are_called(rig: Rig) -> None:
    row = rig.arm(OVER, repeating=True)
    (ref,) = rig.after(10, "101")
    (told,) = rig.desk.judged(rig.tenant_id, row.rule_set.rule_set_id)
    copy = replace(told.candidate, candidate_id=CandidateId(uuid4()))
    PostgresTrackedRules(rig.tracker).tell([copy, told.candidate])
    other = CandidateRef(ref.tenant_id, ref.rule_set_id, copy.candidate_id, ref.correlation_id)
    assert rig.outcomes([other, ref, other, ref]) == ["fire", "duplicate", None, None]
    assert len(rig.actions.sent) == 1


def test_a_market_clock_that_goes_back_leaves_a_stops_best_alone(rig: Rig) -> None:
    rig.arm(STOP)
    assert rig.after(100, "100") == rig.after(101, "120") == []
    assert rig.after(50, "10") == []  # older than what is known: it is not believed
    assert rig.after(102, "114.01") == []
    assert rig.outcomes(rig.after(103, "114")) == ["fire"]


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_a_wall_clock_that_jumps_has_it_judged_on_the_present_prices(rig: Rig, jump_s: int) -> None:
    rig.arm(OVER)
    refs = rig.after(10, "101")
    rig.price(11, "99")
    rig.clock.at += timedelta(seconds=jump_s)
    assert rig.outcomes(refs) == ["not_true"]
    assert rig.actions.sent == []


def test_what_was_edited_and_armed_again_while_it_fired_is_passed_over(rig: Rig) -> None:
    row = rig.arm(OVER)
    which = row.rule_set.rule_set_id
    refs = rig.after(10, "101")
    with rig.app.transaction(tenant_id=rig.tenant_id) as connection:  # it was told in the very moment of the edit
        connection.execute("UPDATE rule_sets SET version = 2 WHERE rule_set_id = %s", (which,))
    assert rig.outcomes(refs) == ["edited"]
    assert rig.desk.firings(rig.tenant_id) == ()


def test_a_halt_between_telling_and_judging_does_not_keep_it_from_being_explained(rig: Rig) -> None:
    rig.arm(OVER)
    refs = rig.after(10, "101")
    with rig.app.transaction(tenant_id=rig.tenant_id) as connection:
        connection.execute(
            "INSERT INTO halts (halt_id, tenant_id, allow_reducing, cancel_orders, reason, engaged_by, engaged_at)"
            " VALUES (%s, %s, false, false, 'a test', 'user', now())",
            (uuid4(), rig.tenant_id),
        )
    assert rig.outcomes(refs) == ["fire"]
    assert evidence(rig) == {"price(BINANCE:BTC/USDT)": 101}
    assert len(rig.actions.sent) == 1  # who runs it refuses its orders

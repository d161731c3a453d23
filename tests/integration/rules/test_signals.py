"""A signal that another program posts makes a rule fire: through the webhook, the tracker and the judge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.webhooks.app import TRADINGVIEW, make_app
from nightdesk.alerts.signal_receiving import KNOWN_ADDRESSES
from nightdesk.alerts.signals import HookId, SignalHook
from nightdesk.kernel.instants import format_instant
from tests.builders.alerting import AlertFakes
from tests.fakes.desk import FakeInvocation, event
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration
Post = Callable[..., int]
LONG = {"kind": "compare", "left": "signal(breakout)", "relation": ">", "right": "0"}


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    yield made
    made.close()


def inbox(rig: Rig) -> Post:
    """Posts as TradingView does, at the rig's time; the status that answers."""
    service = AlertFakes().signals(rig.app, rig.clock)
    hook = SignalHook(
        tenant_id=rig.tenant_id, hook_id=HookId(uuid4()), name="breakout", created_at=rig.clock.now(), stale_after_s=60
    )
    token = service.make_hook(rig.tenant_id, hook).token

    def post(action: str, age_s: float = 0.0) -> int:
        said = {
            "action": action,
            "time": format_instant(rig.clock.now() - timedelta(seconds=age_s)),
            "id": str(uuid4()),
        }
        request: dict[str, Any] = event(
            "POST", f"/hooks/tradingview/{token}", json.dumps(said), {"Content-Type": "application/json"}
        )
        request["requestContext"] |= {"resourcePath": TRADINGVIEW, "httpMethod": "POST"}
        request["requestContext"]["identity"] = {"sourceIp": KNOWN_ADDRESSES[0]}
        request |= {"pathParameters": {"token": token}, "stageVariables": None}
        return int(make_app(lambda: None, lambda: service)(request, FakeInvocation())["statusCode"])  # type: ignore[arg-type, return-value]

    return post


def test_a_posted_signal_fires_and_the_next_of_the_other_side_does_not(rig: Rig) -> None:
    post = inbox(rig)
    rig.arm(LONG, repeating=True)
    assert rig.after(10, "100") == []
    assert post("buy") == 200
    refs = rig.runner.run(rig.beat())
    assert rig.outcomes(refs) == ["fire"]
    (firing,) = rig.desk.firings(rig.tenant_id)
    assert firing.evidence["signal(breakout)"].value == 1
    assert firing.evidence["signal(breakout)"].source == "signal"
    assert post("buy") == 200
    assert rig.runner.run(rig.beat()) == []  # it has not been untrue since
    rig.clock.advance(1)
    assert post("sell") == 200
    assert rig.runner.run(rig.beat()) == []
    rig.clock.advance(1)
    assert post("buy") == 200
    assert rig.outcomes(rig.runner.run(rig.beat())) == ["fire"]


def test_a_stale_signal_is_seen_by_no_rule(rig: Rig) -> None:
    post = inbox(rig)
    rig.arm(LONG)
    rig.after(10, "100")
    assert post("buy", age_s=120) == 200
    assert rig.runner.run(rig.beat()) == []


def test_a_signal_that_turned_before_it_was_judged_fires_nothing(rig: Rig) -> None:
    post = inbox(rig)
    rig.arm(LONG)
    rig.after(10, "100")
    post("buy")
    refs = rig.runner.run(rig.beat())
    rig.clock.advance(1)
    post("sell")
    assert rig.outcomes(refs) == ["not_true"]


def test_a_signal_is_its_tenants_own(rig: Rig, postgres: Postgres) -> None:
    other = Rig(postgres)
    inbox(other)("buy")
    rig.arm(LONG)
    assert rig.after(10, "100") == []
    other.close()


def test_a_restart_knows_the_last_signal(rig: Rig) -> None:
    post = inbox(rig)
    rig.arm(LONG)
    post("buy")
    rig.restarted()
    assert rig.outcomes(rig.after(10, "100")) == ["fire"]

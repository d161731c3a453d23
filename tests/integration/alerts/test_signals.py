"""TradingView's alerts: kept before they are answered, once, late ones told apart, lost ones noticed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from functions.webhooks.app import TRADINGVIEW, make_app
from nightdesk.adapters.postgres.alerts_signals import PostgresSignalReader
from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.signal_receiving import KNOWN_ADDRESSES, SignalService
from nightdesk.alerts.signals import HookId, Signal, SignalHook, SignalState, StalePolicy
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import EPOCH, format_instant
from tests.builders.alerting import AlertFakes
from tests.builders.alerts import new_tenant
from tests.fakes.clock import FakeClock
from tests.fakes.desk import Answer, FakeInvocation, event
from tests.servers import Postgres

pytestmark = pytest.mark.integration


@dataclass(slots=True)
class Inbox:
    """One tenant's hook, sent to as TradingView does."""

    tenant_id: TenantId
    database: Database
    service: SignalService
    fakes: AlertFakes
    clock: FakeClock
    token: str

    def send(self, body: str, *, token: str = "", source: str = KNOWN_ADDRESSES[0]) -> Answer:
        is_json = body.startswith("{")
        path = f"/hooks/tradingview/{token or self.token}"
        request = event("POST", path, body, {"Content-Type": "application/json" if is_json else "text/plain"})
        request["requestContext"] |= {"resourcePath": TRADINGVIEW, "httpMethod": "POST"}
        request["requestContext"]["identity"] = {"sourceIp": source}
        request |= {"pathParameters": {"token": token or self.token}, "stageVariables": None}
        reply = make_app(_not_called, lambda: self.service)(request, FakeInvocation())
        return Answer(reply["statusCode"], {name: [value] for name, value in reply["headers"].items()}, reply["body"])

    def order(self, order_id: str, action: str, before: str, after: str, **more: Any) -> Answer:
        now = format_instant(self.clock.now())
        said = {"order_id": order_id, "action": action, "previous_position": before, "position": after}
        place = {"exchange": "BINANCE", "ticker": "BTCUSDT", "time": now, "timenow": now}
        return self.send(json.dumps({"signal": "trend", **said, **place, **more}))

    def signals(self) -> list[Signal]:
        return list(self.service.signals(self.tenant_id, 100))

    def latest(self, name: str = "trend", instrument: str | None = None) -> Signal | None:
        with self.database.transaction(tenant_id=self.tenant_id) as connection:
            return PostgresSignalReader(connection).latest(self.tenant_id, name, instrument)


def _not_called() -> Any:
    raise AssertionError


Open = Callable[..., Inbox]


@pytest.fixture
def open_inbox(postgres: Postgres) -> Iterator[Open]:
    database, clock = Database(postgres.url("app"), max_size=2), FakeClock()

    def make(**chosen: Any) -> Inbox:
        fakes, tenant_id = AlertFakes(), new_tenant(postgres)
        service = fakes.signals(database, clock)
        hook = SignalHook(tenant_id=tenant_id, hook_id=HookId(tenant_id), name="hook", created_at=EPOCH, **chosen)
        made = service.make_hook(tenant_id, hook)
        return Inbox(tenant_id, database, service, fakes, clock, made.token)

    yield make
    database.close()


def test_a_signal_is_kept_told_and_can_be_read_by_rules(open_inbox: Open, postgres: Postgres) -> None:
    inbox = open_inbox()
    answer = inbox.order("1", "buy", "flat", "long", contracts="0.5", price=64000.5)
    assert (answer.status, answer.json["is_new"]) == (200, True)
    latest = inbox.latest(instrument="BINANCE:BTC/USDT")
    assert latest is not None
    assert (latest.name, latest.value, str(latest.incoming.price)) == ("trend", Decimal(1), "64000.500000000000000000")
    assert latest.counted_at == inbox.clock.now()
    assert latest.from_known_address
    assert inbox.latest(name="other") is None
    assert [each.signal_id for each in inbox.fakes.news.told] == [latest.signal_id]
    with psycopg.connect(postgres.url("superuser")) as connection:
        told = connection.execute("SELECT name FROM outbox WHERE tenant_id = %s", (inbox.tenant_id,)).fetchall()
    assert told == [("signal.received.v1",)]


def test_the_same_order_at_the_same_time_is_one_signal(open_inbox: Open) -> None:
    inbox = open_inbox()
    first = inbox.order("1", "buy", "flat", "long")
    again = inbox.order("1", "buy", "flat", "long")
    assert again.json == {**first.json, "is_new": False}
    inbox.clock.advance(60)
    assert inbox.order("1", "buy", "long", "long").json["is_new"]
    assert len(inbox.signals()) == 2


def test_an_equal_text_at_once_is_the_same_and_later_another(open_inbox: Open) -> None:
    inbox = open_inbox()
    assert inbox.send("buy BTC now").json["is_new"]
    inbox.clock.advance(5)
    assert not inbox.send("buy BTC now").json["is_new"]
    inbox.clock.advance(15)
    assert inbox.send("buy BTC now").json["is_new"]
    assert {(each.name, each.value) for each in inbox.signals()} == {("hook", Decimal(1))}


def test_a_stale_signal_is_kept_and_does_not_count(open_inbox: Open) -> None:
    inbox, patient = open_inbox(stale_after_s=30), open_inbox(stale_after_s=30, stale_policy=StalePolicy.COUNT)
    made_at = format_instant(inbox.clock.now())
    inbox.clock.advance(31)
    for each in (inbox, patient):
        each.send(json.dumps({"signal": "trend", "action": "sell", "timenow": made_at}))
    (late,) = inbox.signals()
    assert (late.state, late.late_s) == (SignalState.STALE, 31)
    assert inbox.latest() is None
    assert inbox.fakes.news.told == []
    counted = patient.latest()
    assert counted is not None
    assert (counted.value, counted.late_s) == (Decimal(-1), 31.0)


def test_a_lost_signal_is_noticed_by_the_position_before_the_next(open_inbox: Open) -> None:
    inbox = open_inbox()
    inbox.order("1", "buy", "flat", "long")
    inbox.clock.advance(60)
    inbox.order("3", "buy", "flat", "long")  # the one that closed never came
    newest, oldest = inbox.signals()
    assert (oldest.gap, newest.gap) == (False, True)
    with inbox.database.transaction(tenant_id=inbox.tenant_id) as connection:
        titles = connection.execute("SELECT severity, title FROM alerts WHERE tenant_id = %s", (inbox.tenant_id,))
        assert titles.fetchall() == [("critical", "A signal before this one of trend was lost")]
    inbox.clock.advance(60)
    inbox.order("4", "sell", "long", "flat")
    assert not inbox.signals()[0].gap


def test_what_arrives_out_of_order_tells_nothing_of_losses(open_inbox: Open) -> None:
    inbox = open_inbox()
    earlier = format_instant(inbox.clock.now())
    inbox.clock.advance(10)
    inbox.order("2", "sell", "long", "flat")
    inbox.order("1", "buy", "flat", "long", time=earlier, timenow=earlier)
    assert [each.gap for each in inbox.signals()] == [False, False]


def test_more_signals_a_minute_than_chosen_are_refused(open_inbox: Open) -> None:
    inbox = open_inbox(signals_per_minute_max=2)
    codes = [inbox.order(str(number), "buy", "long", "long").status for number in range(3)]
    assert codes == [200, 200, 429]
    inbox.clock.advance(61)
    assert inbox.order("9", "buy", "long", "long").status == 200


@pytest.mark.parametrize("token", ["x" * 43, "../../etc", "short"])
def test_an_unknown_token_is_refused(open_inbox: Open, token: str) -> None:
    answer = open_inbox().send("buy", token=token)
    assert (answer.status, answer.code) == (404, "signal.hook_not_found")


def test_a_removed_hook_takes_nothing_and_its_token_is_nowhere(open_inbox: Open, postgres: Postgres) -> None:
    inbox = open_inbox()
    inbox.send("buy")
    with psycopg.connect(postgres.url("superuser")) as connection:
        for table in ("signal_hooks", "signals", "outbox"):
            query = f"SELECT to_jsonb(t)::text FROM {table} t"  # noqa: S608 - constants
            rows = connection.execute(query.encode()).fetchall()
            assert inbox.token not in str(rows)
    (hook,) = inbox.service.hooks(inbox.tenant_id)
    assert hook.last_used_at == inbox.clock.now()
    inbox.service.remove_hook(inbox.tenant_id, hook.hook_id)
    assert inbox.send("buy again").status == 404
    assert len(inbox.signals()) == 1


@pytest.mark.parametrize(("body", "code"), [("", "signal.empty"), ("x" * 20_000, "signal.too_large")])
def test_what_is_no_message_is_refused(open_inbox: Open, body: str, code: str) -> None:
    assert open_inbox().send(body).code == code


def test_where_it_came_from_is_a_hint_only(open_inbox: Open) -> None:
    inbox = open_inbox()
    assert inbox.send("buy", source="203.0.113.9").status == 200
    assert not inbox.signals()[0].from_known_address

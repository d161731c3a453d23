"""The API on a real PostgreSQL and Valkey: tenants apart, sessions ended at once, answers remembered."""

from collections.abc import Iterator

import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.client import valkey
from nightdesk.wiring import Stores
from tests.builders.stored_desk import StoredDesk, stored_desk
from tests.fakes.desk import Caller
from tests.servers import Postgres
from tests.unit.api.test_accounts import connect

pytestmark = pytest.mark.integration


@pytest.fixture
def stored(postgres: Postgres, valkey_url: str) -> Iterator[StoredDesk]:
    with stored_desk(postgres.url("app"), valkey_url) as desk:
        yield desk


@pytest.fixture
def anna(stored: StoredDesk) -> Caller:
    return stored.somebody()


@pytest.fixture
def boris(stored: StoredDesk) -> Caller:
    return stored.somebody()


def test_what_one_tenant_has_another_does_not_find(anna: Caller, boris: Caller) -> None:
    account_id = connect(anna).json["account_id"]
    assert [each["account_id"] for each in anna.call("GET", "/api/v1/accounts").json["items"]] == [account_id]
    assert boris.call("GET", "/api/v1/accounts").json == {"items": []}
    for method, rest in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/import"),
        ("POST", "/import"),
        ("POST", "/refresh"),
        ("GET", "/webhook"),
        ("POST", "/webhook"),
        ("DELETE", "/webhook"),
    ):
        answer = boris.call(method, f"/api/v1/accounts/{account_id}{rest}")
        assert (answer.status, answer.code) == (404, "accounts.not_found"), (method, rest)
    assert boris.call("GET", f"/api/v1/ledger?account_id={account_id}").status == 404
    assert boris.call("GET", f"/api/v1/ledger/verify?account_id={account_id}").status == 404


def test_the_same_key_connects_once_for_each_tenant(anna: Caller, boris: Caller) -> None:
    assert connect(anna).status == 201
    assert connect(anna).code == "accounts.already_connected"
    assert connect(boris).status == 201


def test_answers_are_remembered_in_valkey_across_processes(stored: StoredDesk, anna: Caller) -> None:
    key = {"Idempotency-Key": f"key-{stored.clock.now().timestamp()}"}
    first = connect(anna, **key)
    other_process = Caller(stored.desk(), anna.token)
    assert connect(other_process, **key).json == first.json
    assert stored.gateway.connects == 1


def test_a_session_that_was_ended_is_refused_by_every_process(stored: StoredDesk, anna: Caller) -> None:
    other_process = Caller(stored.desk(), anna.token)
    assert anna.call("DELETE", "/api/v1/session").status == 204
    assert other_process.call("GET", "/api/v1/me").code == "session.ended"


def test_health_and_the_portfolio_of_a_newcomer(anna: Caller) -> None:
    health = anna.call("GET", "/api/v1/health").json
    assert health["status"] == "ok"
    assert set(health["checks"]) == {"database", "cache"}
    assert anna.call("GET", "/api/v1/portfolio").json["total"]["value"] == "0"
    assert anna.call("GET", "/api/v1/ledger/verify").json["ok"] is True


def test_texts_that_a_database_can_not_hold_are_refused(anna: Caller) -> None:
    body = {"venue": "binance", "key": "k", "secret": "s", "label": "nul\x00"}
    assert anna.call("POST", "/api/v1/accounts", body).status == 400
    body["label"] = "\ud800"
    assert anna.call("POST", "/api/v1/accounts", body).status == 400


def test_what_is_down_is_said_and_comes_back(stored: StoredDesk, anna: Caller) -> None:
    nowhere = "postgresql://nightdesk_app:x@127.0.0.1:1/postgres"
    down = StoredDesk(Stores(Database(nowhere, wait_s=0.2), valkey("redis://127.0.0.1:1/0")))
    caller = Caller(down.desk(), anna.token)
    answer = caller.call("GET", "/api/v1/accounts")
    assert (answer.status, answer.code) == (503, "database.unavailable")
    health = caller.call("GET", "/api/v1/health")
    assert health.json["status"] == "degraded"
    assert not any(check["ok"] for check in health.json["checks"].values())
    half = StoredDesk(Stores(stored.stores.database, down.stores.cache), clock=stored.clock)
    remembered = connect(Caller(half.desk(), anna.token), **{"Idempotency-Key": "while-down"})
    assert (remembered.status, remembered.code) == (503, "cache.unavailable")
    down.stores.database.close()

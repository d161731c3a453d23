"""Bad input through the whole desk: a clear error with a stable code, and nothing lost."""

import json
import uuid
from typing import Any

import pytest

from tests.e2e.client import Answer, Client, request

pytestmark = pytest.mark.e2e


def problem(answer: Answer, status: int, code: str) -> None:
    """It is problem+json that says this."""
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (status, "application/problem+json"), answer
    assert answer.body["code"] == code, answer
    assert answer.body["correlation_id"]


@pytest.fixture
def key(client: Client) -> dict[str, str]:
    return client.make_key({"kind": "empty"})


def test_a_wrong_secret(client: Client, key: dict[str, str]) -> None:
    answer = client.connect(key | {"secret": "wrong" * 12}, "Wrong")
    problem(answer, 400, "accounts.key_wrong")
    assert "wrongwrong" not in json.dumps(answer.body)


def test_a_key_that_may_withdraw(client: Client) -> None:
    refused = client.connect(client.make_key({"kind": "empty"}, withdraw=True), "Withdraws")
    assert refused.body["code"] == "accounts.key_may_withdraw"
    assert "Withdraws" not in [account["label"] for account in client.get("/accounts")["items"]]


def test_an_unknown_venue(client: Client, key: dict[str, str]) -> None:
    assert client.connect(key, "Nowhere", venue="atlantis").body["code"] == "accounts.venue_unknown"


def test_the_same_key_twice(client: Client, key: dict[str, str]) -> None:
    assert client.connect(key, "Once").status == 201
    problem(client.connect(key, "Twice"), 409, "accounts.already_connected")


def test_the_same_request_twice_connects_once(client: Client, key: dict[str, str]) -> None:
    body = {"venue": "binance", "key": key["key"], "secret": key["secret"], "label": "Sent twice"}
    answers = [client.ask("POST", "/accounts", body, Idempotency_Key="sent-twice-1") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body["account_id"] == answers[1].body["account_id"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"email": 1}', b"\xff\xfe", b'{"email":"' + b"a" * 300 + b'"}']
)
def test_malformed_bodies(client: Client, body: bytes) -> None:
    answer = request("POST", f"{client.desk.url}/api/v1/session", body, {"Content-Type": "application/json"})
    assert 400 <= answer.status < 500
    assert answer.body["code"]


def test_an_absurd_size(client: Client) -> None:
    answer = client.ask("POST", "/accounts", {"label": "x" * 600_000})
    assert answer.status == 413
    assert answer.body["code"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_no_valid_token(client: Client, token: str) -> None:
    client.token = token
    answer = client.ask("GET", "/portfolio")
    assert answer.status == 401
    assert answer.body["code"].startswith("token.")


@pytest.mark.parametrize("path", ["/accounts/{}", "/accounts/{}/import"])
def test_an_account_that_is_not_ours(client: Client, path: str) -> None:
    problem(client.ask("GET", path.format(uuid.uuid4())), 404, "accounts.not_found")


def test_a_session_that_was_ended_is_refused_at_once(client: Client) -> None:
    other = Client(client.desk).sign_in()
    assert other.ask("DELETE", "/session").status == 204
    assert other.ask("GET", "/me").status == 401
    assert client.ask("GET", "/me").status == 200


def test_one_correlation_id_from_the_browser_to_the_ledger(client: Client) -> None:
    made = client.make_key({"kind": "seeded", "seed": 3, "trades": 5})
    body = {"venue": "binance", "key": made["key"], "secret": made["secret"], "label": "Correlated"}
    answer = client.ask("POST", "/accounts", body, X_Correlation_Id="journey-0123456789")
    assert answer.headers["x-correlation-id"] == "journey-0123456789"
    client.await_import(answer.body["account_id"])
    entries: list[dict[str, Any]] = list(client.entries(f"account_id={answer.body['account_id']}"))
    assert {entry["correlation_id"] for entry in entries} == {"journey-0123456789"}

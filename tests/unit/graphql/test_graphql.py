import json
from collections.abc import Mapping
from typing import Any

import pytest

from functions.graphql.desk import GraphqlDesk, serve
from nightdesk.contracts.graphql.schema import make_schema
from tests.fakes.desk import ANNA, BORIS, ORIGIN, PASSWORDS, Answer, FakeDesk, event

CONNECT = """
mutation Connect($input: ConnectAccountInput!) {
  connectAccount(input: $input) { accountId label state keyHint import { state } permissions { mayWithdraw } }
}
"""
INPUT = {"venue": "binance", "key": "public-key-1234", "secret": "very-secret", "label": "Main"}


class Client:
    """Posts operations as one user."""

    def __init__(self, fake: FakeDesk, email: str | None) -> None:
        identity = fake.identity_service()
        self.token = identity.sign_in(email, PASSWORDS[email]).access_token if email else None
        self.desk = GraphqlDesk(schema=make_schema(), identity=identity, answers=fake.answers(), allowed_origin=ORIGIN)

    def post(self, body: str, headers: Mapping[str, str] = {}) -> Answer:
        sent = {"Content-Type": "application/json", **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        reply = serve(event("POST", "/graphql", body, sent), self.desk)
        return Answer(int(reply["statusCode"]), reply["multiValueHeaders"], reply["body"])

    def run(self, query: str, **variables: object) -> Any:
        answer = self.post(json.dumps({"query": query, "variables": variables}))
        assert answer.status == 200, answer
        return answer.json

    def code(self, query: str, **variables: object) -> str:
        (error,) = self.run(query, **variables)["errors"]
        return str(error["extensions"]["code"])


@pytest.fixture
def fake() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def anna(fake: FakeDesk) -> Client:
    return Client(fake, ANNA)


def test_connecting_and_reading_in_one_tongue(anna: Client) -> None:
    account = anna.run(CONNECT, input=INPUT)["data"]["connectAccount"]
    assert account["import"] == {"state": "queued"}
    assert account["permissions"] == {"mayWithdraw": False}
    query = """query ($id: ID!) {
      me { email permissions } venues { venue needs } accounts { accountId } account(id: $id) { label }
      portfolio { total { value complete } holdings { asset } rates }
      ledger { items { sequence legs { amount } } nextCursor } verifyLedger { ok accounts { entries } }
    }"""
    data = anna.run(query, id=account["accountId"])["data"]
    assert data["me"]["email"] == ANNA
    assert data["accounts"] == [{"accountId": account["accountId"]}]
    assert data["account"] == {"label": "Main"}
    assert data["portfolio"]["total"] == {"value": "0", "complete": True}
    assert data["ledger"] == {"items": [], "nextCursor": None}
    assert data["verifyLedger"]["ok"] is True


def test_mutations_act_on_ones_own_account_only(anna: Client, fake: FakeDesk) -> None:
    own = anna.run(CONNECT, input=INPUT)["data"]["connectAccount"]["accountId"]
    boris = Client(fake, BORIS)
    for mutation in (
        "startImport(accountId: $id) { state }",
        "refreshAccount(accountId: $id)",
        "disconnectAccount(id: $id)",
    ):
        assert boris.code(f"mutation ($id: ID!) {{ {mutation} }}", id=own) == "accounts.not_found"
        assert anna.run(f"mutation ($id: ID!) {{ {mutation} }}", id=own).get("errors") is None
    assert fake.gateway.held == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ nothing }", "graphql.invalid"),
        ("{", "graphql.invalid"),
        ('{ account(id: "x") { label } }', "id.malformed"),
        ('{ ledger(after: "garbage") { nextCursor } }', "ledger.cursor_malformed"),
        ("{ ledger(first: 100000) { nextCursor } }", "ledger.limit"),
        ('{ ledger(filter: {kind: "theft"}) { nextCursor } }', "ledger.kind_unknown"),
        ('{ ledger(filter: {from: "yesterday"}) { nextCursor } }', "instant.malformed"),
        ("{" + " ".join(f"a{n}: me {{ email }}" for n in range(11)) + "}", "graphql.invalid"),
        ("{" + " me { email }" * 1000 + "}", "graphql.invalid"),
    ],
)
def test_refusals_have_codes(anna: Client, query: str, code: str) -> None:
    assert anna.code(query) == code


@pytest.mark.parametrize(
    "operation",
    [
        {"query": "subscription { importProgress { state } }"},
        {"query": "query A { me { email } }", "operationName": "B"},
    ],
)
def test_what_is_not_served_here(anna: Client, operation: dict[str, str]) -> None:
    answer = anna.post(json.dumps(operation))
    assert (answer.status, answer.code) == (400, "graphql.operation_not_served")


def test_input_is_checked_like_rest_and_secrets_are_not_echoed(anna: Client) -> None:
    answer = anna.run(CONNECT, input={**INPUT, "label": "", "secret": "leaked" * 1000})
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "request.invalid"
    assert error["message"] == "These can't be meant: secret, label."


def test_what_breaks_inside_is_not_told(anna: Client, fake: FakeDesk) -> None:
    fake.gateway.refusal = RuntimeError("password=hunter2")  # type: ignore[assignment]
    (error,) = anna.run(CONNECT, input=INPUT)["errors"]
    assert error["extensions"]["code"] == "internal.unexpected"
    assert "hunter2" not in str(error)


def test_introspection_is_open_to_users(anna: Client) -> None:
    data = anna.run(
        "{ __schema { queryType { fields { name type { ofType { name ofType { ofType { name } } } } } } } }"
    )
    assert {field["name"] for field in data["data"]["__schema"]["queryType"]["fields"]} >= {"me", "ledger"}


def test_who_asks_is_settled_first(fake: FakeDesk, anna: Client) -> None:
    nobody = Client(fake, None)
    assert (nobody.post("{").status, nobody.post("{").code) == (401, "token.missing")
    assert anna.post("{").code == "request.malformed"
    assert anna.post("[]").code == "request.malformed"
    assert anna.post('{"query": 1}').code == "request.malformed"
    assert (
        anna.post('{"query": "{ me { email } }"}', {"Origin": "https://evil.example"}).code == "request.foreign_origin"
    )
    assert anna.post('{"query": "' + "x" * 300_000 + '"}').status == 413
    fake.clock.advance(3601)
    assert anna.post("{}").code == "token.expired"

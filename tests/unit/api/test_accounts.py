import pytest

from nightdesk.accounts import errors
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable
from tests.fakes.desk import Answer, Caller, FakeDesk

CONNECT = {"venue": "binance", "key": "public-key-1234", "secret": "very-secret", "label": " Main "}
FOREIGN = ("GET ", "DELETE ", "GET /import", "POST /import", "POST /refresh")


def connect(caller: Caller, key: str = "public-key-1234", **headers: str) -> Answer:
    return caller.call("POST", "/api/v1/accounts", {**CONNECT, "key": key}, headers=headers)


def test_connecting_answers_the_account_and_never_the_secret(anna: Caller, fake: FakeDesk) -> None:
    answer = anna.call("POST", "/api/v1/accounts", CONNECT, headers={"X-Correlation-Id": "from-the-browser"})
    account = answer.json
    assert answer.status == 201
    assert (account["label"], account["state"], account["key_hint"]) == ("Main", "active", "1234")
    assert account["permissions"]["may_withdraw"] is False
    assert account["import"]["state"] == "queued"
    assert "secret" not in answer.text
    assert [job.correlation_id for job in fake.imports.imports] == ["from-the-browser"]
    assert anna.call("GET", "/api/v1/accounts").json == {"items": [account]}
    assert anna.call("GET", f"/api/v1/accounts/{account['account_id']}").json == account


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (errors.key_wrong(), 400),
        (errors.key_may_withdraw(), 400),
        (RateLimited("venue.banned", "The venue has banned us.", retry_after_s=120.5), 429),
        (Unavailable("venue.unavailable", "The venue does not answer."), 503),
    ],
)
def test_a_venues_refusal_is_passed_on(anna: Caller, fake: FakeDesk, refusal: NightdeskError, status: int) -> None:
    fake.gateway.refusal = refusal
    answer = connect(anna)
    assert (answer.status, answer.code) == (status, refusal.code)
    assert answer.headers.get("Retry-After") == (["121"] if status == 429 else None)
    assert anna.call("GET", "/api/v1/accounts").json == {"items": []}


def test_unknown_venues_and_keys_connected_twice_are_refused(anna: Caller) -> None:
    unknown = anna.call("POST", "/api/v1/accounts", {**CONNECT, "venue": "mtgox"})
    assert unknown.code == "accounts.venue_unknown"
    assert connect(anna).status == 201
    again = connect(anna)
    assert (again.status, again.code) == (409, "accounts.already_connected")


def test_the_same_idempotency_key_gets_the_same_answer(anna: Caller, boris: Caller, fake: FakeDesk) -> None:
    first = connect(anna, **{"Idempotency-Key": "made-by-anna"})
    again = connect(anna, **{"Idempotency-Key": "made-by-anna"})
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert fake.gateway.connects == 1
    other = connect(anna, key="another-key", **{"Idempotency-Key": "made-by-anna"})
    assert (other.status, other.code) == (409, "idempotency.key_reused")
    assert connect(boris, **{"Idempotency-Key": "made-by-anna"}).json["account_id"] != first.json["account_id"]
    assert not [value for value in fake.cache.values.values() if "very-secret" in value]


def test_a_refused_request_may_be_sent_again_under_its_key(anna: Caller, fake: FakeDesk) -> None:
    fake.gateway.refusal = errors.key_wrong()
    assert connect(anna, **{"Idempotency-Key": "try-and-try"}).code == "accounts.key_wrong"
    fake.gateway.refusal = None
    assert connect(anna, **{"Idempotency-Key": "try-and-try"}).status == 201


@pytest.mark.parametrize("request_line", FOREIGN)
def test_another_tenants_account_is_not_found(anna: Caller, boris: Caller, request_line: str) -> None:
    account_id = connect(anna).json["account_id"]
    method, _, rest = request_line.partition(" ")
    answer = boris.call(method, f"/api/v1/accounts/{account_id}{rest}")
    assert (answer.status, answer.code) == (404, "accounts.not_found")
    assert boris.call("GET", "/api/v1/accounts").json == {"items": []}


def test_importing_refreshing_and_disconnecting(anna: Caller, fake: FakeDesk) -> None:
    path = f"/api/v1/accounts/{connect(anna).json['account_id']}"
    queued = anna.call("POST", f"{path}/import")
    assert (queued.status, queued.json["state"]) == (200, "queued")
    assert anna.call("GET", f"{path}/import").json == queued.json
    assert anna.call("POST", f"{path}/refresh").status == 202
    assert len(fake.refreshes.jobs) == 1
    assert anna.call("DELETE", path).status == 204
    assert fake.gateway.held == {}
    assert anna.call("GET", path).status == 404


def test_an_id_that_is_none_is_invalid(anna: Caller) -> None:
    answer = anna.call("GET", "/api/v1/accounts/not-a-uuid")
    assert (answer.status, answer.code) == (400, "request.invalid")
    assert answer.json["errors"][0]["path"] == "path.account_id"


def test_venues_say_what_they_need(anna: Caller) -> None:
    venues = anna.call("GET", "/api/v1/venues").json["items"]
    assert venues[0] == {"venue": "binance", "name": "Binance", "needs": ["key", "secret"]}
    assert [venue["name"] for venue in venues] == ["Binance", "Kraken", "Coinbase", "Bitfinex", "HTX"]
    assert venues[2]["needs"] == ["key_name", "private_key"]


def test_a_disconnected_account_is_listed_where_it_is_asked_for(anna: Caller, boris: Caller) -> None:
    account = connect(anna).json
    assert anna.call("DELETE", f"/api/v1/accounts/{account['account_id']}").status == 204

    assert anna.call("GET", "/api/v1/accounts").json == {"items": []}
    (listed,) = anna.call("GET", "/api/v1/accounts?include=disconnected").json["items"]
    assert (listed["account_id"], listed["label"], listed["state"]) == (account["account_id"], "Main", "disconnected")
    assert boris.call("GET", "/api/v1/accounts?include=disconnected").json == {"items": []}
    assert anna.call("GET", "/api/v1/accounts?include=everything").status == 400

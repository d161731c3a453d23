"""What may come in, and how it is refused."""

import json

import pytest

from tests.fakes.desk import ANNA, Caller, FakeDesk

DEEP = "[" * 100_000
CONNECT = {"venue": "binance", "key": "public-key", "secret": "very-secret", "label": "Main"}


@pytest.mark.parametrize("text", ["{", DEEP, '"text"', "[]", '[{"email": "a@b.c"}]', "null", "12", "NaN", '{"a":1} x'])
def test_what_is_no_json_object_is_malformed(anna: Caller, text: str) -> None:
    answer = anna.call("POST", "/api/v1/accounts", text=text)
    assert answer.status == 400
    assert answer.code in {"request.malformed", "request.invalid"}


def test_a_body_over_256_kib_is_too_large(stranger: Caller) -> None:
    body = json.dumps({"email": ANNA, "password": "x" * 256 * 1024})
    answer = stranger.call("POST", "/api/v1/session", text=body)
    assert (answer.status, answer.code) == (413, "request.too_large")


def test_a_form_is_not_json(stranger: Caller) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = stranger.call("POST", "/api/v1/session", text="email=a&password=b", headers=form)
    assert (answer.status, answer.code) == (415, "request.unsupported_type")


def test_validation_names_the_paths_and_hides_the_values(anna: Caller) -> None:
    wrong = {**CONNECT, "secret": "leaked-secret" * 400, "label": "", "colour": "red"}
    answer = anna.call("POST", "/api/v1/accounts", wrong)
    assert (answer.status, answer.code) == (400, "request.invalid")
    assert {error["path"] for error in answer.json["errors"]} == {"body.secret", "body.label", "body.colour"}
    assert "leaked-secret" not in answer.text


def test_unknown_paths_and_wrong_methods(anna: Caller) -> None:
    unknown = anna.call("GET", "/api/v1/nothing")
    assert (unknown.status, unknown.code) == (404, "request.unknown_path")
    wrong = anna.call("PUT", "/api/v1/accounts")
    assert (wrong.status, wrong.code) == (405, "request.wrong_method")
    assert wrong.headers["Allow"] == ["GET, POST"]


def test_the_correlation_id_is_kept_if_it_is_one(stranger: Caller) -> None:
    kept = stranger.call("GET", "/api/v1/health", headers={"x-correlation-id": "abcdef-123456"})
    assert kept.headers["X-Correlation-Id"] == ["abcdef-123456"]
    made = stranger.call("GET", "/api/v1/me", headers={"x-correlation-id": "short\r\nSet-Cookie: x"})
    assert made.headers["X-Correlation-Id"] == [made.json["correlation_id"]]
    assert len(made.json["correlation_id"]) == 36


def test_what_breaks_inside_is_not_told(anna: Caller, fake: FakeDesk) -> None:
    fake.gateway.refusal = RuntimeError("password=hunter2")  # type: ignore[assignment]
    answer = anna.call("POST", "/api/v1/accounts", CONNECT)
    assert (answer.status, answer.code) == (500, "internal.unexpected")
    assert "hunter2" not in answer.text

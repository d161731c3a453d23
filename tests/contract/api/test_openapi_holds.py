"""The API does what its OpenAPI document says, whatever is sent: checked by schemathesis, bounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.api.app import serve
from functions.api.desk import Desk
from tests.fakes.desk import Caller, FakeDesk, FakeInvocation, event
from tests.unit.api.test_accounts import connect

DESK = FakeDesk()
CALLER = Caller(DESK.desk())
CALLER.sign_in()
OWN = connect(CALLER).json["account_id"]


def application(desk: Desk) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """What API Gateway does between HTTP and the function, as WSGI."""

    def answer(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        length = int(environment.get("CONTENT_LENGTH") or 0)
        body = environment["wsgi.input"].read(length).decode("utf-8", "replace") if length else None
        names = {key[5:].replace("_", "-").title(): value for key, value in environment.items() if key[:5] == "HTTP_"}
        headers = names | {"Content-Type": environment.get("CONTENT_TYPE") or "application/json"}
        path = environment["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        request = event(environment["REQUEST_METHOD"], path, body, headers)
        request |= _query(environment.get("QUERY_STRING", ""))
        reply = serve(request, FakeInvocation(), desk)
        sent = [(name, value) for name, values in reply["multiValueHeaders"].items() for value in values]
        start(f"{int(reply['statusCode'])} Answer", sent)
        return [(reply["body"] or "").encode()]

    return answer


def _query(text: str) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        values.setdefault(unquote(name), []).append(unquote(value.replace("+", " ")))
    return {
        "multiValueQueryStringParameters": values or None,
        "queryStringParameters": {name: several[-1] for name, several in values.items()} or None,
    }


DOCUMENT = json.loads(CALLER.call("GET", "/api/v1/openapi.json").text)
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application(DESK.desk()))


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_word(case: schemathesis.Case) -> None:
    if (case.method.upper(), case.path) == ("DELETE", "/api/v1/session"):
        return  # it would end the session that all the others need
    if case.method.upper() != "DELETE" and "account_id" in case.path_parameters:
        case.path_parameters["account_id"] = OWN  # a made-up one is only ever not found
    response = case.call(headers={"Authorization": f"Bearer {CALLER.token}"})
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )

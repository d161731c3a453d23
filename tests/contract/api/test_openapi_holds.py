"""The API does what its OpenAPI document says, whatever is sent: checked by schemathesis, bounded."""

from __future__ import annotations

import copy
import json

import pytest
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
from nightdesk.contracts.api.analytics import OPERATIONS as ANALYTICS
from nightdesk.runtime.http import Event, Reply
from tests.builders.openapi import Document, operations_of, try_out
from tests.fakes.desk import Caller, FakeDesk, FakeInvocation
from tests.fakes.serving import application
from tests.lengths import length
from tests.unit.api.test_accounts import connect

DESK = FakeDesk()
CALLER = Caller(DESK.desk())
CALLER.sign_in()
OWN = connect(CALLER).json["account_id"]
SERVED = DESK.desk()


def answered(request: Event) -> Reply:
    return serve(dict(request), FakeInvocation(), SERVED)


DOCUMENT = json.loads(CALLER.call("GET", "/api/v1/openapi.json").text)
GENERATED_ONLY = [
    "/api/v1/rule-sets",
    "/api/v1/rule-sets/check",
    "/api/v1/rule-sets/{rule_set_id}",
    "/api/v1/actions/preview",
]
"""Conditions hold conditions: combining every value of each with each makes tens of thousands of cases."""
_PHASES = {"examples": {"enabled": False}, "coverage": {"enabled": False}}
_CONFIG = schemathesis.Config.from_dict(
    {"operations": [{"include-path": path, "phases": _PHASES} for path in GENERATED_ONLY]}
)
COOKIE_MAX = 4000
"""What a browser keeps of a cookie, its name and attributes aside."""


def held_to(document: Document) -> Document:
    """The document with cookies that a browser would send."""
    bounded = copy.deepcopy(document)
    for operations in bounded["paths"].values():
        for parameter in (each for operation in operations.values() for each in operation.get("parameters", [])):
            if parameter["in"] == "cookie":
                parameter["schema"] = {"type": "string", "maxLength": COOKIE_MAX}
    return bounded


OPERATIONS = operations_of(held_to(DOCUMENT), without=[each.path for each in ANALYTICS])  # another function has those


@settings(max_examples=length(8, 25), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def keeps_its_word(case: schemathesis.Case) -> None:
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


@pytest.mark.parametrize("document", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_operation_keeps_its_word(document: Document) -> None:
    try_out(document, application(answered), keeps_its_word, _CONFIG)

from typing import Any

from functions.api import openapi_analytics
from functions.api.app import PUBLIC
from nightdesk.contracts.api.analytics import OPERATIONS
from tests.fakes.desk import Caller


def test_the_document_is_openapi_3_1_and_complete(stranger: Caller) -> None:
    document = stranger.call("GET", "/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "test"
    assert set(document["paths"]) >= {
        "/api/v1/session",
        "/api/v1/accounts/{account_id}/import",
        "/api/v1/ledger/verify",
    }
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    unresolved = [name for name in references(document) if name.removeprefix("#/") and not resolves(document, name)]
    assert unresolved == []


def test_what_the_document_says_of_tokens_is_what_is_asked(stranger: Caller) -> None:
    document = stranger.call("GET", "/api/v1/openapi.json").json
    operations = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert {key for key, operation in operations.items() if operation["security"] == []} == {
        key for key in PUBLIC if not key[1].endswith("openapi.json")
    }
    for (method, path), operation in operations.items():
        answer = stranger.call(method, path.replace("{account_id}", "00000000-0000-0000-0000-000000000000"))
        refused = answer.status == 401 and answer.json["code"] == "token.missing"
        assert refused == bool(operation["security"]), (method, path)


def test_what_another_function_answers_is_told_too(stranger: Caller) -> None:
    document = stranger.call("GET", "/api/v1/openapi.json").json
    for operation in OPERATIONS:
        told = document["paths"][operation.path][operation.method.lower()]
        assert told["responses"]["4XX"]["x-codes"] == list(operation.codes)
        assert ("requestBody" in told) == (operation.body is not None)
    replay = document["paths"]["/api/v1/replays"]["post"]["responses"]["4XX"]
    assert "`replay.too_large`" in replay["description"]
    asked = {each["name"]: each["required"] for each in _history(document)["parameters"]}
    assert asked == {
        "expression": True,
        "series": True,
        "resolution": True,
        "from": True,
        "to": False,
        "forming": False,
    }


def test_shapes_of_one_name_are_one_shape(stranger: Caller) -> None:
    document = stranger.call("GET", "/api/v1/openapi.json").json
    _, defined = openapi_analytics.definitions()
    told = without_null_defaults(document["components"]["schemas"])
    assert [name for name, schema in defined.items() if told[name] != without_null_defaults(schema)] == []


def _history(document: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = document["paths"]["/api/v1/indicators/history"]["get"]
    return told


def without_null_defaults(node: Any) -> Any:
    """As the API's own routes are told."""
    if isinstance(node, dict):
        kept = {name: value for name, value in node.items() if not (name == "default" and value is None)}
        return {name: without_null_defaults(value) for name, value in kept.items()}
    return [without_null_defaults(value) for value in node] if isinstance(node, list) else node


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [name for value in node.values() for name in references(value)]
    if isinstance(node, list):
        return [name for value in node for name in references(value)]
    return []


def resolves(document: dict[str, object], reference: str) -> bool:
    node: object = document
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True

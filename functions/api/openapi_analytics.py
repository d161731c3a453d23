"""The operations of the function that computes over history, as the document tells them: it answers at the same API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from nightdesk.contracts.api.analytics import OPERATIONS, Operation
from nightdesk.contracts.api.common import RequestShape

_COMPONENTS: Final = "#/components/schemas/"
_JSON: Final = "application/json"


def add(document: dict[str, Any]) -> None:
    """Put the operations into the document of the API's own routes, and the shapes that it does not have yet.

    Shapes of one name are one shape: a test holds that.
    """
    references, defined = definitions()
    schemas = document["components"]["schemas"]
    for name, schema in defined.items():
        schemas.setdefault(name, schema)
    for operation in OPERATIONS:
        known = {model: references[model, mode] for model, mode in _shapes_of(operation)}
        content = document["components"]["responses"]["Problem"]["content"]
        told = _told(operation, known, schemas) | {"responses": _responses(operation, known, content)}
        document["paths"].setdefault(operation.path, {})[operation.method.lower()] = told


def definitions() -> tuple[dict[tuple[type[BaseModel], JsonSchemaMode], Any], dict[str, Any]]:
    """A reference to each shape that goes in or out, and every shape by name."""
    references, told = models_json_schema(_shapes(), ref_template=_COMPONENTS + "{model}")
    known = {(shape, mode): each for (shape, mode), each in references.items() if issubclass(shape, BaseModel)}
    return known, told["$defs"]


def _shapes() -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    return list(dict.fromkeys(each for operation in OPERATIONS for each in _shapes_of(operation)))


def _shapes_of(operation: Operation) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    for shape in operation.shapes:
        yield shape, "validation" if issubclass(shape, RequestShape) else "serialization"


def _told(operation: Operation, known: dict[type[BaseModel], Any], schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "operationId": operation.name,
        "parameters": [*_places(operation), *_query(operation, known, schemas)],
        "security": [{"bearer": []}],
    }
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {_JSON: {"schema": known[operation.body]}}}
    return told


def _responses(operation: Operation, known: dict[type[BaseModel], Any], content: dict[str, Any]) -> dict[str, Any]:
    """What is answered; a refusal beside the codes that only this operation has."""
    codes = ", ".join(f"`{code}`" for code in operation.codes)
    refused = f"What went wrong, with a stable code{f': {codes}, or one that every operation has' if codes else ''}."
    return {
        "200": {"description": operation.summary, "content": {_JSON: {"schema": known[operation.answer]}}},
        "4XX": {"description": refused, "content": content, "x-codes": list(operation.codes)},
        "5XX": {"$ref": "#/components/responses/Problem"},
    }


def _places(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, pattern in operation.places.items():
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{pattern}$"}}


def _query(
    operation: Operation, known: dict[type[BaseModel], Any], schemas: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """A shape's members as parameters of the query string."""
    if operation.query is None:
        return
    shape = schemas[known[operation.query]["$ref"].removeprefix(_COMPONENTS)]
    for name, schema in shape["properties"].items():
        yield {"name": name, "in": "query", "required": name in shape["required"], "schema": schema}

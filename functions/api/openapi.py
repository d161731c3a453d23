"""The OpenAPI 3.1 document of the resolver's routes, and of those that another function answers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from functions.api.desk import OurDesk
from functions.api.json import dump
from nightdesk.contracts.api.common import ProblemShape
from nightdesk.runtime.problems import CONTENT_TYPE

TITLE: Final = "Nightdesk"
_SUPERSEDED: Final = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
_PROBLEM: Final = {"$ref": "#/components/responses/Problem"}


def serve_at(resolver: APIGatewayRestResolver, path: str, public: Collection[tuple[str, str]]) -> None:
    """Serve the document, in which all but the public operations ask for a token."""

    @resolver.get(path, include_in_schema=False)
    def _document(desk: OurDesk) -> Response[str]:
        return Response(
            200, "application/json", dump({**_made(resolver, frozenset(public)), "info": _info(desk.version)})
        )


def methods_of(resolver: APIGatewayRestResolver, path: str) -> tuple[str, ...]:
    """The methods that the path takes, whatever its parameters."""
    return next((methods for pattern, methods in _patterns(resolver) if pattern.fullmatch(path.rstrip("/"))), ())


@cache
def _patterns(resolver: APIGatewayRestResolver) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    paths = resolver.get_openapi_schema(title=TITLE, version="").paths or {}
    return tuple(
        (
            re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
            tuple(sorted(_methods(item.model_dump(exclude_none=True)))),
        )
        for path, item in paths.items()
    )


def _methods(item: dict[str, Any]) -> Iterator[str]:
    return (name.upper() for name in item if name in {"get", "post", "put", "patch", "delete"})


@cache
def _made(resolver: APIGatewayRestResolver, public: frozenset[tuple[str, str]]) -> dict[str, Any]:
    text = resolver.get_openapi_json_schema(
        title=TITLE, version="", openapi_version="3.1.0", security_schemes={"bearer": HTTPBearer(bearerFormat="JWT")}
    )
    document: dict[str, Any] = json.loads(text)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, is_public=(method.upper(), path) in public)
    _tell_problems(document["components"])
    from functions.api import openapi_analytics  # noqa: PLC0415 - its shapes would slow every cold start

    openapi_analytics.add(document)
    return document


def _complete(operation: dict[str, Any], *, is_public: bool) -> None:
    """Errors as we answer them, and whether a token is needed."""
    for status in ("422", "500"):
        operation["responses"].pop(status, None)
    for status in ("202", "204"):
        operation["responses"].get(status, {}).pop("content", None)
    operation["responses"] |= {"4XX": _PROBLEM, "5XX": _PROBLEM}
    operation["security"] = [] if is_public else [{"bearer": []}]


def _tell_problems(components: dict[str, Any]) -> None:
    schema = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= schema.pop("$defs")
    components["schemas"]["ProblemShape"] = schema
    for name in _SUPERSEDED:
        components["schemas"].pop(name, None)
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
    components["responses"] = {"Problem": {"description": "What went wrong, with a stable code.", "content": content}}


def _info(version: str) -> dict[str, str]:
    return {
        "title": TITLE,
        "version": version,
        "description": "Amounts are decimal texts, instants are UTC, errors are application/problem+json.",
    }

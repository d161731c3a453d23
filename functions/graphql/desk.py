"""What the function answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.graphql.context import Asked
from nightdesk.contracts.graphql.request import parse_request
from nightdesk.contracts.graphql.schema import DeskSchema
from nightdesk.identity.model import Caller
from nightdesk.identity.service import IdentityService
from nightdesk.kernel.errors import InvalidInput
from nightdesk.runtime import correlation
from nightdesk.runtime.http import (
    Event,
    Reply,
    bearer_token,
    body_text,
    boundary,
    require_json,
    require_own_origin,
)

_SERVED = frozenset({OperationType.QUERY, OperationType.MUTATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlDesk:
    """The services behind the schema."""

    schema: DeskSchema
    identity: IdentityService
    answers: Answers
    allowed_origin: str


def serve(event: Event, desk: GraphqlDesk) -> Reply:
    """Answer one operation; who asks is settled before the body is read."""
    return boundary(event, lambda: _admit(event, desk))


def _admit(event: Event, desk: GraphqlDesk) -> Reply:
    require_own_origin(event, desk.allowed_origin)
    caller = desk.identity.authenticate(bearer_token(event))
    text = body_text(event)
    require_json(event)
    return _reply(_execute(text, desk, caller))


def _execute(text: str, desk: GraphqlDesk, caller: Caller) -> ExecutionResult:
    request = parse_request(text)
    context = Asked(caller=caller, correlation_id=correlation.current() or correlation.new(), answers=desk.answers)
    try:
        return desk.schema.execute_sync(
            request.query,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
            allowed_operation_types=_SERVED,
        )
    except (InvalidOperationTypeError, CannotGetOperationTypeError):
        message = "Name one query or mutation; subscriptions are served by the websocket."
        raise InvalidInput("graphql.operation_not_served", message) from None


def _reply(result: ExecutionResult) -> Reply:
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [error.formatted for error in result.errors]
    return {
        "statusCode": 200,
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": orjson.dumps(content).decode(),
        "isBase64Encoded": False,
    }

"""What a GraphQL request over HTTP holds.

Source: GraphQL over HTTP, working draft of 2025, section "Request Parameters".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nightdesk.kernel.errors import InvalidInput

QUERY_CHARACTERS_MAX = 16 * 1024


class GraphqlRequest(BaseModel):
    """One operation."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    query: Annotated[str, Field(min_length=1, max_length=QUERY_CHARACTERS_MAX)]
    variables: dict[str, Any] | None = None
    operation_name: Annotated[str | None, Field(alias="operationName", max_length=200)] = None


def parse_request(text: str) -> GraphqlRequest:
    """The operation that the body asks for.

    Raises:
        InvalidInput: `request.malformed`: it is no GraphQL request in JSON.
    """
    try:
        return GraphqlRequest.model_validate_json(text)
    except ValidationError:
        message = f"Send {{query, variables, operationName}} with a query of at most {QUERY_CHARACTERS_MAX} characters."
        raise InvalidInput("request.malformed", message) from None

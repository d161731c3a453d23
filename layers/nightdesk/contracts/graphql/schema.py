"""The schema and its limits."""

from __future__ import annotations

import logging
from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.types.execution import ExecutionContext

from nightdesk.contracts.graphql.mutations import Mutation
from nightdesk.contracts.graphql.queries import Query
from nightdesk.contracts.graphql.subscriptions import Subscription

DEPTH_MAX: Final = 8
TOKENS_MAX: Final = 2000
ALIASES_MAX: Final = 10
INVALID: Final = "graphql.invalid"
_log = logging.getLogger(__name__)


class DeskSchema(strawberry.Schema):
    """Gives every error a code; those of resolvers are logged where they are told."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002
    ) -> None:
        """Errors without a code are the document's own: it can't be parsed, is invalid or over a limit."""
        for error in errors:
            error.extensions = {"code": INVALID, **(error.extensions or {})}
        _log.info("operation refused", extra={"error_codes": [(error.extensions or {})["code"] for error in errors]})


def make_schema() -> DeskSchema:
    """The schema; its extensions are made afresh for each operation."""
    return DeskSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[
            lambda: QueryDepthLimiter(max_depth=DEPTH_MAX),
            lambda: MaxTokensLimiter(max_token_count=TOKENS_MAX),
            lambda: MaxAliasesLimiter(max_alias_count=ALIASES_MAX),
        ],
    )

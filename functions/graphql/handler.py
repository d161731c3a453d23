"""Entry: POST /graphql from API Gateway (proxy integration)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.graphql.desk import serve
from functions.graphql.wiring import wire
from nightdesk.runtime.functions import entry


@entry("graphql")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one operation."""
    return serve(event, wire())

"""Entry: REST requests from API Gateway (proxy integration)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.app import serve
from functions.api.wiring import wire
from nightdesk.runtime.functions import entry


@entry("api")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return serve(event, context, wire())

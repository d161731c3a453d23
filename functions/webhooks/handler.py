"""Entry: webhooks from API Gateway (proxy integration, one resource a route)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.webhooks.app import make_app
from functions.webhooks.wiring import wire
from nightdesk.runtime.functions import entry

app = make_app(wire)


@entry("webhooks")
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer one request."""
    return app(event, context)

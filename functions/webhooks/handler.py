"""Entry: webhooks from API Gateway (proxy integration, one resource a route)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.webhooks.app import make_app
from functions.webhooks.wiring import wire, wire_signals
from nightdesk.runtime.functions import entry

app = make_app(wire, wire_signals)


@entry("webhooks")
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer one request; or, by schedule, only be ready for the next: TradingView waits three seconds at most."""
    if event.get("detail-type") == "Scheduled Event":
        return {"ready": wire_signals() is not None}
    return app(event, context)

"""Entry: invoked and waited for with a `GatewayRequest`; answers a `GatewayAnswer`, never an exception of a venue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.exchange_gateway.dispatch import answer
from functions.exchange_gateway.wiring import meter, wire
from nightdesk.runtime import correlation
from nightdesk.runtime.functions import entry


@entry("exchange_gateway")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do what is asked, if it is one of the listed operations."""
    asked = event.get("correlation_id") if isinstance(event, dict) else None
    with correlation.bound(correlation.accept(asked if isinstance(asked, str) else None)):
        try:
            return answer(wire(), event)
        finally:
            meter().flush()

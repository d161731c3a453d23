"""Entry: histories, replays and templates from API Gateway (proxy integration)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.analytics.desk import serve
from functions.analytics.wiring import wire
from nightdesk.runtime.functions import entry


@entry("analytics")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return serve(event, wire())

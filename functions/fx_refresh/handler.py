"""Entry: EventBridge calls it hourly; it fetches the latest table of rates and keeps it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.fx_refresh.wiring import wire
from nightdesk.kernel.instants import format_instant
from nightdesk.runtime.functions import entry


@entry("fx_refresh")
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Fetch and keep; the same table fetched twice is kept once.

    Returns:
        `{"source", "at", "currencies": <how many>}`.
    """
    rates = wire()()
    return {"source": rates.source, "at": format_instant(rates.at), "currencies": len(rates.rates)}

"""Entry: EventBridge calls it hourly; it fetches the latest table of rates and keeps it."""

from __future__ import annotations

import logging
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.fx_refresh.wiring import wire
from nightdesk.kernel.instants import format_instant
from nightdesk.runtime.functions import entry

NO_APP_ID: Final = "No rates of currencies: the secret holds no application id of Open Exchange Rates yet."
_log = logging.getLogger(__name__)


@entry("fx_refresh")
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Fetch and keep; the same table fetched twice is kept once.

    Returns:
        `{"source", "at", "currencies": <how many>}`, or `{"skipped": <why>}`.
    """
    rates = wire()()
    if rates is None:
        _log.warning(NO_APP_ID)
        return {"skipped": NO_APP_ID}
    return {"source": rates.source, "at": format_instant(rates.at), "currencies": len(rates.rates)}

"""Entry: EventBridge calls it hourly; it fetches the thousand largest coins, and once a day their all-time highs."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.marketcaps_refresh.wiring import refresh
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("marketcaps_refresh")
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do an hour's work once.

    Returns:
        `{"rows", "mapped", "credits_used", "skipped"}`; `skipped` says why nothing was done.
    """
    done = asdict(refresh())
    _log.info("market capitalisations", extra=done)
    return done

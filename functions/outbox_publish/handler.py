"""Entry: each minute, by schedule."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.outbox_publish.wiring import wire
from nightdesk.runtime import correlation
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("outbox_publish")
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Sweep once.

    Returns:
        `{"published": <events>, "resent": <imports>}`.
    """
    with correlation.bound(correlation.new()):
        swept = asdict(wire().sweep())
        _log.info("swept", extra=swept)
        return swept

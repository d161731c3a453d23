"""Entry: each minute by schedule; two more looks follow by messages, which the sender hands to this function."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.alerts_watch.wiring import wire
from nightdesk.runtime import correlation
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("alerts_watch")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Look once.

    Returns:
        `{"resent", "digests", "canaries", "lost"}`: how many of each.
    """
    with correlation.bound(correlation.new()):
        looked = asdict(wire().look(and_again=not event.get("in_between")))
        _log.info("looked after alerts", extra=looked)
        return looked

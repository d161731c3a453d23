"""Entry: each minute, by schedule; and by hand of whoever runs the platform, to halt or resume everybody's trading.

`{"operation": "halt", "reason": "…", "allow_reducing": false, "cancel_orders": true}` and `{"operation": "resume"}`.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.orders_reconcile.wiring import Wired, wire
from nightdesk.contracts.platform import PLATFORM_ORDER, HaltPlatform
from nightdesk.runtime import correlation
from nightdesk.runtime.functions import entry

ADOPT_EVERY_MIN: Final = 5
_log = logging.getLogger(__name__)


@entry("orders_reconcile")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Sweep once, or switch."""
    with correlation.bound(correlation.new()) as correlation_id:
        wired = wire()
        if "operation" in event:
            return _switch(wired, event)
        swept: dict[str, Any] = asdict(wired.sweeper.sweep())
        swept["halted"] = wired.sweeper.enforce_halts()
        if wired.clock.now().minute % ADOPT_EVERY_MIN == 0:
            swept["adopted"] = wired.sweeper.adopt_all(correlation_id)
        _log.info("swept", extra=swept)
        return swept


def _switch(wired: Wired, event: dict[str, Any]) -> dict[str, Any]:
    order = PLATFORM_ORDER.validate_python(event)
    if not isinstance(order, HaltPlatform):
        return {"changed": wired.platform.release()}
    changed = wired.platform.engage(
        reason=order.reason, allow_reducing=order.allow_reducing, cancel_orders=order.cancel_orders
    )
    return {"changed": changed, "cancelled": wired.sweeper.enforce_halts() if order.cancel_orders else 0}

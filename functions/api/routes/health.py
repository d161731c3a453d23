"""Whether the desk works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from functions.api.desk import OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.common import CheckShape, HealthShape
from nightdesk.kernel.errors import NightdeskError

router = new_router()
_log = logging.getLogger(__name__)


@router.get("/health", summary="Whether the desk works", tags=["health"])
def health(desk: OurDesk) -> HealthShape:
    """Answers even when a part of the desk does not; `status` is then `degraded`."""
    checks = {name: _check(name, check) for name, check in desk.checks.items()}
    status = "ok" if all(check.ok for check in checks.values()) else "degraded"
    return HealthShape(status=status, version=desk.version, checks=checks)


def _check(name: str, check: Callable[[], None]) -> CheckShape:
    started = perf_counter()
    try:
        check()
    except NightdeskError as error:
        _log.warning("check failed", extra={"check": name, "error_code": error.code})
        return CheckShape(ok=False, latency_ms=None)
    return CheckShape(ok=True, latency_ms=round((perf_counter() - started) * 1000, 3))

"""Binance USD-M futures: hosts and counts of their own, apart from spot's.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info, read 2026-11-20 (2,400
weight a minute and address, told in X-MBX-USED-WEIGHT-1M); each endpoint's page for its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope
from nightdesk.balancer.request import Described, Request

READ_AT: Final = date(2026, 11, 20)
WEIGHT: Final = Limit(
    id=LimitId("futures_weight"),
    kind=LimitKind.WINDOW,
    scope=Scope.EGRESS,
    limit=2_400,
    period_ms=60_000,
    guard_ms=250,
    usable_permille=950,
)

_DEAREST: Final = 40
"""What an unknown route is taken to weigh, so that a new one can't surprise."""

_ALL_SYMBOLS: Final = 10
_WEIGHTS: Final[Mapping[str, int]] = {
    "/fapi/v1/ping": 1,
    "/fapi/v1/time": 1,
    "/fapi/v1/exchangeInfo": 1,
    "/fapi/v3/account": 5,
    "/fapi/v3/positionRisk": 5,
    "/fapi/v2/positionRisk": 5,
    "/fapi/v1/userTrades": 5,
    "/fapi/v1/income": 30,
    "/fapi/v1/leverageBracket": 1,
    "/fapi/v1/leverage": 1,
}
_LIVE: Final = frozenset({"/fapi/v3/account", "/fapi/v3/positionRisk", "/fapi/v2/positionRisk"})
_CACHE_MS: Final = {"/fapi/v1/exchangeInfo": 3_600_000, "/fapi/v1/premiumIndex": 1_000}


def is_futures(request: Request) -> bool:
    """Whether the request goes to the futures' own API."""
    return request.path.startswith("/fapi/")


def describe(request: Request) -> Described:
    """What the request takes from the futures' limits; the desk sends no order there."""
    return Described(
        costs=(Cost(limit=WEIGHT, cost=_weight(request)),),
        priority=Priority.FILL if request.path in _LIVE else Priority.HISTORY,
        cache_ms=_CACHE_MS.get(request.path, 0),
        mutates=request.method != "GET",
    )


def _weight(request: Request) -> int:
    if request.path == "/fapi/v1/premiumIndex":
        return 1 if "symbol" in request.parameters else _ALL_SYMBOLS
    return _WEIGHTS.get(request.path, _DEAREST)

"""Open Exchange Rates.

Source: Open Exchange Rates, API reference `/latest.json`, 2026-11: `{disclaimer, license, timestamp, base, rates}`;
errors `{error: true, status, message, description}`. The free plan's base is USD.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import urllib3

from nightdesk.kernel.assets import AssetId, asset_id
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import DECIMALS, DIGITS, quantize
from nightdesk.markets.fx import FxRates

HOST = "openexchangerates.org"
_TIMEOUT = urllib3.Timeout(connect=5, read=15)
_LARGEST_BYTES = 1_000_000


class OpenExchangeRates:
    """Asks for the latest table.

    Args:
        app_id: The application's id; never appears in an error.
        route: `direct`, or `local:<host>:<port>:<ca file>` to reach a local stand-in under the real name.
    """

    def __init__(self, app_id: str, *, route: str = "direct") -> None:
        self._app_id = app_id
        self._pool = _pool(route)

    def latest(self) -> FxRates:
        """The present table.

        Raises:
            RateLimited: The plan's requests are used up.
            Unavailable: No answer, or none that can be rates.
        """
        try:
            answer = self._pool.request(
                "GET",
                "/api/latest.json",
                fields={"app_id": self._app_id, "prettyprint": "0"},
                headers={"Host": HOST, "Accept": "application/json"},
                timeout=_TIMEOUT,
                retries=False,
                preload_content=False,
            )
            body = answer.read(_LARGEST_BYTES)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable("fx.unavailable", "Open Exchange Rates does not answer.") from error
        return _rates(body) if answer.status == 200 else _refuse(answer.status)  # noqa: PLR2004 - HTTP


def _pool(route: str) -> urllib3.HTTPSConnectionPool:
    if route == "direct":
        return urllib3.HTTPSConnectionPool(HOST, 443, maxsize=1)
    _, host, port, ca_file = route.split(":", 3)
    return urllib3.HTTPSConnectionPool(
        host, int(port), maxsize=1, ca_certs=ca_file, server_hostname=HOST, assert_hostname=HOST
    )


def _refuse(status: int) -> FxRates:
    error: NightdeskError = Unavailable("fx.unavailable", f"Open Exchange Rates answered with status {status}.")
    if status == 429:  # noqa: PLR2004 - HTTP
        error = RateLimited("fx.rate_limited", "The Open Exchange Rates plan has no requests left.", retry_after_s=3600)
    raise error


def _rates(body: bytes) -> FxRates:
    try:
        told: dict[str, Any] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        base = asset_id(told["base"])
        rates = {asset_id(code): _rate(rate) for code, rate in told["rates"].items()}
        at = from_ms(int(told["timestamp"]) * 1000)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, NightdeskError) as error:
        raise Unavailable("fx.malformed", "Open Exchange Rates answered what can't be rates.") from error
    return FxRates(source="openexchangerates", base=base, at=at, rates={**rates, AssetId(base): Decimal(1)})


def _rate(told: Decimal) -> Decimal:
    rate = quantize(told)
    if not 0 < rate < Decimal(10) ** (DIGITS - DECIMALS):
        raise ValueError
    return rate

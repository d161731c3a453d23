"""Open Exchange Rates.

Source: Open Exchange Rates, API reference `/latest.json`, `/historical/*.json`, "Using ETags", 2026-11:
`{disclaimer, license, timestamp, base, rates}`; errors `{error: true, status, message, description}`; an unchanged
table is answered 304 to its ETag. The free plan's base is USD.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.marketdata.asking import Answered, ReferenceHost
from nightdesk.kernel.assets import AssetId, asset_id
from nightdesk.kernel.errors import NightdeskError, NotFound
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import DECIMALS, DIGITS, quantize
from nightdesk.markets.fx import FxAnswer, FxRates

HOST: Final = "openexchangerates.org"
NAME: Final = "openexchangerates"
FIRST_DAY: Final = date(1999, 1, 1)


class OpenExchangeRates:
    """Asks for tables.

    Args:
        app_id: The application's id; never appears in an error.
        route: `direct`, or `local:<host>:<port>:<ca file>` to reach a local stand-in under the real name.
    """

    name = NAME

    def __init__(self, app_id: str, *, route: str = "direct") -> None:
        self._app_id = app_id
        self._host = ReferenceHost(HOST, name="Open Exchange Rates", code="fx", route=route)

    def latest(self, mark: str | None = None) -> FxAnswer:
        """The present table.

        Raises:
            RateLimited: The plan's requests are used up.
            Unavailable: No answer, or none that can be rates.
        """
        answered = self._ask("latest", {"If-None-Match": mark} if mark else {})
        if mark and answered.status == HTTPStatus.NOT_MODIFIED:
            return FxAnswer(rates=None, mark=mark)
        return FxAnswer(rates=self._rates(answered), mark=answered.headers.get("etag"))

    def on_day(self, day: date) -> FxRates:
        """The table at the end of a past day.

        Raises:
            NotFound: It is a day before the service's first.
            RateLimited: The plan's requests are used up.
            Unavailable: No answer, or none that can be rates.
        """
        if day < FIRST_DAY:
            raise NotFound("fx.no_such_day", f"Open Exchange Rates begins on {FIRST_DAY}.")
        return self._rates(self._ask(f"historical/{day.isoformat()}", {}))

    def _ask(self, what: str, headers: dict[str, str]) -> Answered:
        return self._host.get(f"/api/{what}.json", {"app_id": self._app_id, "prettyprint": "0"}, headers)

    def _rates(self, answered: Answered) -> FxRates:
        if answered.status != HTTPStatus.OK:
            raise self._host.refusal(answered)
        try:
            return _table(answered.body)
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, NightdeskError) as error:
            raise self._host.malformed() from error


def _table(body: bytes) -> FxRates:
    told: dict[str, Any] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    base = asset_id(told["base"])
    rates = {asset_id(code): positive_rate(rate) for code, rate in told["rates"].items()}
    at = from_ms(int(told["timestamp"]) * 1000)
    return FxRates(source=NAME, base=base, at=at, rates={**rates, AssetId(base): Decimal(1)})


def positive_rate(told: Decimal) -> Decimal:
    """A rate as it is kept.

    Raises:
        ValueError: It is not positive, or too large.
    """
    rate = quantize(told)
    if not 0 < rate < Decimal(10) ** (DIGITS - DECIMALS):
        raise ValueError
    return rate

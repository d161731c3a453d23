"""The European Central Bank's euro foreign exchange reference rates: about 30 currencies, once each working day.

Source: ECB Data Portal, API help "Data" (SDMX 2.1 REST, dataflow EXR, `format=csvdata`), 2026-11: columns by name,
among them `CURRENCY`, `TIME_PERIOD` and `OBS_VALUE`; 404 where nothing was found, 304 to `If-None-Match`. "Euro foreign
exchange reference rates" (ECB): they are of 14:10 to 14:15 CET and published around 16:00. No key, no cost.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from nightdesk.adapters.marketdata.asking import Answered, ReferenceHost
from nightdesk.adapters.marketdata.openexchangerates import positive_rate
from nightdesk.kernel.assets import AssetId, asset_id
from nightdesk.kernel.errors import NightdeskError, NotFound
from nightdesk.kernel.instants import Clock
from nightdesk.markets.fx import FxAnswer, FxRates

HOST: Final = "data-api.ecb.europa.eu"
NAME: Final = "ecb"
EURO: Final = AssetId("EUR")
FIRST_DAY: Final = date(1999, 1, 4)
LOOK_BACK: Final = timedelta(days=9)
"""No two working days of the ECB are so far apart."""

_PATH: Final = "/service/data/EXR/D..EUR.SP00.A"
_MADE: Final = time(14, 15)
_FRANKFURT: Final = ZoneInfo("Europe/Berlin")
_NOTHING: Final = frozenset({"", "NaN"})


class EuropeanCentralBank:
    """Asks for reference rates."""

    name = NAME

    def __init__(self, clock: Clock, *, route: str = "direct") -> None:
        self._clock = clock
        self._host = ReferenceHost(HOST, name="The European Central Bank", code="fx", route=route)

    def latest(self, mark: str | None = None) -> FxAnswer:
        """The newest table.

        Raises:
            RateLimited: It was asked too often.
            Unavailable: No answer, or none that can be rates.
        """
        answered = self._ask(self._clock.now().date(), {"If-None-Match": mark} if mark else {})
        if mark and answered.status == HTTPStatus.NOT_MODIFIED:
            return FxAnswer(rates=None, mark=mark)
        return FxAnswer(rates=self._rates(answered), mark=answered.headers.get("etag"))

    def on_day(self, day: date) -> FxRates:
        """The last table that was made on the day or before.

        Raises:
            NotFound: It is a day before the euro's first rates.
            RateLimited: It was asked too often.
            Unavailable: No answer, or none that can be rates.
        """
        if day < FIRST_DAY:
            raise NotFound("fx.no_such_day", f"The European Central Bank's rates begin on {FIRST_DAY}.")
        return self._rates(self._ask(day, {}))

    def _ask(self, last_day: date, headers: dict[str, str]) -> Answered:
        window = {"startPeriod": (last_day - LOOK_BACK).isoformat(), "endPeriod": last_day.isoformat()}
        return self._host.get(_PATH, {**window, "format": "csvdata"}, {"Accept": "text/csv", **headers})

    def _rates(self, answered: Answered) -> FxRates:
        if answered.status != HTTPStatus.OK:
            raise self._host.refusal(answered)
        try:
            return _table(answered.body.decode())
        except (ValueError, KeyError, TypeError, ArithmeticError, NightdeskError) as error:
            raise self._host.malformed() from error


def _table(text: str) -> FxRates:
    """Currencies whose newest rate is of the newest day: those that left the list keep an older one for ever."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["OBS_VALUE"] not in _NOTHING]
    day = max(date.fromisoformat(row["TIME_PERIOD"]) for row in rows)
    rates = {
        asset_id(row["CURRENCY"]): positive_rate(Decimal(row["OBS_VALUE"]))
        for row in rows
        if date.fromisoformat(row["TIME_PERIOD"]) == day
    }
    at = datetime.combine(day, _MADE, _FRANKFURT).astimezone(UTC)
    return FxRates(source=NAME, base=EURO, at=at, rates={**rates, EURO: Decimal(1)})

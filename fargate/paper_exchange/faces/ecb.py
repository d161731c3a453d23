"""A stand-in for the ECB Data Portal: daily euro reference rates as CSV, on working days, from 14:15 in Frankfurt on.

Source: ECB Data Portal, API help "Data", 2026-11.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from fargate.paper_exchange.faces.currency_levels import CENTRAL_BANK
from fargate.paper_exchange.faces.reference_rates import DAY_MS, CurrencyLevels, Mood, Moods, refused
from fargate.paper_exchange.hosts import CENTRAL_BANK_HOST
from nightdesk.kernel.instants import from_ms

PATH: Final = "/service/data/EXR/D..EUR.SP00.A"
LEFT_THE_LIST: Final = ("RUB", date(2022, 3, 1), "117.2010")
"""A currency whose rates ended: asked for by days, it isn't among the newer ones."""

WINDOW_MAX: Final = 400
_COLUMNS: Final = (
    "KEY", "FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS",
    "TITLE",
)  # fmt: skip
_FRANKFURT: Final = ZoneInfo("Europe/Berlin")
_SATURDAY: Final = 5


class CentralBankStandIn:
    """Answers for the data portal's host."""

    hosts = frozenset({CENTRAL_BANK_HOST})

    def __init__(self, levels: CurrencyLevels, moods: Moods) -> None:
        self._levels = levels
        self._moods = moods

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        mood = self._moods.take(CENTRAL_BANK_HOST)
        if answer := refused(mood):
            return answer
        if request.path != PATH or request.query.get("format") != "csvdata":
            return web.Response(status=404, text="No results found.")
        try:
            days = self._days(request.query["startPeriod"], request.query["endPeriod"], mood)
        except (KeyError, ValueError):
            return web.Response(status=400, text="Bad parameters.")
        if not days:
            return web.Response(status=404, text="No results found.")
        body = _csv([row for day in days for row in self._rows(day, mood)])
        mark = f'"{hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()}"'
        if request.headers.get("If-None-Match") == mark:
            return web.Response(status=304, headers={"ETag": mark})
        return web.Response(text=body, headers={"ETag": mark}, content_type="text/csv")

    def _days(self, start: str, end: str, mood: Mood | None) -> list[date]:
        now = from_ms(self._levels.now_ms() - (10 * DAY_MS if mood is Mood.STALE else 0)).astimezone(_FRANKFURT)
        newest = now.date() if now.time() >= time(14, 15) else now.date() - timedelta(days=1)
        first = date.fromisoformat(start) - (timedelta(days=10) if mood is Mood.STALE else timedelta(0))
        last = min(date.fromisoformat(end), newest)
        days = [first + timedelta(days=number) for number in range(min((last - first).days + 1, WINDOW_MAX))]
        return [day for day in days if day.weekday() < _SATURDAY]

    def _rows(self, day: date, mood: Mood | None) -> Iterator[tuple[str, str, str]]:
        rates = self._per_dollar(day, mood)
        per_euro = Decimal(1) / Decimal(rates["EUR"])
        for code in CENTRAL_BANK:
            wrong = Decimal("1.25") if mood is Mood.WRONG and code != "USD" else Decimal(1)
            rate = Decimal(rates[code]) * per_euro * wrong
            yield code, day.isoformat(), f"{rate.quantize(Decimal('0.0001'), ROUND_HALF_EVEN):f}"
        left, until, last = LEFT_THE_LIST
        if day <= until:
            yield left, day.isoformat(), last

    def _per_dollar(self, day: date, mood: Mood | None) -> Mapping[str, str]:
        now_ms = self._levels.now_ms()
        midnight_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        if now_ms - midnight_ms < 5 * DAY_MS or mood is Mood.STALE:
            return self._levels.of_hour(now_ms)
        return self._levels.of_day(midnight_ms // DAY_MS)


def _csv(rows: list[tuple[str, str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for code, day, value in sorted(rows):
        title = f"{code}/Euro, 2:15 pm (C.E.T.)"
        writer.writerow([f"EXR.D.{code}.EUR.SP00.A", "D", code, "EUR", "SP00", "A", day, value, "A", title])
    return text.getvalue()

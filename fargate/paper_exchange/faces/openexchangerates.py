"""A stand-in for Open Exchange Rates, so that currencies have rates where there is no internet.

It speaks `/api/latest.json`, `/api/historical/<day>.json` and `/api/currencies.json`, with the service's errors and
ETags.

Source: Open Exchange Rates, API reference, 2026-11.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson
from aiohttp import web

from fargate.paper_exchange.faces.currency_levels import LEVELS
from fargate.paper_exchange.faces.reference_rates import DAY_MS, HOUR_MS, CurrencyLevels, Mood, Moods, refused
from fargate.paper_exchange.hosts import OPEN_EXCHANGE_RATES

_HISTORICAL: Final = re.compile(r"/api/historical/(\d{4}-\d{2}-\d{2})\.json")


class OpenExchangeRatesStandIn:
    """Answers for the service's host."""

    hosts = frozenset({OPEN_EXCHANGE_RATES})

    def __init__(self, levels: CurrencyLevels, moods: Moods) -> None:
        self._levels = levels
        self._moods = moods

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        mood = self._moods.take(OPEN_EXCHANGE_RATES)
        if answer := refused(mood):
            return answer
        if request.path == "/api/currencies.json":
            return _answer({code: code for code in LEVELS})
        if not request.query.get("app_id"):
            return _refuse(401, "missing_app_id", "No App ID provided.")
        if request.path == "/api/latest.json":
            return self._latest(request, mood)
        if past := _HISTORICAL.fullmatch(request.path):
            return self._historical(past[1])
        return _refuse(404, "not_found", "Client requested a resource that does not exist.")

    def _latest(self, request: web.Request, mood: Mood | None) -> web.Response:
        at_ms = self._levels.now_ms() // HOUR_MS * HOUR_MS
        told_ms = at_ms - 10 * DAY_MS if mood is Mood.STALE else at_ms
        body = orjson.dumps(_table(told_ms, self._levels.of_hour(at_ms, mood=mood)))
        mark = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        if request.headers.get("If-None-Match") == mark:
            return web.Response(status=304, headers={"ETag": mark})
        return web.Response(body=body, headers={"ETag": mark}, content_type="application/json")

    def _historical(self, text: str) -> web.Response:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return _refuse(400, "not_available", "Historical rates for the requested date are not available.")
        midnight_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        if midnight_ms > self._levels.now_ms():
            return _refuse(400, "not_available", "Historical rates for the requested date are not available.")
        return _answer(_table(midnight_ms + DAY_MS - 1000, self._levels.of_day(midnight_ms // DAY_MS)))


def _table(at_ms: int, rates: Mapping[str, str]) -> dict[str, Any]:
    return {
        "disclaimer": "Made by the paper exchange; no market's rates.",
        "license": "None.",
        "timestamp": at_ms // 1000,
        "base": "USD",
        "rates": {code: orjson.Fragment(rate) for code, rate in rates.items()},
    }


def _answer(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _refuse(status: int, message: str, description: str) -> web.Response:
    return _answer({"error": True, "status": status, "message": message, "description": description}, status)

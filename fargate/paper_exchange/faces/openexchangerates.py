"""A stand-in for Open Exchange Rates, so that currencies have rates where there is no internet.

It speaks `/api/latest.json` and `/api/currencies.json` with the service's errors. The euro follows the exchange's own
EUR/USDT market; other currencies keep to fixed levels: plausible, but no market's.

Source: Open Exchange Rates, API reference, 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from aiohttp import web

from fargate.paper_exchange.engine.errors import OrderRejected, UnknownInstrument
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.hosts import REFERENCE_HOSTS
from nightdesk.kernel.money import divide, format_amount

EURO_MARKET = "EUR/USDT"
HOUR_MS = 3_600_000
LEVELS: dict[str, str] = {
    "AED": "3.6725", "ARS": "1420.5", "AUD": "1.5325", "BRL": "5.3412", "CAD": "1.4035", "CHF": "0.8052",
    "CLP": "932.15", "CNY": "7.1105", "COP": "3745.2", "CZK": "20.912", "DKK": "6.4521", "EUR": "0.8642",
    "GBP": "0.7621", "HKD": "7.7842", "HUF": "331.25", "IDR": "16720", "ILS": "3.2615", "INR": "88.715",
    "JPY": "156.84", "KRW": "1467.3", "MXN": "18.362", "MYR": "4.1385", "NGN": "1452.4", "NOK": "10.128",
    "NZD": "1.7762", "PHP": "58.82", "PLN": "3.6615", "RON": "4.3952", "SAR": "3.7502", "SEK": "9.5124",
    "SGD": "1.3045", "THB": "32.415", "TRY": "42.381", "TWD": "31.205", "UAH": "42.185", "USD": "1",
    "VND": "26365", "ZAR": "17.184",
}  # fmt: skip


class OpenExchangeRatesStandIn:
    """Answers for the service's host."""

    hosts = REFERENCE_HOSTS

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        if request.path == "/api/currencies.json":
            return _answer({code: code for code in LEVELS})
        if request.path != "/api/latest.json":
            return _refuse(404, "not_found", "Client requested a resource that does not exist.")
        if not request.query.get("app_id"):
            return _refuse(401, "missing_app_id", "No App ID provided.")
        return _answer(self._latest())

    def _latest(self) -> dict[str, Any]:
        now_ms = self._exchange.clock.now_ms()
        rates = {**LEVELS, "EUR": format_amount(self._euro())}
        return {
            "disclaimer": "Made by the paper exchange; no market's rates.",
            "license": "None.",
            "timestamp": now_ms // HOUR_MS * HOUR_MS // 1000,
            "base": "USD",
            "rates": {code: orjson.Fragment(rate) for code, rate in rates.items()},
        }

    def _euro(self) -> Decimal:
        try:
            price = self._exchange.markets.last(EURO_MARKET).price
        except (OrderRejected, UnknownInstrument):
            return Decimal(LEVELS["EUR"])
        return divide(Decimal(1), price)


def _answer(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _refuse(status: int, message: str, description: str) -> web.Response:
    return _answer({"error": True, "status": status, "message": message, "description": description}, status)

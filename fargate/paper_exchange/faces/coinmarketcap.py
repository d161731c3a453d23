"""A stand-in for CoinMarketCap: the thousand coins of `listed_coins`, traded ones at the paper exchange's own prices.

It speaks the listings and the price performance statistics, counts credits as the service does, and wants a key.

Source: CoinMarketCap Pro API reference, 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any, Final

import orjson
from aiohttp import web

from fargate.paper_exchange.engine.errors import OrderRejected, UnknownInstrument
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.listed_coins import Coin, listed_coins
from fargate.paper_exchange.faces.reference_rates import DAY_MS, Mood, Moods, refused
from fargate.paper_exchange.hosts import COIN_MARKET_CAP
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import format_amount, multiply

LISTINGS: Final = "/v1/cryptocurrency/listings/latest"
PERFORMANCE: Final = "/v2/cryptocurrency/price-performance-stats/latest"
ROWS_A_CREDIT: Final = 200
COINS_A_CREDIT: Final = 100
LIMIT_MAX: Final = 5000


class CoinMarketCapStandIn:
    """Answers for the service's host."""

    hosts = frozenset({COIN_MARKET_CAP})

    def __init__(self, exchange: Exchange, moods: Moods) -> None:
        self._exchange = exchange
        self._moods = moods
        self._coins = listed_coins()
        self.credits_used = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        mood = self._moods.take(COIN_MARKET_CAP)
        if answer := refused(mood):
            return answer
        if not request.headers.get("X-CMC_PRO_API_KEY"):
            return self._refuse(401, 1002, "API key missing.")
        if request.path == LISTINGS:
            return self._listings(request, mood)
        if request.path == PERFORMANCE:
            return self._performance(request, mood)
        return self._refuse(404, 404, "Not Found")

    def _listings(self, request: web.Request, mood: Mood | None) -> web.Response:
        limit = min(int(request.query.get("limit", "100")), LIMIT_MAX)
        start = int(request.query.get("start", "1"))
        ranked = sorted(self._coins, key=self._cap, reverse=True)
        rows = [self._row(coin, rank, mood) for rank, coin in enumerate(ranked, 1)][start - 1 :][:limit]
        return self._answer(rows, ceil(len(rows) / ROWS_A_CREDIT))

    def _performance(self, request: web.Request, mood: Mood | None) -> web.Response:
        if mood is Mood.NOT_IN_PLAN:
            return self._refuse(403, 1006, "Your API Key subscription plan doesn't support this endpoint.")
        wanted = {int(number) for number in request.query.get("id", "").split(",") if number.isdecimal()}
        found = {str(coin.number): self._high(coin) for coin in self._coins if coin.number in wanted}
        return self._answer(found, ceil(len(found) / COINS_A_CREDIT))

    def _row(self, coin: Coin, rank: int, mood: Mood | None) -> dict[str, Any]:
        price = self._price(coin) * (Decimal("1.25") if mood is Mood.WRONG else 1)
        at = _text(self._now_ms(mood))
        quote = {
            "price": _number(price),
            "volume_24h": _number(multiply(self._cap(coin), Decimal("0.031"))),
            "percent_change_24h": _number(Decimal(coin.number % 900 - 450) / 100),
            "market_cap": _number(self._cap(coin)),
            "last_updated": at,
        }
        return {
            "id": coin.number,
            "name": coin.name,
            "symbol": coin.symbol,
            "slug": coin.name.lower().replace(" ", "-").replace("'", ""),
            "cmc_rank": rank,
            "circulating_supply": None if coin.supply is None else _number(Decimal(coin.supply)),
            "tags": ["stablecoin"] if coin.stable else ["mineable"],
            "last_updated": at,
            "quote": {"USD": quote},
        }

    def _high(self, coin: Coin) -> dict[str, Any]:
        at, high = f"{coin.high_at}T00:00:00.000Z", max(Decimal(coin.high), self._price(coin))
        quote = {"USD": {"high": _number(high), "high_timestamp": at}}
        return {
            "id": coin.number,
            "symbol": coin.symbol,
            "name": coin.name,
            "periods": {"all_time": {"high_timestamp": at, "quote": quote}},
        }

    def _price(self, coin: Coin) -> Decimal:
        if coin.number >= 30_000:  # noqa: PLR2004 - made up, so no market here is theirs
            return Decimal(coin.price)
        try:
            return Decimal(self._exchange.markets.last(f"{coin.symbol}/USDT").price)
        except (OrderRejected, UnknownInstrument):
            return Decimal(coin.price)

    def _cap(self, coin: Coin) -> Decimal:
        return Decimal(0) if coin.supply is None else multiply(Decimal(coin.supply), self._price(coin))

    def _now_ms(self, mood: Mood | None = None) -> int:
        return self._exchange.clock.now_ms() - (10 * DAY_MS if mood is Mood.STALE else 0)

    def _answer(self, data: object, credits_: int) -> web.Response:
        self.credits_used += credits_
        return _reply({"status": self._status(0, None, credits_), "data": data})

    def _refuse(self, status: int, code: int, message: str) -> web.Response:
        return _reply({"status": self._status(code, message, 0)}, status)

    def _status(self, code: int, message: str | None, credits_: int) -> dict[str, Any]:
        return {
            "timestamp": _text(self._now_ms()),
            "error_code": code,
            "error_message": message,
            "elapsed": 1,
            "credit_count": credits_,
            "notice": None,
        }


def _reply(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _number(amount: Decimal) -> orjson.Fragment:
    return orjson.Fragment(format_amount(amount))


def _text(at_ms: int) -> str:
    at: datetime = from_ms(at_ms).astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"

"""What the stand-ins of reference sources know of currencies, and how the operator has them fail."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

from aiohttp import web

from fargate.paper_exchange.engine.errors import OrderRejected, UnknownInstrument
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.currency_levels import LEVELS
from nightdesk.kernel.money import divide, format_amount, multiply, quantize

EURO_MARKET: Final = "EUR/USDT"
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class Mood(StrEnum):
    """How a source fails."""

    DOWN = "down"
    RATE_LIMITED = "rate_limited"
    MALFORMED = "malformed"
    WRONG = "wrong"
    """Every figure a quarter too high."""
    STALE = "stale"
    """What was made ten days ago, as if nothing had been made since."""
    NOT_IN_PLAN = "not_in_plan"


class Moods:
    """Moods of hosts, each for so many answers."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[Mood, int]] = {}

    def set(self, host: str, mood: Mood, times: int) -> None:
        """Answer so for the next requests."""
        self._left[host] = (mood, times)

    def clear(self) -> None:
        """Answer as always."""
        self._left.clear()

    def take(self, host: str) -> Mood | None:
        """How to answer now."""
        if host not in self._left:
            return None
        mood, times = self._left.pop(host)
        if times > 1:
            self._left[host] = (mood, times - 1)
        return mood


def refused(mood: Mood | None) -> web.Response | None:
    """The answer of a source that fails before it looks at the question."""
    if mood is Mood.DOWN:
        return web.Response(status=503, text="upstream connect error")
    if mood is Mood.RATE_LIMITED:
        return web.Response(status=429, headers={"Retry-After": "60"}, text="{}", content_type="application/json")
    if mood is Mood.MALFORMED:
        return web.Response(text='{"rates": {"EUR": "no numb', content_type="application/json")
    return None


class CurrencyLevels:
    """Units of each currency per dollar; the euro follows the exchange's own market, the others keep to levels."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._euro_by_hour: dict[int, str] = {}

    def now_ms(self) -> int:
        """The market's time."""
        return self._exchange.clock.now_ms()

    def of_hour(self, at_ms: int, *, mood: Mood | None = None) -> Mapping[str, str]:
        """As of the hour that an instant is in: asked twice they are the same."""
        hour = at_ms // HOUR_MS
        self._euro_by_hour = {hour: self._euro_by_hour.get(hour) or format_amount(self._euro())}
        return _moody({**LEVELS, "EUR": self._euro_by_hour[hour]}, mood)

    def of_day(self, day: int) -> Mapping[str, str]:
        """At the end of a past day, counted since 1970: near the level, never the same on two days."""
        factor = Decimal(1) + Decimal((day * 7919) % 1000 - 500) / 100_000
        return {code: level if code == "USD" else _times(level, factor) for code, level in LEVELS.items()}

    def _euro(self) -> Decimal:
        try:
            price = self._exchange.markets.last(EURO_MARKET).price
        except (OrderRejected, UnknownInstrument):
            return Decimal(LEVELS["EUR"])
        return divide(Decimal(1), price)


def _moody(rates: Mapping[str, str], mood: Mood | None) -> Mapping[str, str]:
    if mood is not Mood.WRONG:
        return rates
    return {code: rate if code == "USD" else _times(rate, Decimal("1.25")) for code, rate in rates.items()}


def _times(rate: str, factor: Decimal) -> str:
    return format_amount(quantize(multiply(Decimal(rate), factor)))

"""Request weights by the calendar minute, order counts, and bans for those who don't stop.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits, November 2025.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from fargate.paper_exchange.engine.market.port import DAY_MS, MINUTE_MS
from fargate.paper_exchange.faces.binance.errors import BinanceError
from fargate.paper_exchange.faces.binance.futures_weights import WEIGHT_A_MINUTE

TEAPOT = 418
_BAN_FIRST_S = 120
_BAN_MAX_S = 3 * 86_400


@dataclass(slots=True)
class Limits:
    """The limits in force; the operator may change them.

    Attributes:
        calendar_speed: How many times faster the calendar of windows and bans runs; 1 is real time.
    """

    weight_a_minute: int = 6_000
    wallet_weight_a_minute: int = 12_000
    account_weight_a_minute: int = 180_000
    futures_weight_a_minute: int = WEIGHT_A_MINUTE
    orders_in_10s: int = 100
    orders_a_day: int = 200_000
    sockets_in_5_minutes: int = 300
    refusals_before_ban: int = 20
    calendar_speed: int = 1


class Windows:
    """Counts in fixed windows of the clock: a new window begins at zero."""

    def __init__(self, length_ms: int) -> None:
        self._length_ms = length_ms
        self._window = 0
        self._used: Counter[str] = Counter()

    def add(self, key: str, amount: int, now_ms: int) -> int:
        """Count and tell how much is used in this window."""
        window = now_ms // self._length_ms
        if window != self._window:
            self._window = window
            self._used.clear()
        self._used[key] += amount
        return self._used[key]

    def left_ms(self, now_ms: int) -> int:
        """Until the next window."""
        return self._length_ms - now_ms % self._length_ms


class RateLimiter:
    """Weighs requests by address and orders by account."""

    def __init__(self, wall_ms: Callable[[], int], limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._wall_ms = wall_ms
        self._minutes, self._refused = Windows(MINUTE_MS), Windows(MINUTE_MS)
        self._ten_seconds, self._days = Windows(10_000), Windows(DAY_MS)
        self._sockets = Windows(5 * MINUTE_MS)
        self._banned_until_ms: dict[str, int] = {}
        self._bans: Counter[str] = Counter()

    def refuse_banned(self, address: str) -> None:
        """Let nobody in who is banned.

        Raises:
            BinanceError: 418 with the seconds left.
        """
        until_ms, now_ms = self._banned_until_ms.get(address, 0), self._calendar_ms()
        if now_ms < until_ms:
            raise self._banned(until_ms, now_ms)

    def weigh(self, address: str, weight: int) -> int:
        """Count a request's weight; the weight used in this minute.

        Raises:
            BinanceError: 429 over the limit; 418 after too many of those.
        """
        now_ms = self._calendar_ms()
        used = self._minutes.add(f"api:{address}", weight, now_ms)
        if used > self.limits.weight_a_minute:
            raise self._refusal(address, now_ms, self.limits.weight_a_minute, used)
        return used

    def weigh_wallet(self, address: str, endpoint: str, weight: int) -> int:
        """Count a wallet request by endpoint and address.

        Raises:
            BinanceError: 429 over the limit; 418 after too many of those.
        """
        now_ms = self._calendar_ms()
        used = self._minutes.add(f"wallet:{endpoint}:{address}", weight, now_ms)
        if used > self.limits.wallet_weight_a_minute:
            raise self._refusal(address, now_ms, self.limits.wallet_weight_a_minute, used)
        return used

    def weigh_futures(self, address: str, weight: int) -> int:
        """Count a futures request's weight; the weight used in this minute.

        Raises:
            BinanceError: 429 over the limit; 418 after too many of those.
        """
        now_ms = self._calendar_ms()
        used = self._minutes.add(f"futures:{address}", weight, now_ms)
        if used > self.limits.futures_weight_a_minute:
            raise self._refusal(address, now_ms, self.limits.futures_weight_a_minute, used)
        return used

    def weigh_account(self, address: str, place: tuple[int, str], weight: int) -> int:
        """Count a wallet request that weighs on the account, by endpoint.

        Args:
            address: Is refused or banned for it.
            place: The account's number and the endpoint.
            weight: What it weighs.

        Raises:
            BinanceError: 429 over the limit; 418 after too many of those.
        """
        now_ms = self._calendar_ms()
        used = self._minutes.add(f"account:{place}", weight, now_ms)
        if used > self.limits.account_weight_a_minute:
            raise self._refusal(address, now_ms, self.limits.account_weight_a_minute, used)
        return used

    def count_order(self, account_id: int) -> tuple[int, int]:
        """Count an order; how many in these ten seconds and on this day.

        Raises:
            BinanceError: -1015, too many.
        """
        now_ms = self._calendar_ms()
        short = self._ten_seconds.add(str(account_id), 1, now_ms)
        day = self._days.add(str(account_id), 1, now_ms)
        for used, most, name, window in (
            (short, self.limits.orders_in_10s, "10 SECOND", self._ten_seconds),
            (day, self.limits.orders_a_day, "1 DAY", self._days),
        ):
            if used > most:
                message = f"Too many new orders; current limit is {most} orders per {name}."
                headers = {"Retry-After": self._seconds(window.left_ms(now_ms))}
                raise BinanceError(-1015, message, HTTPStatus.TOO_MANY_REQUESTS, headers)
        return short, day

    def orders_used(self, account_id: int) -> tuple[int, int]:
        """Orders in these ten seconds and on this day, without counting one."""
        now_ms = self._calendar_ms()
        return self._ten_seconds.add(str(account_id), 0, now_ms), self._days.add(str(account_id), 0, now_ms)

    def count_socket(self, address: str) -> bool:
        """Whether another websocket may be opened from this address."""
        return self._sockets.add(address, 1, self._calendar_ms()) <= self.limits.sockets_in_5_minutes

    def forgive(self) -> None:
        """Lift all bans."""
        self._banned_until_ms.clear()
        self._bans.clear()

    def _refusal(self, address: str, now_ms: int, limit: int, used: int) -> BinanceError:
        """429, or a ban that doubles each time for those who go on after many of them."""
        headers = {"Retry-After": self._seconds(self._minutes.left_ms(now_ms)), "X-MBX-USED-WEIGHT-1M": str(used)}
        if self._refused.add(address, 1, now_ms) <= self.limits.refusals_before_ban:
            message = (
                f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
                " Please use WebSocket Streams for live updates to avoid polling the API."
            )
            return BinanceError(-1003, message, HTTPStatus.TOO_MANY_REQUESTS, headers)
        ban_s = min(_BAN_FIRST_S * 2 ** self._bans[address], _BAN_MAX_S)
        self._bans[address] += 1
        self._banned_until_ms[address] = now_ms + ban_s * 1000
        return self._banned(now_ms + ban_s * 1000, now_ms)

    def _banned(self, until_ms: int, now_ms: int) -> BinanceError:
        left_ms = until_ms - now_ms
        wall_ms = self._wall_ms() + left_ms // self.limits.calendar_speed
        message = (
            f"Way too much request weight used; IP banned until {wall_ms}."
            " Please use WebSocket Streams for live updates to avoid bans."
        )
        return BinanceError(-1003, message, TEAPOT, {"Retry-After": self._seconds(left_ms)})

    def _calendar_ms(self) -> int:
        return self._wall_ms() * self.limits.calendar_speed

    def _seconds(self, calendar_ms: int) -> str:
        """A stretch of the calendar in real seconds, at least one."""
        return str(max(1, -(-calendar_ms // (1000 * self.limits.calendar_speed))))

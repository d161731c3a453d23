"""CoinMarketCap: the largest coins by market capitalisation, and their all-time highs.

Source: CoinMarketCap Pro API, `/v1/cryptocurrency/listings/latest` (a credit per 200 rows) and
`/v2/cryptocurrency/price-performance-stats/latest` (a credit per 100 coins; not in the free plan: 403 with error_code
1006), 2026-11. Answers are `{status: {timestamp, error_code, error_message, elapsed, credit_count}, data}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from nightdesk.adapters.marketdata.asking import Answered, ReferenceHost
from nightdesk.kernel.errors import Forbidden, NightdeskError
from nightdesk.kernel.instants import parse_instant
from nightdesk.kernel.money import DECIMALS, DIGITS, divide, quantize
from nightdesk.markets.caps import LISTED_MAX, CapId, High, Highs, Listing, Listings

HOST: Final = "pro-api.coinmarketcap.com"
HIGHS_AT_ONCE: Final = 100
NOT_IN_PLAN: Final = 1006
DOLLAR: Final = "USD"
_HUNDRED: Final = Decimal(100)
_LISTINGS: Final = "/v1/cryptocurrency/listings/latest"
_PERFORMANCE: Final = "/v2/cryptocurrency/price-performance-stats/latest"


class CoinMarketCap:
    """`CapsSource`.

    Args:
        key: The plan's key; never appears in an error.
        route: `direct`, or `local:<host>:<port>:<ca file>` to reach a local stand-in under the real name.
    """

    def __init__(self, key: str, *, route: str = "direct") -> None:
        self._key = key
        self._host = ReferenceHost(HOST, name="CoinMarketCap", code="caps", route=route)

    def listings(self) -> Listings:
        """The thousand largest coins, by rank.

        Raises:
            RateLimited: The plan's credits are used up.
            Unavailable: No answer, or none that can be listings.
        """
        more = {"sort": "market_cap", "sort_dir": "desc", "aux": "cmc_rank,tags,circulating_supply"}
        told = self._ask(_LISTINGS, {"start": "1", "limit": str(LISTED_MAX), **more})
        with _Reading(self._host):
            rows = tuple(map(_listing, told["data"]))
            if len({row.cap_id for row in rows}) != len(rows) or not rows:
                raise ValueError
            return Listings(at=parse_instant(told["status"]["timestamp"]), rows=rows, credits_used=_credits(told))

    def highs(self, ids: Sequence[CapId]) -> Highs:
        """All-time highs, by a hundred at once.

        Raises:
            Forbidden: `caps.not_in_plan`.
            RateLimited: The plan's credits are used up.
            Unavailable: No answer, or none that can be highs.
        """
        found: dict[CapId, High] = {}
        spent = 0
        for first in range(0, len(ids), HIGHS_AT_ONCE):
            some = ",".join(map(str, ids[first : first + HIGHS_AT_ONCE]))
            told = self._ask(_PERFORMANCE, {"id": some, "time_period": "all_time", "skip_invalid": "true"})
            with _Reading(self._host):
                found.update(_highs(told["data"]))
                spent += _credits(told)
        return Highs(by_id=found, credits_used=spent)

    def _ask(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        answered = self._host.get(path, {**fields, "convert": DOLLAR}, {"X-CMC_PRO_API_KEY": self._key})
        told = self._read(answered)
        if answered.status != HTTPStatus.OK:
            if told.get("status", {}).get("error_code") == NOT_IN_PLAN:
                raise Forbidden("caps.not_in_plan", "The CoinMarketCap plan does not tell all-time highs.")
            raise self._host.refusal(answered)
        return told

    def _read(self, answered: Answered) -> dict[str, Any]:
        """The body; one that is no object is nothing where the status says enough."""
        try:
            told = json.loads(answered.body, parse_float=Decimal)
        except ValueError:
            told = None
        if isinstance(told, dict) and isinstance(told.get("status"), dict):
            return told
        if answered.status == HTTPStatus.OK:
            raise self._host.malformed()
        return {}


class _Reading:
    """Turns whatever is wrong with an answer into the one error that says so."""

    def __init__(self, host: ReferenceHost) -> None:
        self._host = host

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        """Translate."""
        if isinstance(error, (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, NightdeskError)):
            raise self._host.malformed() from error


def _listing(row: dict[str, Any]) -> Listing:
    quote = row["quote"][DOLLAR]
    change = quote.get("percent_change_24h")
    return Listing(
        cap_id=CapId(int(row["id"])),
        rank=int(row["cmc_rank"]),
        symbol=str(row["symbol"])[:60],
        name=str(row["name"])[:200],
        slug=str(row["slug"])[:200],
        price=_positive(quote["price"]),
        market_cap=_amount(quote.get("market_cap")),
        circulating_supply=_amount(row.get("circulating_supply")),
        volume_day=_amount(quote.get("volume_24h")),
        change_day_ratio=None if change is None else divide(quantize(Decimal(change)), _HUNDRED),
        stable="stablecoin" in (row.get("tags") or ()),
        updated_at=parse_instant(quote["last_updated"]),
    )


def _highs(data: dict[str, Any]) -> Iterator[tuple[CapId, High]]:
    for number, coin in data.items():
        period = (coin[0] if isinstance(coin, list) else coin)["periods"].get("all_time")
        high = period["quote"][DOLLAR].get("high") if period else None
        if high is not None:
            told_at: str = period["quote"][DOLLAR].get("high_timestamp") or period["high_timestamp"]
            yield CapId(int(number)), High(price=_positive(high), at=parse_instant(told_at))


def _credits(told: dict[str, Any]) -> int:
    return int(told["status"]["credit_count"])


def _positive(told: object) -> Decimal:
    amount = _amount(told)
    if not amount:
        raise ValueError
    return amount


def _amount(told: object) -> Decimal | None:
    """What can be an amount here; a supply that nobody verified is listed as 0 or null, and so not known."""
    if told is None:
        return None
    amount = quantize(Decimal(str(told)))
    if not 0 <= amount < Decimal(10) ** (DIGITS - DECIMALS):
        raise ValueError
    return amount or None

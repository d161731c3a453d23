"""How each of Binance's further histories is asked for: windows, pages, horizons, weights.

Source: https://developers.binance.com/docs (2026-11): convert/trade/Get-Convert-Trade-History, wallet/asset/dust-log,
…/assets-divided-record, …/query-user-universal-transfer, margin_trading/borrow-and-repay, simple_earn/history,
derivatives/usds-margined-futures/account/rest-api/Get-Income-History.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from nightdesk.accounts.model import Cursor, HistoryPage, Skip
from nightdesk.adapters.exchange.client import Params, VenueClient
from nightdesk.adapters.exchange.venues import binance_wallet_rows as rows
from nightdesk.adapters.exchange.venues.binance_clock import times_ms
from nightdesk.adapters.exchange.venues.reading import Code, Row, code_of, object_of, rows_of, sorted_out, whole
from nightdesk.kernel.errors import RateLimited
from nightdesk.ledger.model import Fact

DAY_MS: Final = 86_400_000
OPENED_AT_MS: Final = 1_498_867_200_000  # 2017-07-01: nobody has a history before
OVERLAP_MS: Final = DAY_MS
WINDOWS_A_CALL: Final = 12
_SIZE: Final = 100
_DIVIDENDS: Final = 500
_MANY: Final = 1_000
_HALF_YEAR_MS: Final = 180 * DAY_MS
_KEPT_SLACK_MS: Final = 3_600_000
"""What is asked for stays an hour inside what the venue keeps: its clock runs on."""

Book = Callable[[Row, Code], Fact | Skip | None]


class Paging(Enum):
    """How a window that holds more than a page goes on."""

    NUMBERED = "current"
    """Pages have numbers; a window that has ended shifts none of them."""
    COUNTED = "page"
    """The same by another name."""
    FORWARDS = "forwards"
    """Oldest first: on from the last row's instant, which is read again."""
    BACKWARDS = "backwards"
    """Newest first: on until the last row's instant, which is read again."""
    WHOLE = "whole"
    """Everything there is at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One kind of history.

    Attributes:
        at: The field of a row that says when.
        window_ms: The longest window that may be asked for.
        kept_ms: How far back the venue answers; None for ever.
        rows: Of a page.
    """

    method: str
    book: Book
    at: str
    paging: Paging
    window_ms: int
    rows: int = _SIZE
    kept_ms: int | None = None
    ask: Params = field(default_factory=dict)
    account_weight: int = 0
    found: Callable[[Any], list[Row]] = lambda said: rows_of(object_of(said).get("rows"))


def _sweeps(said: Any) -> list[Row]:
    operations = rows_of(object_of(said).get("userAssetDribblets"))
    return [row for operation in operations for row in rows_of(operation.get("userAssetDribbletDetails"))]


def _loans(kind: str, book: Book) -> History:
    return History(
        method="sapi_get_margin_borrow_repay", book=book, at="timestamp", paging=Paging.NUMBERED,
        window_ms=30 * DAY_MS, ask={"type": kind},
    )  # fmt: skip


def _subscriptions(said: Any) -> list[Row]:
    return [part for row in rows_of(object_of(said).get("rows")) for part in rows.by_source(row)]


def _earning(name: str, book: Book, ask: Params | None = None) -> History:
    return History(
        method=f"sapi_get_simple_earn_flexible_history_{name}", book=book, at="time", paging=Paging.NUMBERED,
        window_ms=90 * DAY_MS, ask=ask or {},
    )  # fmt: skip


def _transfers(kind: str) -> History:
    return History(
        method="sapi_get_asset_transfer", book=rows.transfer, at="timestamp", paging=Paging.NUMBERED,
        window_ms=_HALF_YEAR_MS, kept_ms=_HALF_YEAR_MS, ask={"type": kind},
    )  # fmt: skip


HISTORIES: Final[Mapping[str, History]] = {
    "conversions": History(
        method="sapi_get_convert_tradeflow", book=rows.conversion, at="createTime", paging=Paging.FORWARDS,
        window_ms=30 * DAY_MS, rows=_MANY, account_weight=3_000,
        found=lambda said: rows_of(object_of(said).get("list")),
    ),
    "dust": History(
        method="sapi_get_asset_dribblet", book=rows.dust, at="operateTime", paging=Paging.WHOLE,
        window_ms=10**13, found=_sweeps,
    ),
    "dividends": History(
        method="sapi_get_asset_assetdividend", book=rows.dividend, at="divTime", paging=Paging.BACKWARDS,
        window_ms=_HALF_YEAR_MS, rows=_DIVIDENDS,
    ),
    "earn:subscriptions": replace(_earning("subscriptionrecord", rows.subscribed), found=_subscriptions),
    "earn:redemptions": _earning("redemptionrecord", rows.redeemed),
    "earn:rewards": _earning("rewardsrecord", rows.earned, {"type": "REALTIME"}),
    "margin:loans": _loans("BORROW", rows.borrowed),
    "margin:repayments": _loans("REPAY", rows.repaid),
    "margin:interest": History(
        method="sapi_get_margin_interesthistory", book=rows.margin_interest, at="interestAccuredTime",
        paging=Paging.NUMBERED, window_ms=30 * DAY_MS,
    ),
    "futures:income": History(
        method="fapiprivate_get_income", book=rows.income, at="time", paging=Paging.COUNTED, window_ms=7 * DAY_MS,
        rows=_MANY, kept_ms=90 * DAY_MS, found=rows_of,
    ),
} | {f"transfers:{one}_{other}": _transfers(f"{one}_{other}")
     for one in rows.WALLETS for other in rows.WALLETS if one != other}  # fmt: skip
"""Streams by name; a transfer of each kind is asked for by itself."""


async def history_page(client: VenueClient, history: History, cursor: Cursor) -> HistoryPage:
    """The next rows of a history: windows are looked through until one holds any."""
    scan = _Scan(history, cursor, await times_ms(client))
    for turn in range(WINDOWS_A_CALL):
        try:
            said = await client.call(history.method, scan.asked(), weight=0, account_weight=history.account_weight)
        except RateLimited:
            if turn == 0:
                raise
            break  # what was looked through so far is not lost
        found = scan.take(history.found(said))
        if found or scan.ended:
            return scan.page(_booked(history, found, code_of(client)))
    return scan.page(())


def _booked(history: History, found: Iterable[Row], code: Code) -> list[Fact | Skip]:
    oldest_first = sorted(found, key=lambda row: int(row[history.at]))
    return [result for row in oldest_first if (result := history.book(row, code)) is not None]


class _Scan:
    """Windows looked through one after another; one that has begun keeps its end."""

    def __init__(self, history: History, cursor: Cursor, clocks_ms: tuple[int, int]) -> None:
        self._history = history
        self._first_ms, self._last_ms = min(clocks_ms), max(clocks_ms)
        kept_ms = OPENED_AT_MS if history.kept_ms is None else self._last_ms - history.kept_ms + _KEPT_SLACK_MS
        self._begun_ms = max(whole(cursor.get("begun_ms")) or whole(cursor.get("from_ms")) or OPENED_AT_MS, kept_ms)
        self._from_ms = max(whole(cursor.get("from_ms")) or OPENED_AT_MS, kept_ms)
        self._until_ms = whole(cursor.get("until_ms")) or self._window_end()
        self._page = whole(cursor.get("page")) or 1
        self.ended = False

    def asked(self) -> dict[str, str | int]:
        """The parameters of the next request."""
        history = self._history
        if history.paging is Paging.WHOLE:
            return dict(history.ask)
        ask = {**history.ask, "startTime": str(self._from_ms), "endTime": str(self._until_ms)}
        match history.paging:
            case Paging.NUMBERED:
                return {**ask, "current": str(self._page), "size": str(history.rows)}
            case Paging.COUNTED:
                return {**ask, "page": str(self._page), "limit": str(history.rows)}
            case _:
                return {**ask, "limit": str(history.rows)}

    def take(self, found: list[Row]) -> list[Row]:
        """The rows themselves; goes on to the next page of the window, or to the next window."""
        if len(found) >= self._history.rows and self._history.paging is not Paging.WHOLE:
            self._turn([int(row[self._history.at]) for row in found])
        elif self._history.paging is Paging.WHOLE or self._until_ms >= self._last_ms:
            self.ended = True
        else:
            self._next_window(self._until_ms + 1)
        return found

    def page(self, results: Iterable[Fact | Skip]) -> HistoryPage:
        """What was found, and where to go on: the next import looks again from a day before."""
        facts, skips = sorted_out(results)
        again: Cursor = {"from_ms": max(self._first_ms - OVERLAP_MS, OPENED_AT_MS)}
        further: Cursor = {
            "begun_ms": self._begun_ms, "from_ms": self._from_ms, "until_ms": self._until_ms, "page": self._page,
        }  # fmt: skip
        span_ms = max(self._last_ms - self._begun_ms, 1)
        return HistoryPage(
            facts=facts,
            skips=skips,
            cursor=again if self.ended else further,
            finished=self.ended,
            done_ratio=1.0 if self.ended else min(max((self._from_ms - self._begun_ms) / span_ms, 0.0), 1.0),
        )

    def _turn(self, at_ms: list[int]) -> None:
        """Go on inside the window; a page of one instant can't be told apart from the next, which is passed by."""
        match self._history.paging:
            case Paging.FORWARDS if max(at_ms) > self._from_ms:
                self._from_ms = max(at_ms)
            case Paging.BACKWARDS if min(at_ms) < self._until_ms:
                self._until_ms = min(at_ms)
            case Paging.NUMBERED | Paging.COUNTED:
                self._page += 1
            case _:
                self._next_window(self._until_ms + 1)

    def _next_window(self, from_ms: int) -> None:
        self._from_ms, self._page = from_ms, 1
        self._until_ms = self._window_end()

    def _window_end(self) -> int:
        return max(min(self._from_ms + self._history.window_ms - 1, self._last_ms), self._from_ms)

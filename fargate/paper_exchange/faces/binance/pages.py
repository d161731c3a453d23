"""Windows of time and pages of rows, as Binance's wallet, margin and futures histories take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.wallets.model import Happening
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, illegal

_Row = TypeVar("_Row", bound=Happening)
WEEK_MS = 7 * DAY_MS
ROWS_MOST = 100


def window(call: Call, *, most_ms: int, recent_ms: int = WEEK_MS, oldest_ms: int | None = None) -> tuple[int, int]:
    """From when until when is asked; the recent days where nothing is said, never before what the venue keeps.

    Raises:
        BinanceError: -1127, it is too long; -1023, it is the wrong way round.
    """
    until_ms = call.number("endTime")
    until_ms = call.now_ms() if until_ms is None else until_ms
    since_ms = call.number("startTime")
    since_ms = until_ms - recent_ms if since_ms is None else since_ms
    if since_ms > until_ms:
        raise BinanceError(-1023, "Start time is greater than end time.")
    if until_ms - since_ms > most_ms:
        raise BinanceError(-1127, f"More than {most_ms // DAY_MS} days between startTime and endTime.")
    return max(since_ms, 0 if oldest_ms is None else call.now_ms() - oldest_ms), until_ms


def paged(
    call: Call, made: type[_Row], window_ms: tuple[int, int], key: str | None, shown: Callable[[_Row], dict[str, Any]]
) -> dict[str, Any]:
    """`{rows, total}`, newest first, by `current` and `size`."""
    current, size = call.number("current"), call.number("size")
    if current == 0 or size == 0 or (size or 0) > ROWS_MOST:
        raise illegal("size" if current else "current")
    rows, size = call.exchange.wallets.kept, size or 10
    asked = Asked(
        limit=size, offset=((current or 1) - 1) * size, key=key, since_ms=window_ms[0], until_ms=window_ms[1],
        newest_first=True,
    )  # fmt: skip
    found: Sequence[_Row] = rows.happenings(made, call.account.account_id, asked)
    return {"rows": [shown(row) for row in found], "total": rows.count(made, call.account.account_id, asked)}

"""What a UDF client asks, read leniently where the contract is and refused where it can't be meant.

Everything arrives as text and is checked here, not by the router: refusals must have the contract's own form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nightdesk.candles.catalogue import SeriesKind, SeriesSearch
from nightdesk.candles.model import EARLIEST, LATEST, parse_series
from nightdesk.candles.resolutions import AnyResolution, Resolution, parse_length
from nightdesk.candles.service import LIMIT_MAX
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import EPOCH

SEARCH_MAX: Final = 100
QUOTES_MAX: Final = 50
_NAME_CHARACTERS_MAX: Final = 100
_INTRADAY: Final = ("1", "3", "5", "15", "30", "60", "120", "240")
_LONGER: Final = ("1D", "1W", "1M")
_RESOLUTION: Final = re.compile(r"([1-9]\d{0,4})?([DWM])?")
_SECONDS: Final = re.compile(r"-?\d{1,17}(\.\d{1,9})?")
_MINUTES_OF_HOUR: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeWish:
    """Which bars.

    Attributes:
        until: Exclusive.
        countback: So many bars before `until`, whatever `since` says; None where the range is meant.
    """

    series: str
    resolution: AnyResolution
    since: datetime
    until: datetime
    countback: int | None = None

    @property
    def bars_max(self) -> int:
        """No more bars than that can be meant."""
        if self.countback is not None:
            return min(self.countback, LIMIT_MAX)
        return min(LIMIT_MAX, (self.until - self.since) // self.resolution.span + 2)


def read_series(text: str | None) -> str:
    """The series that a symbol or ticker names.

    Raises:
        InvalidInput: `datafeed.symbol_malformed`.
    """
    name = (text or "").strip()
    try:
        if 0 < len(name) <= _NAME_CHARACTERS_MAX:
            return str(parse_series(name))
    except InvalidInput:
        pass
    raise InvalidInput("datafeed.symbol_malformed", f"{name[:60]!r} is neither VENUE:BASE/QUOTE nor PORTFOLIO:<id>.")


def read_resolution(text: str | None) -> AnyResolution:
    """The resolution that the library's text names: minutes as a number, `D`, `W`, `M`, or so many of these.

    Raises:
        InvalidInput: `datafeed.resolution_unknown`.
    """
    try:
        return parse_length(_desk_resolution(text or ""))
    except InvalidInput:
        known = ", ".join(supported())
        raise InvalidInput("datafeed.resolution_unknown", f"{(text or '')[:20]!r} is none of {known}.") from None


def supported(least: Resolution = Resolution.MINUTE) -> list[str]:
    """The resolutions that a series can be read in whose stored bars are that long."""
    return [*intraday(least), *_LONGER]


def intraday(least: Resolution = Resolution.MINUTE) -> list[str]:
    """Those of them shorter than a day."""
    shortest = int(least.span / timedelta(minutes=1))
    return [text for text in _INTRADAY if int(text) % shortest == 0 and _is_known(text)]


def read_range(
    symbol: str | None, resolution: str | None, since: str | None, until: str | None, countback: str | None = None
) -> RangeWish:
    """Which bars are asked for; instants before our first and after our last bar are moved there.

    Raises:
        InvalidInput: `datafeed.symbol_malformed`, `datafeed.resolution_unknown`, `datafeed.range`,
            `datafeed.countback`.
    """
    wish = RangeWish(
        series=read_series(symbol),
        resolution=read_resolution(resolution),
        since=_instant("from", since),
        until=_instant("to", until),
        countback=_count(countback),
    )
    if wish.since > wish.until:
        raise InvalidInput("datafeed.range", "The range ends before it begins.")
    return wish


def read_search(query: str | None, kind: str | None, exchange: str | None, limit: str | None) -> SeriesSearch:
    """What is looked for; a limit that can't be meant is the usual one."""
    wanted = int(limit) if limit and limit.isdecimal() and len(limit) < 6 else SEARCH_MAX  # noqa: PLR2004
    kinds = {each.value: each for each in SeriesKind}
    return SeriesSearch(
        text=(query or "")[:_NAME_CHARACTERS_MAX].replace("\x00", ""),
        place=(exchange or "")[:_NAME_CHARACTERS_MAX].upper().replace("\x00", ""),
        kind=kinds.get((kind or "").lower()),
        limit=max(1, min(wanted, SEARCH_MAX)),
    )


def read_symbols(text: str | None) -> list[str]:
    """The names of a list.

    Raises:
        InvalidInput: `datafeed.symbols`.
    """
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if not 1 <= len(names) <= QUOTES_MAX:
        raise InvalidInput("datafeed.symbols", f"Ask for 1 to {QUOTES_MAX} symbols, with commas between them.")
    return names


def _is_known(text: str) -> bool:
    try:
        parse_length(_desk_resolution(text))
    except InvalidInput:
        return False
    return True


def _desk_resolution(text: str) -> str:
    parts = _RESOLUTION.fullmatch(text)
    if parts is None or not text:
        return ""
    number, unit = int(parts[1] or 1), parts[2]
    if unit:
        return f"{number}{unit if unit == 'M' else unit.lower()}"
    hours, minutes = divmod(number, _MINUTES_OF_HOUR)
    return f"{number}m" if minutes else f"{hours}h"


def _instant(name: str, text: str | None) -> datetime:
    if text is None or not _SECONDS.fullmatch(text):
        raise InvalidInput("datafeed.range", f"`{name}` is in seconds since 1970.")
    seconds = int(text.partition(".")[0])
    first, last = ((each - EPOCH) // timedelta(seconds=1) for each in (EARLIEST, LATEST))
    return EPOCH + timedelta(seconds=max(first, min(seconds, last)))


def _count(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9 or int(text) == 0:  # noqa: PLR2004
        raise InvalidInput("datafeed.countback", "`countback` is a whole number above zero.")
    return int(text)

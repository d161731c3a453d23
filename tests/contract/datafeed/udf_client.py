"""A client of the UDF protocol, written from its public description alone: nothing of the product is imported.

It plays what a charting library does: reads the configuration, looks for a symbol, resolves it, reads history back page
by page until there is no data, then marks, quotes and the time. It believes nothing: every member is checked for its
type, every array for its length, every bar for its order, its alignment and its prices.

Source: TradingView, "UDF" and "Datafeed API" of the Advanced Charts documentation, and `tradingview/yahoo_datafeed`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Get = Callable[[str, Mapping[str, str]], "Reply"]
"""Asks for a path under the datafeed's address."""

MINUTE, DAY, WEEK = 60, 86_400, 604_800
MARKS_PER_BAR_MAX = 10
COLUMNS = ("t", "o", "h", "l", "c", "v")
MARK_COLUMNS = ("id", "time", "color", "text", "label", "labelFontColor", "minSize")
QUOTE_NUMBERS = (
    "lp", "ch", "chp", "ask", "bid", "open_price", "high_price", "low_price", "prev_close_price", "volume",
)  # fmt: skip
QUOTE_TEXTS = ("short_name", "exchange", "original_name", "description")


class ProtocolViolation(AssertionError):
    """The server did what the protocol does not allow."""


class Refused(Exception):
    """The server said `s: error`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came over HTTP."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `at` in seconds since 1970."""

    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark."""

    key: str
    at: int
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A resolved symbol."""

    name: str
    ticker: str
    pricescale: int
    minmov: int
    resolutions: tuple[str, ...]
    session: str
    timezone: str
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to `/history`: bars, or none and perhaps where older ones begin."""

    bars: tuple[Bar, ...]
    next_at: int | None = None


def demand(holds: object, what: str) -> None:
    """Refuse to go on unless it holds."""
    if not holds:
        raise ProtocolViolation(what)


class UdfClient:
    """Speaks to one datafeed."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self.asked = 0

    def config(self) -> Mapping[str, Any]:
        """The configuration; exactly one of search and groups."""
        said = self._object("/config", {})
        for name in ("search", "group_request", "marks", "timescale_marks", "time"):
            demand(isinstance(said.get(f"supports_{name}"), bool), f"supports_{name} is no boolean")
        demand(said["supports_search"] != said["supports_group_request"], "not exactly one of search and groups")
        for exchange in said["exchanges"]:
            demand({"value", "name", "desc"} <= exchange.keys(), f"an exchange is {exchange}")
        for kind in said["symbols_types"]:
            demand({"name", "value"} <= kind.keys(), f"a type is {kind}")
        _texts(said["supported_resolutions"], "supported_resolutions")
        return said

    def search(self, query: str, *, kind: str = "", exchange: str = "", limit: int = 30) -> Sequence[Mapping[str, Any]]:
        """What is found."""
        asked = {"query": query, "type": kind, "exchange": exchange, "limit": str(limit)}
        found = self._json("/search", asked)
        demand(isinstance(found, list) and len(found) <= limit, "a search is a list no longer than asked")
        for each in found:
            for name in ("symbol", "full_name", "description", "exchange", "ticker", "type"):
                demand(isinstance(each.get(name), str), f"{name} of {each}")
        return list(found)

    def resolve(self, name: str) -> Symbol:
        """One symbol."""
        said = _granted(self._object("/symbols", {"symbol": name}))
        for key in (
            "name",
            "ticker",
            "description",
            "type",
            "session",
            "timezone",
            "exchange-traded",
            "exchange-listed",
        ):
            demand(isinstance(said.get(key), str) and said[key], f"{key} is no text")
        for key in ("minmov", "minmov2", "pricescale", "pointvalue"):
            demand(isinstance(said.get(key), int), f"{key} is no whole number")
        demand(said["minmov"] > 0, "minmov is not above zero")
        demand(math.log10(said["pricescale"]) % 1 == 0, "pricescale is no power of ten")
        demand(isinstance(said.get("has_intraday"), bool), "has_intraday is no boolean")
        demand(said.get("visible_plots_set") in {"ohlcv", "ohlc", "c"}, "visible_plots_set")
        demand(isinstance(said.get("logo_urls", []), list), "logo_urls")
        resolutions = _texts(said["supported_resolutions"], "supported_resolutions")
        return Symbol(
            name=said["name"],
            ticker=said["ticker"],
            pricescale=said["pricescale"],
            minmov=said["minmov"],
            resolutions=tuple(resolutions),
            session=said["session"],
            timezone=said["timezone"],
            raw=said,
        )

    def history(self, ticker: str, resolution: str, since: int, until: int, countback: int | None = None) -> Page:
        """Bars of a range, or so many before its end."""
        asked = {"symbol": ticker, "resolution": resolution, "from": str(since), "to": str(until)}
        if countback is not None:
            asked["countback"] = str(countback)
        said = _granted(self._object("/history", asked))
        if said["s"] == "no_data":
            return Page((), _next_at(said, since))
        demand(said["s"] == "ok", f"s is {said['s']!r}")
        bars = _bars(said, resolution)
        demand(bars, "ok without a bar")
        demand(bars[-1].at < until, "a bar that begins at or after `to`")
        if countback is None:
            demand(bars[0].at >= since, "a bar that begins before `from`")
        else:
            demand(len(bars) <= countback, "more bars than were counted back")
        return Page(bars)

    def whole_history(self, ticker: str, resolution: str, until: int, *, page: int, pages_max: int = 200) -> list[Bar]:
        """Every bar before an instant, as a library pages: each page ends where the one before began."""
        known: list[Bar] = []
        end = until
        for _ in range(pages_max):
            # What a library computes from the visible range; `countback` wins over it.
            answer = self.history(ticker, resolution, end - page * MINUTE, end, page)
            if not answer.bars:
                demand(answer.next_at is None, "no data, although everything older was asked for")
                return known
            demand(not known or answer.bars[-1].at < known[0].at, "pages overlap")
            known = [*answer.bars, *known]
            end = answer.bars[0].at
        raise ProtocolViolation(f"no end after {pages_max} pages")

    def marks(self, ticker: str, resolution: str, since: int, until: int) -> list[Mark]:
        """Marks of a range, in columns; each on a bar, ten a bar at most."""
        asked = {"symbol": ticker, "resolution": resolution, "from": str(since), "to": str(until)}
        said = _granted(self._object("/marks", asked))
        lengths = {name: len(said[name]) for name in MARK_COLUMNS}
        demand(len(set(lengths.values())) == 1, f"columns of marks are of lengths {lengths}")
        marks = [
            Mark(str(key), at, text, label)
            for key, at, text, label in zip(said["id"], said["time"], said["text"], said["label"], strict=True)
        ]
        demand(len({mark.key for mark in marks}) == len(marks), "two marks of one id")
        _on_bars([mark.at for mark in marks], MARKS_PER_BAR_MAX)
        return marks

    def timescale_marks(self, ticker: str, resolution: str, since: int, until: int) -> Sequence[Mapping[str, Any]]:
        """Marks on the axis of a range."""
        asked = {"symbol": ticker, "resolution": resolution, "from": str(since), "to": str(until)}
        said = _granted(self._json("/timescale_marks", asked))
        demand(isinstance(said, list), "marks on the axis are no list")
        for mark in said:
            demand(isinstance(mark["id"], str | int) and isinstance(mark["time"], int), f"{mark}")
            demand(isinstance(mark["color"], str) and isinstance(mark["label"], str), f"{mark}")
            demand(isinstance(mark["tooltip"], str | list), f"{mark}")
        return list(said)

    def quotes(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
        """What is known of each price; None where nothing is."""
        said = _granted(self._object("/quotes", {"symbols": ",".join(names)}))
        demand(said["s"] == "ok", "s of quotes")
        demand([each["n"] for each in said["d"]] == list(names), "quotes of other symbols, or in another order")
        for each in said["d"]:
            demand(each["s"] in {"ok", "error"}, f"s of {each}")
            if each["s"] == "ok":
                for name in QUOTE_TEXTS:
                    demand(isinstance(each["v"].get(name), str), f"{name} of {each}")
                for name in QUOTE_NUMBERS:
                    demand(_is_number(each["v"].get(name, 0)), f"{name} of {each}")
                demand("lp" in each["v"], "a quote without a last price")
        return {each["n"]: each["v"] if each["s"] == "ok" else None for each in said["d"]}

    def time(self) -> int:
        """The server's time: a plain whole number of seconds."""
        reply = self._reply("/time", {})
        demand(reply.body.strip().isdecimal(), f"the time is {reply.body[:40]!r}")
        seconds = int(reply.body)
        demand(seconds < 10**11, "the time is in milliseconds")
        return seconds

    def refusal(self, path: str, asked: Mapping[str, str]) -> str:
        """Why the server refuses this; it must."""
        said = self._json(path, asked)
        demand(
            isinstance(said, dict) and said.get("s") == "error", f"{path} {asked} was not refused: {str(said)[:120]}"
        )
        demand(isinstance(said["errmsg"], str) and said["errmsg"], "a refusal without words")
        demand(set(said) == {"s", "errmsg"}, f"a refusal with {sorted(said)}")
        return str(said["errmsg"])

    def _reply(self, path: str, asked: Mapping[str, str]) -> Reply:
        self.asked += 1
        reply = self._get(path, asked)
        demand(reply.status == 200, f"{path} answered {reply.status}: {reply.body[:200]}")
        return reply

    def _json(self, path: str, asked: Mapping[str, str]) -> Any:
        reply = self._reply(path, asked)
        demand(reply.content_type.startswith("application/json"), f"{path} is {reply.content_type}")
        return json.loads(reply.body, parse_constant=_no_number)

    def _object(self, path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        said = self._json(path, asked)
        demand(isinstance(said, dict), f"{path} is no object")
        return dict(said)


def _no_number(text: str) -> None:
    raise ProtocolViolation(f"{text} is no JSON number")


def _granted(said: Any) -> Any:
    if isinstance(said, dict) and said.get("s") == "error":
        raise Refused(said.get("errmsg"))
    return said


def _next_at(said: Mapping[str, Any], since: int) -> int | None:
    at = said.get("nextTime")
    demand(at is None or (isinstance(at, int) and at < since), f"nextTime is {at}, which is not before {since}")
    return at


def _bars(said: Mapping[str, Any], resolution: str) -> tuple[Bar, ...]:
    lengths = {name: len(said[name]) for name in COLUMNS}
    demand(len(set(lengths.values())) == 1, f"columns of bars are of lengths {lengths}")
    bars = tuple(Bar(*row) for row in zip(*(said[name] for name in COLUMNS), strict=True))
    for bar in bars:
        demand(isinstance(bar.at, int) and 0 < bar.at < 10**11, f"a bar at {bar.at}")
        demand(all(map(_is_number, (bar.open, bar.high, bar.low, bar.close, bar.volume))), f"{bar}")
        demand(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high, f"{bar}")
        demand(bar.volume >= 0, f"{bar}")
        _aligned(bar.at, resolution)
    demand(all(one.at < two.at for one, two in pairwise(bars)), "bars are not in order")
    return bars


def _aligned(at: int, resolution: str) -> None:
    """In UTC; weeks begin on Mondays, and 1970 began on a Thursday."""
    span = int(resolution) * MINUTE if resolution.isdecimal() else DAY * _days(resolution)
    demand(at % span == 0, f"no {resolution} bar begins at {at}")
    if resolution in {"W", "1W"}:
        demand((at - 4 * DAY) % WEEK == 0, f"no week begins at {at}")


def _days(resolution: str) -> int:
    return int(resolution[:-1] or 1) if resolution.endswith("D") else 1


def _on_bars(times: Sequence[int], per_bar_max: int) -> None:
    counts = {at: times.count(at) for at in set(times)}
    demand(all(count <= per_bar_max for count in counts.values()), f"more than {per_bar_max} marks on a bar")


def _texts(said: object, what: str) -> list[str]:
    demand(isinstance(said, list) and all(isinstance(each, str) for each in said), f"{what} is no list of texts")
    return list(said)  # type: ignore[call-overload, no-any-return]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""The UDF of charting libraries: symbols, bars, marks and quotes in the shapes that TradingView published.

Prices are JSON numbers here, and instants are whole seconds since 1970: this contract is not ours, and its clients
read nothing else. Nothing is booked from these figures; candles are float64 already, and a quote's exact price stands
in the price book. Refusals are `{"s": "error", "errmsg"}` with status 200, as the contract wants them; `errmsg` begins
with our stable code.

Source: TradingView, UDF protocol of Advanced Charts, and its sample server `yahoo_datafeed`, 2026.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nightdesk.contracts.api.common import InstantText, RequestShape, Shape


class NamedShape(Shape):
    """A name and what stands for it in requests."""

    name: str
    value: str


class ExchangeShape(NamedShape):
    """Where series are from."""

    desc: str


class ConfigShape(Shape):
    """What the datafeed can do; of search and groups exactly one."""

    supports_search: bool
    supports_group_request: bool
    supports_marks: bool
    supports_timescale_marks: bool
    supports_time: bool
    exchanges: list[ExchangeShape]
    symbols_types: list[NamedShape]
    supported_resolutions: list[str]


class FailureShape(Shape):
    """Why there is no answer."""

    s: Literal["error"] = "error"
    errmsg: str


class SymbolShape(Shape):
    """A series, as a library needs to know it.

    Attributes:
        pricescale: Prices are multiples of `minmov / pricescale`.
        currency_code: The asset that prices or values are in.
    """

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, populate_by_name=True)

    name: str
    ticker: str
    description: str
    type: str
    session: str
    timezone: str
    exchange: str
    listed_exchange: str
    exchange_traded: Annotated[str, Field(alias="exchange-traded")]
    exchange_listed: Annotated[str, Field(alias="exchange-listed")]
    format: Literal["price"] = "price"
    minmov: int
    minmov2: int = 0
    pricescale: int
    pointvalue: int = 1
    has_intraday: bool = True
    has_daily: bool = True
    has_weekly_and_monthly: bool = True
    intraday_multipliers: list[str]
    supported_resolutions: list[str]
    visible_plots_set: Literal["ohlcv", "ohlc"]
    volume_precision: int = 8
    data_status: Literal["streaming"] = "streaming"
    currency_code: str
    logo_urls: list[str] = Field(default_factory=list)


class FoundShape(Shape):
    """A series that was looked for."""

    symbol: str
    full_name: str
    description: str
    exchange: str
    ticker: str
    type: str


class BarsShape(Shape):
    """Bars in columns, oldest first."""

    s: Literal["ok"] = "ok"
    t: list[int]
    o: list[float]
    h: list[float]
    l: list[float]  # noqa: E741 - the contract's name
    c: list[float]
    v: list[float]


class NoBarsShape(Shape):
    """There are none in the range; before it the newest begins at `nextTime`, if there is any."""

    s: Literal["no_data"] = "no_data"
    nextTime: int | None = Field(default=None, exclude_if=lambda value: value is None)  # noqa: N815 - the contract's name


class MarksShape(Shape):
    """Marks in columns; each time is the start of a bar, and a bar has ten at most."""

    id: list[str]
    time: list[int]
    color: list[str]
    text: list[str]
    label: list[str]
    labelFontColor: list[str]  # noqa: N815 - the contract's name
    minSize: list[int]  # noqa: N815 - the contract's name


class TimescaleMarkShape(Shape):
    """A mark on the axis of time."""

    id: str
    time: int
    color: str
    label: str
    tooltip: list[str]


class QuoteValuesShape(Shape):
    """What is known of a price; figures of the day only where its bar is known."""

    short_name: str
    exchange: str
    original_name: str
    description: str
    lp: float
    ask: float | None = Field(default=None, exclude_if=lambda value: value is None)
    bid: float | None = Field(default=None, exclude_if=lambda value: value is None)
    ch: float | None = Field(default=None, exclude_if=lambda value: value is None)
    chp: float | None = Field(default=None, exclude_if=lambda value: value is None)
    open_price: float | None = Field(default=None, exclude_if=lambda value: value is None)
    high_price: float | None = Field(default=None, exclude_if=lambda value: value is None)
    low_price: float | None = Field(default=None, exclude_if=lambda value: value is None)
    prev_close_price: float | None = Field(default=None, exclude_if=lambda value: value is None)
    volume: float | None = Field(default=None, exclude_if=lambda value: value is None)


class QuoteShape(Shape):
    """A price."""

    s: Literal["ok"] = "ok"
    n: str
    v: QuoteValuesShape


class NoQuoteValuesShape(Shape):
    """Nothing is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoQuoteShape(Shape):
    """No price is known."""

    s: Literal["error"] = "error"
    n: str
    v: NoQuoteValuesShape = NoQuoteValuesShape()


class QuotesShape(Shape):
    """Each price that was asked for, in that order."""

    s: Literal["ok"] = "ok"
    d: list[QuoteShape | NoQuoteShape]


class MakeFeedToken(RequestShape):
    """A token to make."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]


class FeedTokenShape(Shape):
    """A datafeed token.

    Attributes:
        path: The datafeed's address with the token in it; only in the answer that made it.
    """

    token_id: str
    name: str
    created_at: InstantText
    last_used_at: InstantText | None
    path: str | None = None


class FeedTokenList(Shape):
    """The caller's tokens, oldest first; twenty at most."""

    items: list[FeedTokenShape]

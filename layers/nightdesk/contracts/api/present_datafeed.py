"""The datafeed's answers in their shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from nightdesk.candles.catalogue import ListedSeries, SeriesKind
from nightdesk.candles.chart_marks import ChartMark, MarkKind
from nightdesk.candles.model import Candle
from nightdesk.contracts.api.datafeed import (
    BarsShape,
    ConfigShape,
    ExchangeShape,
    FeedTokenShape,
    FoundShape,
    MarksShape,
    NamedShape,
    NoBarsShape,
    QuoteShape,
    QuoteValuesShape,
    SymbolShape,
    TimescaleMarkShape,
)
from nightdesk.contracts.api.datafeed_reading import intraday, supported
from nightdesk.identity.feed_tokens import FeedToken
from nightdesk.kernel.instants import format_instant, to_ms
from nightdesk.markets.model import Price
from nightdesk.markets.price_steps import PriceStep

_KINDS: Final = {SeriesKind.CRYPTO: "Crypto", SeriesKind.FOREX: "Forex", SeriesKind.PORTFOLIO: "Portfolio"}
_SESSION: Final = "24x7"
# Sunday (1) from 22:00 until Friday (6) 22:00, in UTC.
_FOREX_SESSION: Final = "2200-0000:1|0000-0000:2345|0000-2200:6"
_LOOKS: Final = {
    MarkKind.BUY: ("#26a69a", "B"),
    MarkKind.SELL: ("#ef5350", "S"),
    MarkKind.FIRING: ("#ffa726", "R"),
    MarkKind.DEPOSIT: ("#42a5f5", "D"),
    MarkKind.WITHDRAWAL: ("#ab47bc", "W"),
    MarkKind.MORE: ("#90a4ae", "+"),
}
_LABEL_COLOUR: Final = "#ffffff"
_SIZE: Final = 14


def config_shape(places: Sequence[str]) -> ConfigShape:
    """What the datafeed can do."""
    everywhere = ExchangeShape(value="", name="Everywhere", desc="Every venue")
    return ConfigShape(
        supports_search=True,
        supports_group_request=False,
        supports_marks=True,
        supports_timescale_marks=True,
        supports_time=True,
        exchanges=[everywhere, *(ExchangeShape(value=each, name=each.title(), desc=each.title()) for each in places)],
        symbols_types=[
            NamedShape(name="All", value=""),
            *(NamedShape(name=name, value=kind.value) for kind, name in _KINDS.items()),
        ],
        supported_resolutions=supported(),
    )


def symbol_shape(series: ListedSeries, step: PriceStep) -> SymbolShape:
    """A series, as a library needs to know it."""
    place = series.place.title()
    return SymbolShape(
        name=_short(series),
        ticker=series.name,
        description=_description(series),
        type=series.kind.value,
        session=_FOREX_SESSION if series.kind is SeriesKind.FOREX else _SESSION,
        timezone="Etc/UTC",
        exchange=place,
        listed_exchange=place,
        exchange_traded=place,
        exchange_listed=place,
        minmov=step.minmov,
        pricescale=step.pricescale,
        intraday_multipliers=intraday(series.base),
        supported_resolutions=supported(series.base),
        visible_plots_set="ohlcv" if series.kind is SeriesKind.CRYPTO else "ohlc",
        currency_code=series.unit,
    )


def found_shape(series: ListedSeries) -> FoundShape:
    """A series that was looked for."""
    return FoundShape(
        symbol=_short(series),
        full_name=series.name,
        description=_description(series),
        exchange=series.place.title(),
        ticker=series.name,
        type=series.kind.value,
    )


def bars_shape(bars: Sequence[Candle]) -> BarsShape:
    """Bars in columns."""
    return BarsShape(
        t=[_seconds(bar.at) for bar in bars],
        o=[bar.open for bar in bars],
        h=[bar.high for bar in bars],
        l=[bar.low for bar in bars],
        c=[bar.close for bar in bars],
        v=[bar.volume for bar in bars],
    )


def no_bars_shape(older_at: datetime | None) -> NoBarsShape:
    """There are none, but perhaps older ones."""
    return NoBarsShape(nextTime=None if older_at is None else _seconds(older_at))


def marks_shape(marks: Iterable[ChartMark]) -> MarksShape:
    """Marks in columns."""
    told = list(marks)
    return MarksShape(
        id=[mark.key for mark in told],
        time=[_seconds(mark.at) for mark in told],
        color=[_LOOKS[mark.kind][0] for mark in told],
        text=[mark.text for mark in told],
        label=[_LOOKS[mark.kind][1] for mark in told],
        labelFontColor=[_LABEL_COLOUR] * len(told),
        minSize=[_SIZE] * len(told),
    )


def timescale_shapes(marks: Iterable[ChartMark]) -> list[TimescaleMarkShape]:
    """One mark a bar, which tells everything that happened in it."""
    return [_timescale_shape(at, list(several)) for at, several in groupby(marks, key=lambda mark: mark.at)]


def quote_shape(
    name: str, last: Decimal, price: Price | None, today: Candle | None, before: Candle | None
) -> QuoteShape:
    """A price, with the figures of its day."""
    lp, close = float(last), before.close if before else None
    place, _, short = name.partition(":")
    values = QuoteValuesShape(
        short_name=short,
        exchange=place.title(),
        original_name=name,
        description=short,
        lp=lp,
        ask=float(price.ask) if price and price.ask else None,
        bid=float(price.bid) if price and price.bid else None,
        ch=None if close is None else lp - close,
        chp=(lp - close) / close * 100 if close else None,
        open_price=today.open if today else None,
        high_price=max(today.high, lp) if today else None,
        low_price=min(today.low, lp) if today else None,
        prev_close_price=close,
        volume=today.volume if today else None,
    )
    return QuoteShape(n=name, v=values)


def feed_token_shape(token: FeedToken, path: str | None = None) -> FeedTokenShape:
    """A token, with its address when it was made just now."""
    return FeedTokenShape(
        token_id=str(token.token_id),
        name=token.name,
        created_at=format_instant(token.created_at),
        last_used_at=None if token.last_used_at is None else format_instant(token.last_used_at),
        path=path,
    )


def _timescale_shape(at: datetime, marks: Sequence[ChartMark]) -> TimescaleMarkShape:
    colour, label = _LOOKS[marks[0].kind]
    tooltip = [mark.text for mark in marks]
    return TimescaleMarkShape(id=marks[0].key, time=_seconds(at), color=colour, label=label, tooltip=tooltip)


def _short(series: ListedSeries) -> str:
    return series.name if series.kind is SeriesKind.PORTFOLIO else series.name.partition(":")[2]


def _description(series: ListedSeries) -> str:
    if series.kind is SeriesKind.PORTFOLIO:
        return f"Portfolio value in {series.unit}"
    return f"{series.name.partition(':')[2]} at {series.place.title()}"


def _seconds(at: datetime) -> int:
    return to_ms(at) // 1000

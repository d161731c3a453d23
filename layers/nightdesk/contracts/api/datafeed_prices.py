"""Quotes and price steps of series, whatever is known of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.candles.catalogue import ListedSeries, SeriesKind
from nightdesk.candles.model import Candle, PortfolioSeries, parse_series
from nightdesk.candles.resolutions import Resolution, bar_end
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.contracts.api.datafeed import NoQuoteShape, QuoteShape
from nightdesk.contracts.api.present_datafeed import quote_shape
from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules
from nightdesk.markets.ports import PriceBook
from nightdesk.markets.price_steps import PriceStep, step_of_market, step_of_value

RulesOf = Callable[[Instrument], MarketRules]
"""What the market's venue demands of orders; raises what a venue's refusal or silence means."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prices:
    """Reads the price book and the newest bars."""

    book: PriceBook
    candles: CandleService
    rules_of: RulesOf

    def step(self, tenant_id: TenantId, series: ListedSeries) -> PriceStep:
        """The market's own step; where no venue tells one, what its last value suggests."""
        last = self._last_value(tenant_id, series)
        if series.kind is SeriesKind.CRYPTO:
            try:
                return step_of_market(self.rules_of(parse_instrument(series.name)), last)
            except NightdeskError as error:
                _log.warning("no price step is told", extra={"series": series.name, "error_code": error.code})
        return step_of_value(last or Decimal(0))

    def quotes(self, tenant_id: TenantId, names: Sequence[str], now: datetime) -> list[QuoteShape | NoQuoteShape]:
        """Each name's quote, in that order."""
        books: dict[VenueId, Mapping[Instrument, Price]] = {}
        return [self._quote(tenant_id, name, now, books) for name in names]

    def _quote(
        self, tenant_id: TenantId, name: str, now: datetime, books: dict[VenueId, Mapping[Instrument, Price]]
    ) -> QuoteShape | NoQuoteShape:
        try:
            series = parse_series(name)
            days = self._newest(tenant_id, str(series), Resolution.DAY, 2)
            price = self._price(series, books) if isinstance(series, Instrument) else None
            last = price.last if price else self._last_close(tenant_id, str(series))
        except (InvalidInput, NotFound):
            return NoQuoteShape(n=name)
        if last is None:
            return NoQuoteShape(n=name)
        today = next((day for day in days[-1:] if bar_end(day.at, Resolution.DAY) > now), None)
        before = days[-2:-1] if today else days[-1:]
        return quote_shape(name, last, price, today, before[0] if before else None)

    def _price(self, instrument: Instrument, books: dict[VenueId, Mapping[Instrument, Price]]) -> Price | None:
        if instrument.venue not in books:
            books[instrument.venue] = {price.instrument: price for price in self.book.all(instrument.venue)}
        return books[instrument.venue].get(instrument)

    def _last_value(self, tenant_id: TenantId, series: ListedSeries) -> Decimal | None:
        parsed = parse_series(series.name)
        price = None if isinstance(parsed, PortfolioSeries) else self._price(parsed, {})
        return price.last if price else self._last_close(tenant_id, series.name)

    def _last_close(self, tenant_id: TenantId, name: str) -> Decimal | None:
        bars = self._newest(tenant_id, name, Resolution.MINUTES_15, 1)
        return Decimal(repr(bars[-1].close)) if bars else None

    def _newest(self, tenant_id: TenantId, name: str, resolution: Resolution, limit: int) -> Sequence[Candle]:
        return self.candles.page(tenant_id, CandleQuery(series=name, resolution=resolution, limit=limit)).candles

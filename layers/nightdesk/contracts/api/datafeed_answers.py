"""What the datafeed answers: series, bars, marks and quotes of the caller's tenant, in the contract's shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.candles.catalogue import ListedSeries, SeriesCatalogue
from nightdesk.candles.chart_marks import put_on_bars
from nightdesk.candles.model import Candle
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.contracts.api import present_datafeed as present
from nightdesk.contracts.api.datafeed import (
    BarsShape,
    ConfigShape,
    FoundShape,
    MarksShape,
    NoBarsShape,
    QuotesShape,
    SymbolShape,
    TimescaleMarkShape,
)
from nightdesk.contracts.api.datafeed_happenings import Happenings
from nightdesk.contracts.api.datafeed_prices import Prices
from nightdesk.contracts.api.datafeed_reading import RangeWish, read_search, read_series, read_symbols
from nightdesk.identity.feed_tokens import FeedTokenService
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class DatafeedAnswers:
    """Asks the services and puts what they know in the contract's shape.

    Attributes:
        now: In market time, which is that of bars.
    """

    tokens: FeedTokenService
    catalogue: SeriesCatalogue
    candles: CandleService
    prices: Prices
    happenings: Happenings
    now: Callable[[], datetime]

    def config(self, tenant_id: TenantId) -> ConfigShape:
        """What there is."""
        return present.config_shape(self.catalogue.places(tenant_id))

    def symbol(self, tenant_id: TenantId, symbol: str | None) -> SymbolShape:
        """One series.

        Raises:
            InvalidInput: `datafeed.symbol_malformed`.
            NotFound: `datafeed.symbol_unknown`.
        """
        series = self._series(tenant_id, read_series(symbol))
        return present.symbol_shape(series, self.prices.step(tenant_id, series))

    def search(
        self, tenant_id: TenantId, query: str | None, kind: str | None, exchange: str | None, limit: str | None
    ) -> list[FoundShape]:
        """Series that are looked for."""
        found = self.catalogue.search(tenant_id, read_search(query, kind, exchange, limit))
        return [present.found_shape(series) for series in found]

    def history(self, tenant_id: TenantId, wish: RangeWish) -> BarsShape | NoBarsShape:
        """The newest bars before the end of the range: so many as are counted back, or those in the range.

        Raises:
            NotFound: `candles.series_not_found`.
            InvalidInput: `candles.resolution_unavailable`.
        """
        bars = self._bars(tenant_id, wish)
        if bars:
            return present.bars_shape(bars)
        older = self._newest(tenant_id, wish, until=wish.since, limit=1) if wish.countback is None else []
        return present.no_bars_shape(older[-1].at if older else None)

    def marks(self, tenant_id: TenantId, wish: RangeWish) -> MarksShape:
        """Trades and firings on the bars of the range.

        Raises:
            NotFound: `candles.series_not_found`.
            InvalidInput: `candles.resolution_unavailable`.
        """
        bars = self._bars(tenant_id, wish)
        happened = self.happenings.on_chart(tenant_id, wish.series, bars[0].at, wish.until) if bars else []
        return present.marks_shape(put_on_bars(happened, [bar.at for bar in bars]))

    def timescale_marks(self, tenant_id: TenantId, wish: RangeWish) -> list[TimescaleMarkShape]:
        """Deposits and withdrawals below the bars of the range.

        Raises:
            NotFound: `candles.series_not_found`.
            InvalidInput: `candles.resolution_unavailable`.
        """
        bars = self._bars(tenant_id, wish)
        happened = self.happenings.on_axis(tenant_id, wish.series, bars[0].at, wish.until) if bars else []
        return present.timescale_shapes(put_on_bars(happened, [bar.at for bar in bars]))

    def quotes(self, tenant_id: TenantId, symbols: str | None) -> QuotesShape:
        """The last prices.

        Raises:
            InvalidInput: `datafeed.symbols`.
        """
        return QuotesShape(d=self.prices.quotes(tenant_id, read_symbols(symbols), self.now()))

    def seconds(self) -> int:
        """Market time."""
        return int((self.now() - EPOCH).total_seconds())

    def _series(self, tenant_id: TenantId, name: str) -> ListedSeries:
        series = self.catalogue.find(tenant_id, name)
        if series is None:
            raise NotFound("datafeed.symbol_unknown", f"There is no series {name[:80]}.")
        return series

    def _bars(self, tenant_id: TenantId, wish: RangeWish) -> Sequence[Candle]:
        bars = self._newest(tenant_id, wish, until=wish.until, limit=wish.bars_max)
        return bars if wish.countback is not None else [bar for bar in bars if bar.at >= wish.since]

    def _newest(self, tenant_id: TenantId, wish: RangeWish, *, until: datetime, limit: int) -> Sequence[Candle]:
        query = CandleQuery(series=wish.series, resolution=wish.resolution, until=until, limit=limit)
        return self.candles.page(tenant_id, query).candles

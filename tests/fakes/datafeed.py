"""What the datafeed reads, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from nightdesk.candles.catalogue import ListedSeries, SeriesSearch
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.datafeed_answers import DatafeedAnswers
from nightdesk.contracts.api.datafeed_happenings import Happenings
from nightdesk.contracts.api.datafeed_prices import Prices
from nightdesk.identity.feed_tokens import FeedToken, FeedTokenId, FeedTokenService
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.ports import LedgerReads
from nightdesk.markets.orders import MarketRules
from nightdesk.markets.ports import PriceBook
from nightdesk.rules.chart_firings import ChartFiring
from tests.fakes.candles import FakeCandles


@dataclass(slots=True)
class FakeMarketRules:
    """Markets' rules as a test sets them; of others the venue says nothing."""

    by_instrument: dict[Instrument, MarketRules] = field(default_factory=dict)

    def of(self, instrument: Instrument) -> MarketRules:
        if instrument not in self.by_instrument:
            raise Unavailable("venue.unavailable", "The venue does not answer.")
        return self.by_instrument[instrument]

    def put(self, instrument: Instrument, tick: str, price_digits: int | None = None) -> None:
        self.by_instrument[instrument] = MarketRules(
            instrument=instrument, tick=Decimal(tick), lot=Decimal("0.001"), price_digits=price_digits
        )


@dataclass(slots=True)
class FakeFeedTokens:
    """`FeedTokenUnits` and `FeedTokenStore`."""

    by_hash: dict[bytes, FeedToken] = field(default_factory=dict)

    @contextmanager
    def __call__(self, tenant_id: TenantId | None) -> Iterator[FakeFeedTokens]:  # noqa: ARG002
        yield self

    def used(self, token_hash: bytes, at: datetime, *, noted_before: datetime) -> FeedToken | None:
        known = self.by_hash.get(token_hash)
        if known and (known.last_used_at is None or known.last_used_at < noted_before):
            self.by_hash[token_hash] = replace(known, last_used_at=at)
        return known

    def of_user(self, tenant_id: TenantId, user_id: UserId) -> Sequence[FeedToken]:
        return [each for each in self.by_hash.values() if (each.tenant_id, each.user_id) == (tenant_id, user_id)]

    def add(self, token: FeedToken, token_hash: bytes) -> None:
        self.by_hash[token_hash] = token

    def remove(self, tenant_id: TenantId, user_id: UserId, token_id: FeedTokenId) -> bool:
        mine = {each.token_id for each in self.of_user(tenant_id, user_id)}
        before = len(self.by_hash)
        self.by_hash = {
            key: each for key, each in self.by_hash.items() if each.token_id != token_id or token_id not in mine
        }
        return len(self.by_hash) < before


@dataclass(slots=True)
class FakeCatalogue:
    """`SeriesCatalogue` of the series that the fake candles hold."""

    candles: FakeCandles

    def places(self, tenant_id: TenantId) -> Sequence[str]:
        return sorted({each.place for each in self._seen(tenant_id)})

    def find(self, tenant_id: TenantId, name: str) -> ListedSeries | None:
        return next((each for each in self._seen(tenant_id) if each.name == name), None)

    def search(self, tenant_id: TenantId, wanted: SeriesSearch) -> Sequence[ListedSeries]:
        found = [
            each
            for each in self._seen(tenant_id)
            if wanted.text.upper() in each.name.upper()
            and wanted.place in ("", each.place)
            and wanted.kind in (None, each.kind)
        ]
        return found[: wanted.limit]

    def _seen(self, tenant_id: TenantId) -> list[ListedSeries]:
        owners = self.candles.owners
        return [
            ListedSeries(name=name, unit=series.unit, base=series.base)
            for name, series in sorted(self.candles.series.items())
            if owners.get(name, tenant_id) == tenant_id
        ]


@dataclass(slots=True)
class FakeFirings:
    """`FiringReads` of firings as a test sets them, each with the series its rule set speaks of."""

    fired: list[tuple[TenantId, str, ChartFiring]] = field(default_factory=list)

    def between(
        self, tenant_id: TenantId, series: str | None, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[ChartFiring]:
        found = [
            firing
            for owner, spoken_of, firing in self.fired
            if owner == tenant_id and series in (None, spoken_of) and since <= firing.instant < until
        ]
        return sorted(found, key=lambda each: each.instant, reverse=True)[:limit]


@dataclass(slots=True)
class FakeDatafeed:
    """What only the datafeed reads."""

    tokens: FakeFeedTokens = field(default_factory=FakeFeedTokens)
    firings: FakeFirings = field(default_factory=FakeFirings)
    rules: FakeMarketRules = field(default_factory=FakeMarketRules)

    def answers(self, candles: FakeCandles, prices: PriceBook, ledger: LedgerReads, clock: Clock) -> DatafeedAnswers:
        bars = CandleService(candles.readers)
        return DatafeedAnswers(
            tokens=FeedTokenService(
                units=self.tokens, clock=clock, new_id=uuid4, new_token=lambda: f"{uuid4().hex}-feed"
            ),
            catalogue=FakeCatalogue(candles),
            candles=bars,
            prices=Prices(prices, bars, self.rules.of),
            happenings=Happenings(ledger, self.firings),
            now=clock.now,
        )

"""Books and prices in memory."""

from __future__ import annotations

from collections.abc import Collection as Wanted
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Brought, Holding
from nightdesk.portfolio.ports import PortfolioUnit
from tests.fakes.ledger import FakeLedgerStore

NOTHING = Books(base_asset=AssetId("USDT"), accounts=(), holdings=(), reported=())


@dataclass(slots=True)
class FakePriceBook:
    """The newest price of each instrument."""

    prices: dict[str, Price] = field(default_factory=dict)

    def put(self, prices: Iterable[Price]) -> None:
        for price in prices:
            known = self.prices.get(str(price.instrument))
            if known is None or known.at <= price.at:
                self.prices[str(price.instrument)] = price

    def all(self, venue: VenueId) -> tuple[Price, ...]:
        return tuple(price for price in self.prices.values() if price.instrument.venue == venue)


@dataclass(slots=True)
class FakeBookStore:
    """Books as a test sets them, by tenant."""

    by_tenant: dict[TenantId, Books] = field(default_factory=dict)

    def books(self, tenant_id: TenantId) -> Books:
        return self.by_tenant.get(tenant_id, NOTHING)

    def unsettled(self, tenant_id: TenantId) -> tuple[AccountId, ...]:  # noqa: ARG002
        return ()


@dataclass(slots=True)
class FakeHoldingStore:
    """Holdings by account and asset."""

    holdings: dict[tuple[AccountId, AssetId], Holding] = field(default_factory=dict)
    carried: dict[tuple[AccountId, AssetId], dict[str, Brought]] = field(default_factory=dict)

    def get(self, tenant_id: TenantId, account_id: AccountId, assets: Wanted[AssetId]) -> Mapping[AssetId, Holding]:  # noqa: ARG002
        return {asset: self.holdings[account_id, asset] for asset in assets if (account_id, asset) in self.holdings}

    def put(self, tenant_id: TenantId, holdings: Sequence[Holding], updated_at: datetime) -> None:  # noqa: ARG002
        self.holdings |= {(holding.account_id, holding.asset): holding for holding in holdings}

    def stale(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:  # noqa: ARG002
        return frozenset(asset for (owner, asset), held in self.holdings.items() if owner == account_id and held.stale)

    def assets(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:  # noqa: ARG002
        return frozenset(asset for owner, asset in self.holdings if owner == account_id)

    def brought(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        assets: Wanted[AssetId],
    ) -> Mapping[tuple[AssetId, str], Brought]:
        return {
            (asset, identity): each
            for (owner, asset), kept in self.carried.items()
            for identity, each in kept.items()
            if owner == account_id and asset in assets
        }

    def put_brought(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        asset: AssetId,
        brought: Mapping[str, Brought],
    ) -> None:
        self.carried[account_id, asset] = dict(brought)


@dataclass(slots=True)
class FakePortfolioUnits:
    """One set of stores for everybody."""

    ledger: FakeLedgerStore
    holdings: FakeHoldingStore = field(default_factory=FakeHoldingStore)
    books: FakeBookStore = field(default_factory=FakeBookStore)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[PortfolioUnit]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[PortfolioUnit]:
        yield PortfolioUnit(ledger=self.ledger, holdings=self.holdings, books=self.books)

"""The books of all portfolios, as fresh as the database was asked."""

from __future__ import annotations

from collections.abc import Collection

from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks, Version
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.fx import FxRates, FxTable
from nightdesk.portfolio.model import Books
from nightdesk.portfolio.valuation_arrays import Exposure


class TrackedBooks:
    """Reads exposures of all tenants together, and a tenant's books only while somebody looks at them."""

    def __init__(self, source: PostgresTrackedBooks, fx: FxTable | None = None) -> None:
        self._source = source
        self._fx = fx
        self.fx: FxRates | None = None
        self._versions: dict[TenantId, Version] = {}
        self._looked_at: dict[TenantId, Books] = {}
        self._wanted: frozenset[TenantId] = frozenset()
        self.exposures: tuple[Exposure, ...] = ()

    def refresh(self, grew: Collection[TenantId]) -> bool:
        """Look for changes; tells whether exposures were read again.

        Raises:
            Unavailable: The database does not answer.
        """
        self.fx = self._fx.latest() if self._fx else None
        versions = self._source.versions()
        changed = {tenant for tenant, version in versions.items() if self._versions.get(tenant) != version}
        self._versions = versions
        for tenant_id in self._wanted:
            if tenant_id not in self._looked_at or tenant_id in changed or tenant_id in grew:
                self._looked_at[tenant_id] = self._source.books(tenant_id)
        if not changed and not grew and self.exposures:
            return False
        self.exposures = self._source.exposures()
        return True

    def wants(self, watched: frozenset[TenantId]) -> bool:
        """Say which portfolios are looked at; tells whether books of one are still to be read."""
        self._wanted = watched
        self._looked_at = {tenant: books for tenant, books in self._looked_at.items() if tenant in watched}
        return len(self._looked_at) < len(watched)

    def of(self, tenant_id: TenantId) -> Books | None:
        """The tenant's books, as soon as they have been read."""
        return self._looked_at.get(tenant_id)

    def venues(self) -> tuple[str, ...]:
        """Venues whose prices count."""
        return ("binance",)

"""The books of all portfolios, as fresh as the database was asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from nightdesk.adapters.postgres.tracking import Heads, PostgresTrackedBooks, Version
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.composite import VENUES
from nightdesk.markets.fx import FxRates, FxTable
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.held_over_time import Moves
from nightdesk.portfolio.model import Books
from nightdesk.portfolio.rebuilding import Move


@dataclass(frozen=True, slots=True)
class Read:
    """What a look at the database brought: what each portfolio holds, and by which moves since the look before."""

    exposures: tuple[Exposure, ...]
    moves: Moves


class TrackedBooks:
    """Reads what changed of all tenants, and a tenant's books only while somebody looks at them."""

    def __init__(self, source: PostgresTrackedBooks, fx: FxTable | None = None) -> None:
        self._source = source
        self._fx = fx
        self.fx: FxRates | None = None
        self._versions: Mapping[TenantId, Version] = {}
        self._heads: dict[TenantId, Heads] = {}
        self._exposures: dict[TenantId, Exposure] = {}
        self._moves: dict[TenantId, list[Move]] = {}
        self._looked_at: dict[TenantId, Books] = {}
        self._wanted: frozenset[TenantId] = frozenset()

    @property
    def portfolios(self) -> tuple[TenantId, ...]:
        """All there are, as of the last look."""
        return tuple(self._exposures)

    def refresh(self, grew: Collection[TenantId], oldest: datetime | None = None) -> Read | None:
        """Look for changes; None when there are none.

        Args:
            grew: Tenants whose ledgers are said to have grown.
            oldest: Moves that are older are told as of this instant.

        Raises:
            Unavailable: The database does not answer.
        """
        self.fx = self._fx.latest() if self._fx else None
        versions = self._source.versions()
        changed = {tenant for tenant, version in versions.items() if self._versions.get(tenant) != version}
        for tenant_id in self._wanted:
            if tenant_id not in self._looked_at or tenant_id in changed or tenant_id in grew:
                self._looked_at[tenant_id] = self._source.books(tenant_id)
        stirred = [tenant for tenant in versions if tenant in changed or tenant in grew]
        if not stirred and versions.keys() == self._exposures.keys():
            return None
        for tenant_id in stirred:
            self._read(tenant_id, oldest)
        self._exposures = {tenant: self._exposures[tenant] for tenant in versions}
        self._versions = versions
        moves, self._moves = self._moves, {}
        return Read(tuple(self._exposures.values()), moves)

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
        return VENUES

    def _read(self, tenant_id: TenantId, oldest: datetime | None) -> None:
        held = self._source.held(tenant_id, self._heads.get(tenant_id), oldest)
        self._heads[tenant_id] = held.heads
        self._exposures[tenant_id] = held.exposure
        self._moves.setdefault(tenant_id, []).extend(held.moves)

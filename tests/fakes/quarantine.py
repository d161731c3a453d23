"""The quarantine in memory, beside the ledger's fake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.ledger.naming import unknown_codes, venue_of
from nightdesk.ledger.quarantine import Quarantined, QuarantineUnit, Waiting
from nightdesk.portfolio.projection import LedgerRecorder
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore


@dataclass(slots=True)
class FakeQuarantine:
    """What waits in one account."""

    ledger: FakeLedgerStore
    account_id: AccountId
    told_at: datetime
    released: list[str] = field(default_factory=list)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[QuarantineUnit]:
        assert tenant_id
        yield QuarantineUnit(self, LedgerRecorder(self.ledger, FakeHoldingStore()))

    def name(self, tenant_id: TenantId, venue: VenueId, code: AssetId, asset: AssetId, named_at: datetime) -> None:
        assert tenant_id
        assert named_at
        self.ledger.named[venue, code] = asset

    def page(self, tenant_id: TenantId, after: Waiting | None, limit: int) -> tuple[Quarantined, ...]:
        assert tenant_id
        waiting = [fact for fact in self._facts() if after is None or fact.identity > after.identity]
        return tuple(self._quarantined(fact) for fact in sorted(waiting, key=lambda fact: fact.identity))[:limit]

    def waiting(self, tenant_id: TenantId, venue: VenueId, code: AssetId) -> Mapping[AccountId, Sequence[Fact]]:
        assert tenant_id
        mine = [fact for fact in self._facts() if venue_of(fact) == venue and code in unknown_codes(fact)]
        return {self.account_id: mine} if mine else {}

    def release(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str], at: datetime) -> None:
        assert (tenant_id, account_id) == (tenant_id, self.account_id)
        assert at
        self.released += identities

    def _facts(self) -> list[Fact]:
        return [fact for fact in self.ledger.waiting.values() if fact.identity not in self.released]

    def _quarantined(self, fact: Fact) -> Quarantined:
        codes = tuple(sorted(unknown_codes(fact)))
        return Quarantined(
            account_id=self.account_id, venue=venue_of(fact), codes=codes, fact=fact, told_at=self.told_at
        )

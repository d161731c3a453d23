"""What valuations rested on, from memory."""

from __future__ import annotations

from datetime import datetime

from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.provenance import PastValuation


class FakeValuationReads:
    """`ValuationReads` from memory."""

    def __init__(self) -> None:
        self.kept: dict[TenantId, list[PastValuation]] = {}

    def last(self, tenant_id: TenantId, at: datetime) -> PastValuation | None:
        found = [each for each in self.kept.get(tenant_id, []) if each.at <= at]
        return max(found, key=lambda each: each.at, default=None)

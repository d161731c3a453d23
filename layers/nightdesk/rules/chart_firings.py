"""Firings as a chart shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.ids import TenantId
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.model import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFiring:
    """One firing.

    Attributes:
        instant: In market time.
        rule_set: Its name when it fired.
    """

    firing_id: FiringId
    instant: datetime
    mode: Mode
    rule_set: str
    reason: str


class FiringReads(Protocol):
    """Reads firings by when they happened."""

    def between(
        self, tenant_id: TenantId, series: str | None, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[ChartFiring]:
        """The newest of the time range, newest first.

        Args:
            tenant_id: Whose.
            series: Only of rule sets that speak of this series; None for all.
            since: Inclusive.
            until: Exclusive.
            limit: At most so many.
        """
        ...

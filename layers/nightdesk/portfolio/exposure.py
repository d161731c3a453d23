"""What a portfolio holds over all its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a portfolio holds over all its accounts."""

    portfolio_id: TenantId
    base_asset: AssetId
    quantities: Mapping[AssetId, Decimal]

"""What money is worth in a tenant's base asset, at the last known prices."""

from __future__ import annotations

from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.money import Money, multiply
from nightdesk.ledger.inbox_desk import Worth
from nightdesk.markets.composite import venues_with
from nightdesk.markets.ports import PriceBook
from nightdesk.portfolio.figures import Valuer
from nightdesk.portfolio.ports import PortfolioUnits
from nightdesk.portfolio.valuation import PriceGraph


class PortfolioAppraiser:
    """Appraises with the prices of all venues."""

    def __init__(self, units: PortfolioUnits, prices: PriceBook) -> None:
        self._units = units
        self._prices = prices

    def __call__(self, tenant_id: TenantId) -> tuple[AssetId, Worth]:
        """The tenant's base asset, and what money is worth in it."""
        with self._units(tenant_id) as unit:
            books = unit.books.books(tenant_id)
        venues = venues_with({account.venue for account in books.accounts})
        valuer = Valuer(PriceGraph(price for venue in venues for price in self._prices.all(venue)), books.base_asset)

        def worth(money: Money) -> Decimal | None:
            rate = valuer.rate(money.asset)
            return None if rate is None else multiply(money.amount, rate.value)

        return books.base_asset, worth

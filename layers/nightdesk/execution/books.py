"""What can be sold now and where: read from the order desk's books, prices and market rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from nightdesk.execution.liquidation import HeldAsset, Market, MarketOf
from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Conflict, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import ZERO
from nightdesk.markets.orders import MarketRules
from nightdesk.markets.ports import PriceBook
from nightdesk.orders.errors import VENUE_READ_ONLY
from nightdesk.orders.limiting import reducible
from nightdesk.orders.model import Order, OrderScope
from nightdesk.orders.ports import Held, OrderUnit, OrderUnits, OrderVenue


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellable:
    """What a tenant's accounts can sell and spend at one moment.

    Attributes:
        held: Without what is being sold already.
        free: What can be spent of each asset, in the scope or not, as the venue reported it last.
    """

    base_asset: AssetId
    held: tuple[HeldAsset, ...]
    free: Mapping[tuple[AccountId, AssetId], Decimal]


class TradingBooks:
    """Reads for plans; nothing here changes anything."""

    def __init__(self, *, units: OrderUnits, venue: OrderVenue, prices: PriceBook) -> None:
        self._units = units
        self._venue = venue
        self._prices = prices

    def sellable(self, tenant_id: TenantId, scope: Scope = WHOLE_PORTFOLIO) -> Sellable:
        """What the tenant can sell of the scope now, in one moment of the books."""
        with self._units(tenant_id) as unit:
            venues = {account.account_id: account.venue for account in unit.accounts.list(tenant_id)}
            held = [each for each in unit.orders.held(tenant_id) if each.account_id in venues]
            live = unit.orders.live(tenant_id, OrderScope())
            within = [each for each in held if scope.covers(each.account_id, each.asset)]
            return Sellable(
                base_asset=unit.orders.base_asset(tenant_id),
                held=tuple(_asset(unit, tenant_id, each, venues[each.account_id], live=live) for each in within),
                free={(each.account_id, each.asset): each.free for each in held},
            )

    def markets(self, correlation_id: CorrelationId) -> MarketOf:
        """Looks up markets at the last known prices; a venue's prices are read once.

        A market of a venue that the desk only reads takes no type of order.
        """
        last: dict[VenueId, dict[Instrument, Decimal]] = {}
        known: dict[Instrument, Market | None] = {}

        def market(instrument: Instrument) -> Market | None:
            prices = last.get(instrument.venue)
            if prices is None:
                prices = {price.instrument: price.last for price in self._prices.all(instrument.venue)}
                last[instrument.venue] = prices
            if instrument not in known:
                known[instrument] = self._market(instrument, prices.get(instrument), correlation_id)
            return known[instrument]

        return market

    def _market(self, instrument: Instrument, last: Decimal | None, correlation_id: CorrelationId) -> Market | None:
        if last is None or last <= ZERO:
            return None
        try:
            return Market(self._venue.market_rules(instrument, correlation_id), last)
        except NotFound:
            return None
        except Conflict as refused:
            if refused.code != VENUE_READ_ONLY:
                raise
            return Market(MarketRules(instrument=instrument, tick=ZERO, lot=ZERO, types=frozenset()), last)


def _asset(unit: OrderUnit, tenant_id: TenantId, held: Held, venue: VenueId, *, live: Sequence[Order]) -> HeldAsset:
    own = [order for order in live if order.account_id == held.account_id]
    sold = unit.orders.sold_since_reported(tenant_id, held.account_id, held.asset)
    return HeldAsset(account_id=held.account_id, venue=venue, asset=held.asset, quantity=reducible(held, own, sold))

"""A tenant's portfolio at the last known prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import ZERO, Money, add, divide, subtract
from nightdesk.lots.average_cost import Amounts, Position
from nightdesk.markets.composite import venues_with
from nightdesk.markets.fx import FxRates, FxTable
from nightdesk.markets.ports import PriceBook
from nightdesk.portfolio.display import display_rates
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.figures import Valuer, known_sum, together
from nightdesk.portfolio.model import (
    Books,
    Holding,
    OpenContract,
    Portfolio,
    PortfolioAccount,
    Reported,
    Total,
    ValuedAccount,
    ValuedAsset,
    ValuedHolding,
)
from nightdesk.portfolio.ports import PortfolioUnits
from nightdesk.portfolio.price_verdicts import with_verdicts
from nightdesk.portfolio.projection import HoldingsProjector
from nightdesk.portfolio.provenance import PastValuation, provenance, valuation_of
from nightdesk.portfolio.valuation import PriceGraph

Gains = Mapping[OpenContract, Decimal | None]
"""What each open contract would bring, in the base asset; None where a price is not known."""


class PortfolioService:
    """Values what a tenant holds.

    Args:
        fx: Rates of currencies that no venue has a market of; None shows values in the venues' assets only.
    """

    def __init__(self, units: PortfolioUnits, prices: PriceBook, clock: Clock, fx: FxTable | None = None) -> None:
        self._units = units
        self._prices = prices
        self._clock = clock
        self._fx = fx

    def view(self, tenant_id: TenantId) -> Portfolio:
        """The portfolio now: every figure beside the age of what it is made of, every price with a verdict.

        Holdings that older events made stale are folded again first, unless an open import is going to do it.
        """
        now = self._clock.now()
        books = self._books(tenant_id, now)
        graph = self._graph(books)
        return with_verdicts(value_books(tenant_id, books, graph, now, self._fx.latest() if self._fx else None), graph)

    def explain(self, tenant_id: TenantId) -> PastValuation:
        """What the present value of the holdings rests on; open contracts are not in it."""
        now = self._clock.now()
        books = self._books(tenant_id, now)
        quantities: dict[AssetId, Decimal] = {}
        for holding in books.holdings:
            quantities[holding.asset] = add(quantities.get(holding.asset, ZERO), holding.position.quantity)
        exposure = Exposure(portfolio_id=tenant_id, base_asset=books.base_asset, quantities=quantities)
        return valuation_of(provenance(now, [exposure], self._graph(books)), tenant_id)

    def _graph(self, books: Books) -> PriceGraph:
        venues = venues_with({account.venue for account in books.accounts})
        return PriceGraph(price for venue in venues for price in self._prices.all(venue))

    def _books(self, tenant_id: TenantId, now: datetime) -> Books:
        with self._units(tenant_id) as unit:
            projector = HoldingsProjector(unit.ledger, unit.holdings)
            for account_id in unit.books.unsettled(tenant_id):
                projector.settle(tenant_id, account_id, now)
            return unit.books.books(tenant_id)


def value_books(
    tenant_id: TenantId, books: Books, graph: PriceGraph, now: datetime, fx: FxRates | None = None
) -> Portfolio:
    """The portfolio that the books and the prices make; `fx` adds currencies to show it in."""
    valuer = Valuer(graph, books.base_asset)
    rows = tuple(_rows(books))
    holdings = tuple(_holding(valuer, holding, reported) for holding, reported in rows)
    gains = {contract: valuer.worth({contract.settle: contract.unrealised_pnl}) for contract in books.contracts}
    total = _total(holdings, gains)
    return Portfolio(
        portfolio_id=tenant_id,
        base_asset=books.base_asset,
        as_of=now,
        total=total,
        accounts=tuple(_account(account, holdings, gains) for account in books.accounts),
        assets=_assets(valuer, [holding for holding, _ in rows], total.value),
        holdings=holdings,
        unpriced=tuple(sorted({holding.asset for holding in holdings if _lacks_price(holding)})),
        rates=display_rates(valuer, fx),
    )


def _rows(books: Books) -> Iterator[tuple[Holding, Reported | None]]:
    """Holdings beside what is reported, by account and asset; what is only reported has an empty holding."""
    held = {(holding.account_id, holding.asset): holding for holding in books.holdings}
    reported = {(each.account_id, each.asset): each for each in books.reported}
    for key in sorted(held.keys() | reported.keys()):
        yield held.get(key) or _never_folded(*key), reported.get(key)


def _never_folded(account_id: AccountId, asset: AssetId) -> Holding:
    return Holding(
        account_id=account_id, asset=asset, position=Position(), folded_at=None, folded_sequence=0, stale=False
    )


def _holding(valuer: Valuer, holding: Holding, reported: Reported | None) -> ValuedHolding:
    position = holding.position
    figures = valuer.figures(holding.asset, position, stale=holding.stale)
    return ValuedHolding(
        account_id=holding.account_id,
        asset=holding.asset,
        quantity=position.quantity,
        reported_quantity=reported.quantity if reported else None,
        reported_at=reported.reported_at if reported else None,
        difference=subtract(reported.quantity, position.quantity) if reported else None,
        unproven=position.unproven,
        average_cost=() if holding.stale else _moneys(position.average_cost()),
        average_cost_value=figures.average_cost,
        realised_pnl=_moneys(position.realised),
        realised_pnl_value=figures.realised,
        unrealised_pnl_value=figures.unrealised,
        price=figures.price,
        priced_at=figures.priced_at,
        value=figures.value,
        folded_at=holding.folded_at,
        stale=holding.stale,
    )


def _moneys(amounts: Amounts) -> tuple[Money, ...]:
    return tuple(Money(amounts[asset], asset) for asset in sorted(amounts))


def _lacks_price(holding: ValuedHolding) -> bool:
    return holding.price is None and holding.quantity != 0


def _total(holdings: Sequence[ValuedHolding], gains: Gains) -> Total:
    instants = [holding.priced_at for holding in holdings if holding.quantity and holding.priced_at]
    return Total(
        value=known_sum([*(holding.value for holding in holdings), *gains.values()]) or ZERO,
        complete=not any(map(_lacks_price, holdings)) and None not in gains.values(),
        priced_at=min(instants, default=None),
    )


def _account(account: PortfolioAccount, holdings: Iterable[ValuedHolding], gains: Gains) -> ValuedAccount:
    held = [holding.value for holding in holdings if holding.account_id == account.account_id]
    open_ = [gain for contract, gain in gains.items() if contract.account_id == account.account_id]
    return ValuedAccount(
        account_id=account.account_id,
        label=account.label,
        venue=account.venue,
        state=account.state,
        value=known_sum([*held, *open_]),
        refreshed_at=account.refreshed_at,
    )


def _assets(valuer: Valuer, holdings: Sequence[Holding], total: Decimal) -> tuple[ValuedAsset, ...]:
    by_asset = groupby(sorted(holdings, key=_asset), key=_asset)
    valued = [_valued_asset(valuer, asset, list(theirs), total) for asset, theirs in by_asset]
    return tuple(sorted(valued, key=lambda each: (each.value is None, -(each.value or ZERO), each.asset)))


def _asset(holding: Holding) -> AssetId:
    return holding.asset


def _valued_asset(valuer: Valuer, asset: AssetId, holdings: Sequence[Holding], total: Decimal) -> ValuedAsset:
    position = together(holding.position for holding in holdings)
    figures = valuer.figures(asset, position, stale=any(holding.stale for holding in holdings))
    return ValuedAsset(
        asset=asset,
        quantity=position.quantity,
        unproven=position.unproven,
        value=figures.value,
        price=figures.price,
        priced_at=figures.priced_at,
        average_cost=figures.average_cost,
        realised_pnl=figures.realised,
        unrealised_pnl=figures.unrealised,
        share_ratio=None if figures.value is None or not total else divide(figures.value, total),
    )

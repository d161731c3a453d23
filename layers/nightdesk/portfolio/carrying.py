"""Carry cost along with what moves between own accounts: what a withdrawal relieved is what its deposit cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import EXACT, ZERO, add, divide, subtract
from nightdesk.ledger.model import Fact, LegRole
from nightdesk.ledger.ports import LedgerStore
from nightdesk.ledger.transfers.model import Link, Movement, place_of
from nightdesk.lots.average_cost import Amounts, Pool, apply
from nightdesk.portfolio.model import Brought
from nightdesk.portfolio.ports import HoldingStore
from nightdesk.portfolio.projection import HoldingsProjector, take

Place = tuple[AccountId, str]
"""An account and an identity in its ledger."""

Carried = Mapping[Place, Brought]


class LinkReader(Protocol):
    """Reads links in the transaction."""

    def active(self, tenant_id: TenantId, assets: Collection[AssetId] | None = None) -> Sequence[Link]:
        """Every link that stands, of these assets or of all."""
        ...


class LinkedCosts:
    """Keeps what linked deposits bring along equal to what folding their sources gives.

    A source may itself have got what it sent from another account, so the sources are folded until nothing changes: as
    often as a coin moved on, and at most once for each link.
    """

    def __init__(self, ledger: LedgerStore, holdings: HoldingStore, links: LinkReader) -> None:
        self._ledger = ledger
        self._holdings = holdings
        self._links = links

    def carry(self, tenant_id: TenantId, movements: Collection[Movement], at: datetime) -> None:
        """Let the cost of what left go along to where it arrived, for the assets of these movements."""
        for asset in sorted({each.asset for each in movements}):
            touched = {each.account_id for each in movements if each.asset == asset and not each.is_out}
            self._carry(tenant_id, asset, touched, at)

    def refresh(self, tenant_id: TenantId, at: datetime) -> None:
        """Carry again what history that came late may have changed."""
        for asset in sorted({each.asset for link in self._links.active(tenant_id) for each in link.movements}):
            self._carry(tenant_id, asset, (), at)

    def _carry(self, tenant_id: TenantId, asset: AssetId, touched: Collection[AccountId], at: datetime) -> None:
        links = self._links.active(tenant_id, [asset])
        carried = self._settled(tenant_id, asset, links)
        arrivals = {each.account_id for link in links for each in link.ins} | set(touched)
        for account_id in sorted(arrivals):
            mine = {identity: each for (owner, identity), each in carried.items() if owner == account_id}
            known = self._holdings.brought(tenant_id, account_id, [asset])
            if {identity: each for (_, identity), each in known.items()} != mine:
                self._holdings.put_brought(tenant_id, account_id, asset, mine)
                HoldingsProjector(self._ledger, self._holdings).refold(tenant_id, account_id, [asset], at)

    def _settled(self, tenant_id: TenantId, asset: AssetId, links: Sequence[Link]) -> Carried:
        carried: Carried = {}
        for _ in links:
            following = self._once(tenant_id, asset, links, carried)
            if following == carried:
                break
            carried = following
        return carried

    def _once(self, tenant_id: TenantId, asset: AssetId, links: Sequence[Link], carried: Carried) -> Carried:
        """What deposits bring along if their sources got what is carried now."""
        sent = {place_of(each.movement_id) for link in links for each in link.outs}
        relieved: dict[Place, Brought] = {}
        for account_id in sorted({account for account, _ in sent}):
            wanted = {identity for account, identity in sent if account == account_id}
            source = _Source(
                asset, wanted, {name: each for (owner, name), each in carried.items() if owner == account_id}
            )
            for entry in self._ledger.history(tenant_id, account_id, [asset]):
                source.take(entry.fact)
            relieved |= {(account_id, identity): each for identity, each in source.relieved.items()}
        return {place: each for link in links for place, each in _shared(link, relieved)}


@dataclass(slots=True)
class _Source:
    """A pool that remembers what it gave to linked withdrawals."""

    asset: AssetId
    wanted: Collection[str]
    brought: Mapping[str, Brought]
    pool: Pool = field(default_factory=Pool)
    relieved: dict[str, Brought] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        if fact.identity not in self.wanted:
            take(self.pool, self.asset, fact, self.brought.get(fact.identity))
            return
        moved = tuple(leg for leg in fact.legs if leg.role is LegRole.MOVEMENT)
        before, cost = subtract(self.pool.quantity, self.pool.unproven), dict(self.pool.cost)
        apply(self.pool, self.asset, replace(fact, legs=moved))
        after = subtract(self.pool.quantity, self.pool.unproven)
        gone = {each: subtract(amount, self.pool.cost.get(each, ZERO)) for each, amount in cost.items()}
        self.relieved[fact.identity] = Brought(
            subtract(before, after), {each: gone[each] for each in gone if gone[each]}
        )
        rest = tuple(leg for leg in fact.legs if leg.role is not LegRole.MOVEMENT)
        apply(self.pool, self.asset, replace(fact, legs=rest))


def _shared(link: Link, relieved: Mapping[Place, Brought]) -> Iterable[tuple[Place, Brought]]:
    """What each deposit of a link brings along: its share of all that left; the last takes the remainder."""
    given = [relieved[place] for each in link.outs if (place := place_of(each.movement_id)) in relieved]
    arrived = reduce(add, (each.size for each in link.ins), ZERO)
    proven = min(reduce(add, (each.proven for each in given), ZERO), arrived)
    cost: dict[AssetId, Decimal] = defaultdict(lambda: ZERO)
    for each in given:
        for currency, amount in each.cost.items():
            cost[currency] = add(cost[currency], amount)
    rest = Brought(proven, dict(cost))
    for number, into in enumerate(link.ins, 1):
        part = rest if number == len(link.ins) else _part(proven, cost, into.size, arrived)
        rest = Brought(subtract(rest.proven, part.proven), _less(rest.cost, part.cost))
        yield place_of(into.movement_id), part


def _part(proven: Decimal, cost: Amounts, size: Decimal, whole: Decimal) -> Brought:
    def share(amount: Decimal) -> Decimal:
        return divide(EXACT.multiply(amount, size), whole)

    return Brought(share(proven), {currency: share(amount) for currency, amount in cost.items()})


def _less(amounts: Amounts, taken: Amounts) -> Amounts:
    return {currency: subtract(amount, taken[currency]) for currency, amount in amounts.items()}

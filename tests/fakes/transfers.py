"""The transfers' ports in memory, on top of the ledger in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId, entry_id
from nightdesk.kernel.money import ZERO
from nightdesk.ledger.inbox import InboxStore
from nightdesk.ledger.model import Entry, EntryKind, LegRole, Route
from nightdesk.ledger.transfers.model import Link, LinkFilter, LinkId, Movement, MovementId, movement_id
from nightdesk.ledger.transfers.ports import CostCarrier, TransferUnit
from nightdesk.portfolio.carrying import LinkedCosts
from tests.fakes.inbox import FakeInboxStore
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore


@dataclass(slots=True)
class FakeTransferStore:
    """Links of everybody, by tenant."""

    ledger: FakeLedgerStore = field(default_factory=FakeLedgerStore)
    links: dict[tuple[TenantId, LinkId], Link] = field(default_factory=dict)

    def lock(self, tenant_id: TenantId) -> None:
        """Nobody else is there."""

    def unlinked(self, tenant_id: TenantId) -> tuple[Movement, ...]:
        linked = {each.movement_id for link in self._standing(tenant_id) for each in link.movements}
        return tuple(each for each in self._every(tenant_id) if each.movement_id not in linked)

    def movements(self, tenant_id: TenantId, movement_ids: Collection[MovementId]) -> tuple[Movement, ...]:
        return tuple(each for each in self._every(tenant_id) if each.movement_id in movement_ids)

    def addresses(self, tenant_id: TenantId) -> Mapping[str, frozenset[AccountId]]:
        told = [(each.address, each.account_id) for each in self._every(tenant_id) if not each.is_out]
        shown = [
            (out.address, into.account_id)
            for link in self._standing(tenant_id)
            for out in link.outs
            for into in link.ins
        ]
        known: dict[str, frozenset[AccountId]] = {}
        for address, account_id in told + shown:
            if address:
                known[address] = known.get(address, frozenset()) | {account_id}
        return known

    def forbidden(self, tenant_id: TenantId) -> frozenset[frozenset[MovementId]]:
        apart = [link for (owner, _), link in self.links.items() if owner == tenant_id and link.unlinked_at]
        return frozenset(
            frozenset((out.movement_id, into.movement_id)) for link in apart for out in link.outs for into in link.ins
        )

    def add(self, tenant_id: TenantId, link: Link) -> None:
        self.links[tenant_id, link.link_id] = link

    def get(self, tenant_id: TenantId, link_id: LinkId) -> Link | None:
        return self.links.get((tenant_id, link_id))

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        link = self.links[tenant_id, link_id]
        self.links[tenant_id, link_id] = replace(link, unlinked_by=by, unlinked_at=at)

    def page(
        self, tenant_id: TenantId, wanted: LinkFilter, before: tuple[datetime, LinkId] | None, limit: int
    ) -> Sequence[Link]:
        mine = [link for (owner, _), link in self.links.items() if owner == tenant_id and _passes(link, wanted)]
        mine.sort(key=_place, reverse=True)
        return [link for link in mine if before is None or _place(link) < before][:limit]

    def active(self, tenant_id: TenantId, assets: Collection[AssetId] | None = None) -> Sequence[Link]:
        links = self._standing(tenant_id)
        return [link for link in links if assets is None or any(each.asset in assets for each in link.movements)]

    def _standing(self, tenant_id: TenantId) -> list[Link]:
        return [link for (owner, _), link in self.links.items() if owner == tenant_id and not link.unlinked_at]

    def _every(self, tenant_id: TenantId) -> Iterator[Movement]:
        for (owner, account_id), chain in self.ledger.chains.items():
            taken = {entry.fact.identity for entry in chain}
            for entry in chain if owner == tenant_id else ():
                kept = f"reversal:{entry_id(account_id, entry.fact.identity)}" not in taken
                if kept and entry.fact.kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL}:
                    yield self._movement(tenant_id, entry)

    def _movement(self, tenant_id: TenantId, entry: Entry) -> Movement:
        (moved,) = [leg for leg in entry.fact.legs if leg.role is LegRole.MOVEMENT]
        fees = [leg.amount for leg in entry.fact.legs if leg.role is LegRole.FEE and leg.asset == moved.asset]
        route = self.ledger.routes.get((tenant_id, entry.account_id, entry.fact.identity)) or Route()
        return Movement(
            movement_id=movement_id(entry.account_id, entry.fact.identity),
            account_id=entry.account_id,
            asset=moved.asset,
            amount=moved.amount,
            fee=-sum(fees, ZERO),
            at=entry.fact.occurred_at,
            tx_hash=route.tx_hash,
            address=route.address,
            network=route.network,
        )


@dataclass(slots=True)
class FakeTransferUnits:
    """One set of stores for everybody."""

    transfers: FakeTransferStore = field(default_factory=FakeTransferStore)
    inbox: InboxStore = field(default_factory=FakeInboxStore)
    holdings: FakeHoldingStore = field(default_factory=FakeHoldingStore)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[TransferUnit]:  # noqa: ARG002
        costs: CostCarrier = LinkedCosts(self.transfers.ledger, self.holdings, self.transfers)
        yield TransferUnit(self.transfers, self.inbox, costs)


def _place(link: Link) -> tuple[datetime, LinkId]:
    return link.linked_at, link.link_id


def _passes(link: Link, wanted: LinkFilter) -> bool:
    sides = [
        each
        for each in link.movements
        if wanted.account_id in {None, each.account_id} and wanted.asset in {None, each.asset}
    ]
    return bool(sides) and wanted.linked in {None, link.unlinked_at is None}

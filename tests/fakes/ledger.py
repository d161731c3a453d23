"""The ledger's port in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId, VenueId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import ZERO, add
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.balances import Balance, BalanceQuery
from nightdesk.ledger.cursor import place_of
from nightdesk.ledger.facts import reversed_entry
from nightdesk.ledger.model import Doubt, Entry, EntryFilter, EntryKind, Fact, Head, LegRole, Place, Route
from nightdesk.ledger.naming import Names
from nightdesk.ledger.ports import Move
from nightdesk.lots.scaled import scaled


@dataclass(slots=True)
class FakeLedgerStore:
    """Chains by tenant and account."""

    chains: dict[tuple[TenantId, AccountId], list[Entry]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    routes: dict[tuple[TenantId, AccountId, str], Route] = field(default_factory=dict)
    named: dict[tuple[VenueId, AssetId], AssetId] = field(default_factory=dict)
    waiting: dict[str, Fact] = field(default_factory=dict)
    anchored: list[Anchor] = field(default_factory=list)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FakeLedgerStore]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[FakeLedgerStore]:
        yield self

    def lock_head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        return self.head(tenant_id, account_id)

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        chain = self.chains.get((tenant_id, account_id))
        return Head(chain[-1].sequence, chain[-1].hash, chain[-1].recorded_at) if chain else Head()

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> Mapping[str, Fact]:
        chain = self.chains.get((tenant_id, account_id), [])
        return {entry.fact.identity: entry.fact for entry in chain if entry.fact.identity in identities}

    def doubt(self, tenant_id: TenantId, account_id: AccountId, doubts: Sequence[Doubt], told_at: datetime) -> None:  # noqa: ARG002
        self.doubts += [doubt for doubt in doubts if doubt not in self.doubts]

    def names(self, tenant_id: TenantId) -> Names:  # noqa: ARG002
        return self.named

    def quarantine(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact], told_at: datetime) -> None:  # noqa: ARG002
        for fact in facts:
            self.waiting.setdefault(fact.identity, fact)

    def keep_routes(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact.route:
                self.routes[tenant_id, account_id, fact.identity] = fact.route

    def add(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        self.chains.setdefault((tenant_id, account_id), []).extend(entries)

    def newest(self, tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int) -> tuple[Entry, ...]:
        found = sorted(self._of(tenant_id, wanted), key=_order, reverse=True)
        return tuple(entry for entry in found if before is None or _order(entry) < _place_order(before))[:limit]

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        return iter(self.chains.get((tenant_id, account_id), []))

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        chain = self.chains.get((tenant_id, account_id), [])
        reversed_ids = {reversed_entry(entry.fact) for entry in chain}
        standing = (entry for entry in chain if entry.fact.kind is not EntryKind.REVERSAL)
        touching = (
            entry
            for entry in standing
            if entry.entry_id not in reversed_ids and any(leg.asset in assets for leg in entry.fact.legs)
        )
        return iter(sorted(touching, key=_order))

    def balances(self, tenant_id: TenantId, wanted: BalanceQuery) -> tuple[Balance, ...]:
        held: dict[tuple[AccountId, Wallet, AssetId], Decimal] = {}
        for entry in self._of(tenant_id, EntryFilter(account_id=wanted.account_id, known_on=wanted.known_on)):
            for leg in entry.fact.legs if wanted.at is None or entry.fact.occurred_at <= wanted.at else ():
                place = entry.account_id, leg.wallet, leg.asset
                held[place] = add(held.get(place, ZERO), leg.amount)
        return tuple(
            Balance(account_id=account_id, wallet=wallet, asset=asset, quantity=quantity)
            for (account_id, wallet, asset), quantity in sorted(held.items())
            if quantity
        )

    def known_head(self, tenant_id: TenantId, account_id: AccountId, known_on: datetime | None) -> Head:
        known = self._of(tenant_id, EntryFilter(account_id=account_id, known_on=known_on))
        return Head(known[-1].sequence, known[-1].hash, known[-1].recorded_at) if known else Head()

    def stretch(self, tenant_id: TenantId, account_id: AccountId, after: int, limit: int) -> tuple[Entry, ...]:
        return tuple(self.chains.get((tenant_id, account_id), [])[after : after + limit])

    def anchors(
        self, tenant_id: TenantId, account_id: AccountId, until: datetime | None, limit: int
    ) -> tuple[Anchor, ...]:
        mine = [each for each in self.anchored if (each.tenant_id, each.account_id) == (tenant_id, account_id)]
        return tuple(each for each in mine if until is None or each.anchored_at <= until)[-limit:]

    def _of(self, tenant_id: TenantId, wanted: EntryFilter) -> list[Entry]:
        mine = (entry for (owner, _), chain in self.chains.items() if owner == tenant_id for entry in chain)
        return [entry for entry in mine if _passes(entry, wanted)]

    def kinds(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[int, EntryKind]:
        chain = self.chains.get((tenant_id, account_id), [])
        gone = {reversed_entry(entry.fact) for entry in chain}
        return {
            entry.sequence: EntryKind.REVERSAL if entry.entry_id in gone else entry.fact.kind
            for entry in chain
            if entry.entry_id in gone or entry.fact.kind is not EntryKind.TRADE
        }

    def moves(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Iterator[Move]:
        for entry in sorted(self.chains.get((tenant_id, account_id), []), key=_order):
            for leg in entry.fact.legs:
                if leg.asset == asset:
                    yield entry.sequence, leg.role.value, scaled(leg.amount)

    def considered(
        self, tenant_id: TenantId, account_id: AccountId, asset: AssetId
    ) -> Iterator[tuple[int, AssetId, int]]:
        for entry in sorted(self.chains.get((tenant_id, account_id), []), key=_order):
            first, *others = entry.fact.legs
            if first.asset == asset and first.role is LegRole.BASE:
                yield from ((entry.sequence, leg.asset, scaled(leg.amount)) for leg in others if leg.asset != asset)

    def occurred_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> datetime:
        return self.chains[tenant_id, account_id][sequence - 1].fact.occurred_at

    def accounts(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        return tuple(sorted(account for owner, account in self.chains if owner == tenant_id))


def _order(entry: Entry) -> tuple[object, ...]:
    return _place_order(place_of(entry))


def _place_order(place: Place) -> tuple[object, ...]:
    return (place.occurred_at, place.account_id, place.sequence)


def _passes(entry: Entry, wanted: EntryFilter) -> bool:
    fact = entry.fact
    return (
        wanted.account_id in {None, entry.account_id}
        and wanted.kind in {None, fact.kind}
        and wanted.instrument in {None, fact.instrument}
        and (wanted.asset is None or any(leg.asset == wanted.asset for leg in fact.legs))
        and (wanted.occurred_from is None or fact.occurred_at >= wanted.occurred_from)
        and (wanted.occurred_until is None or fact.occurred_at < wanted.occurred_until)
        and (wanted.known_on is None or entry.recorded_at <= wanted.known_on)
    )

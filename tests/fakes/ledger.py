"""The ledger's port in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.cursor import place_of
from nightdesk.ledger.model import Entry, EntryFilter, Head, Place


@dataclass(slots=True)
class FakeLedgerStore:
    """Chains by tenant and account."""

    chains: dict[tuple[TenantId, AccountId], list[Entry]] = field(default_factory=dict)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FakeLedgerStore]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[FakeLedgerStore]:
        yield self

    def lock_head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        return self.head(tenant_id, account_id)

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        chain = self.chains.get((tenant_id, account_id))
        return Head(chain[-1].sequence, chain[-1].hash) if chain else Head()

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        chain = self.chains.get((tenant_id, account_id), [])
        return frozenset(entry.fact.identity for entry in chain) & frozenset(identities)

    def add(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        self.chains.setdefault((tenant_id, account_id), []).extend(entries)

    def newest(self, tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int) -> tuple[Entry, ...]:
        mine = [entry for (owner, _), chain in self.chains.items() if owner == tenant_id for entry in chain]
        found = sorted((entry for entry in mine if _passes(entry, wanted)), key=_order, reverse=True)
        return tuple(entry for entry in found if before is None or _order(entry) < _place_order(before))[:limit]

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        return iter(self.chains.get((tenant_id, account_id), []))

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        chain = self.chains.get((tenant_id, account_id), [])
        touching = (entry for entry in chain if any(leg.asset in assets for leg in entry.fact.legs))
        return iter(sorted(touching, key=_order))

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
    )

"""Holdings folded from the ledger, at once where events come in order, from the start where they don't."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import reduce

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import ZERO, add, subtract
from nightdesk.ledger.doubts import CONTRADICTED
from nightdesk.ledger.model import Appended, Entry, EntryKind, Fact, LegRole
from nightdesk.ledger.ports import LedgerStore
from nightdesk.ledger.service import append
from nightdesk.lots.average_cost import Pool, Position, apply
from nightdesk.portfolio.model import Brought, Holding
from nightdesk.portfolio.ports import HoldingStore
from nightdesk.portfolio.refolding import refolded

_log = logging.getLogger(__name__)


class HoldingsProjector:
    """Keeps holdings equal to what folding the whole ledger would give.

    The order of folding is by instant, then sequence. An entry that comes later in it than everything folded so far
    is folded at once. An older one makes its holdings stale: their quantity stays exact, their cost waits for `settle`.
    So does a reversal: what it takes back is folded no more, and neither is it.
    Both stores work in one transaction, and the account's head is locked.
    """

    def __init__(self, ledger: LedgerStore, holdings: HoldingStore) -> None:
        self._ledger = ledger
        self._holdings = holdings

    def fold(self, tenant_id: TenantId, account_id: AccountId, entries: Iterable[Entry], at: datetime) -> None:
        """Let new entries, in whatever order of time, change the holdings.

        Args:
            tenant_id: Whose account it is.
            account_id: The account of all the entries.
            entries: Appended in this transaction.
            at: Kept as the holdings' `updated_at`.
        """
        by_asset = _by_asset(sorted(entries, key=_place))
        known = self._holdings.get(tenant_id, account_id, by_asset.keys())
        changed = [
            _advance(known.get(asset) or _empty(account_id, asset), theirs) for asset, theirs in by_asset.items()
        ]
        if changed:
            self._holdings.put(tenant_id, changed, at)

    def settle(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Fold the account's stale holdings from the start."""
        self.refold(tenant_id, account_id, self._holdings.stale(tenant_id, account_id), at)

    def refold(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId], at: datetime) -> None:
        """Fold these assets from the start, in one reading of the account's ledger."""
        if not assets:
            return
        self._ledger.lock_head(tenant_id, account_id)
        brought = self._holdings.brought(tenant_id, account_id, assets)
        slow = self._quickly(tenant_id, account_id, assets, {asset for asset, _ in brought}, at)
        if not slow:
            return
        pools = {asset: _Folding(account_id, asset, brought=brought) for asset in sorted(slow)}
        for entry in self._ledger.history(tenant_id, account_id, slow):
            for asset in {leg.asset for leg in entry.fact.legs} & pools.keys():
                pools[asset].take(entry)
        folded = [pool.holding() for pool in pools.values() if pool.last]
        emptied = self._holdings.get(tenant_id, account_id, {asset for asset in pools if not pools[asset].last})
        folded += [replace(known, position=Position(), stale=False) for known in emptied.values()]
        self._holdings.put(tenant_id, folded, at)

    def _quickly(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        assets: Collection[AssetId],
        brought: Collection[AssetId],
        at: datetime,
    ) -> set[AssetId]:
        """Fold, from their legs alone, those of the assets that need nothing else; the others are answered."""
        kinds = self._ledger.kinds(tenant_id, account_id)
        if EntryKind.CONVERSION in kinds.values():
            return set(assets)
        slow: set[AssetId] = set(assets) & set(brought)
        folded: list[Holding] = []
        for asset in sorted(set(assets) - slow):
            position, last = refolded(self._ledger, tenant_id, account_id, asset, kinds)
            if last:
                when = self._ledger.occurred_at(tenant_id, account_id, last)
                folded.append(
                    replace(_empty(account_id, asset), position=position, folded_at=when, folded_sequence=last)
                )
            else:
                slow.add(asset)
        if folded:
            self._holdings.put(tenant_id, folded, at)
        return slow


class LedgerRecorder:
    """Books facts: the ledger and what is projected from it, in one transaction."""

    def __init__(self, ledger: LedgerStore, holdings: HoldingStore) -> None:
        self._ledger = ledger
        self._projector = HoldingsProjector(ledger, holdings)

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet and fold it; what contradicts it is kept aside and logged.

        Raises:
            InvalidInput: A fact is malformed; nothing is booked then.
        """
        appended = append(
            self._ledger, tenant_id, account_id, facts, recorded_at=recorded_at, correlation_id=correlation_id
        )
        self._projector.fold(tenant_id, account_id, appended.entries, recorded_at)
        for doubt in appended.doubts:
            _log.warning(
                "a known event is told differently",
                extra={"error_code": CONTRADICTED, "account_id": str(account_id), "identity": doubt.told.identity},
            )
        return appended

    def settle(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Fold what became stale: to be called after the last fact of an import."""
        self._projector.settle(tenant_id, account_id, at)


class _Folding:
    """A holding while entries are folded into it."""

    def __init__(
        self,
        account_id: AccountId,
        asset: AssetId,
        position: Position | None = None,
        *,
        brought: Mapping[tuple[AssetId, str], Brought] = {},
    ) -> None:
        self.account_id = account_id
        self.asset = asset
        self.pool = Pool(position)
        self.brought = brought
        self.last: Entry | None = None

    def take(self, entry: Entry) -> None:
        take(self.pool, self.asset, entry.fact, self.brought.get((self.asset, entry.fact.identity)))
        self.last = entry

    def holding(self) -> Holding:
        return Holding(
            account_id=self.account_id,
            asset=self.asset,
            position=self.pool.position(),
            folded_at=self.last.fact.occurred_at if self.last else None,
            folded_sequence=self.last.sequence if self.last else 0,
            stale=False,
        )


def take(pool: Pool, asset: AssetId, fact: Fact, brought: Brought | None) -> None:
    """Let the fact change the asset's pool; what it brought along from another own account keeps its cost."""
    if brought is None:
        apply(pool, asset, fact)
        return
    moved = [leg for leg in fact.legs if leg.role is LegRole.MOVEMENT]
    fees = tuple(leg for leg in fact.legs if leg.role is not LegRole.MOVEMENT)
    arrived = reduce(add, (leg.amount for leg in moved if leg.asset == asset), ZERO)
    if brought.proven:
        pool.acquire(brought.proven, brought.cost)
    pool.receive(subtract(arrived, brought.proven))
    apply(pool, asset, replace(fact, legs=fees))


def _by_asset(entries: Iterable[Entry]) -> dict[AssetId, list[Entry]]:
    found: dict[AssetId, list[Entry]] = {}
    for entry in entries:
        for asset in {leg.asset for leg in entry.fact.legs}:
            found.setdefault(asset, []).append(entry)
    return found


def _place(entry: Entry) -> tuple[datetime, int]:
    return entry.fact.occurred_at, entry.sequence


def _advance(holding: Holding, entries: Sequence[Entry]) -> Holding:
    """The holding after the entries, which are in order: folded if all are later than it, else stale."""
    in_order = holding.folded_at is None or _place(entries[0]) > (holding.folded_at, holding.folded_sequence)
    if holding.stale or not in_order or any(entry.fact.kind is EntryKind.REVERSAL for entry in entries):
        quantity = add(holding.position.quantity, _moved(holding.asset, entries))
        return replace(holding, position=replace(holding.position, quantity=quantity), stale=True)
    folding = _Folding(holding.account_id, holding.asset, holding.position)
    for entry in entries:
        folding.take(entry)
    return folding.holding()


def _moved(asset: AssetId, entries: Iterable[Entry]) -> Decimal:
    moved = Decimal(0)
    for entry in entries:
        for leg in entry.fact.legs:
            if leg.asset == asset:
                moved = add(moved, leg.amount)
    return moved


def _empty(account_id: AccountId, asset: AssetId) -> Holding:
    return Holding(
        account_id=account_id, asset=asset, position=Position(), folded_at=None, folded_sequence=0, stale=False
    )

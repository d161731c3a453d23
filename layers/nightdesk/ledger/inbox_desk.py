"""What people do with the inbox: read it by the money at stake, repair, dismiss, undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Final, Protocol
from uuid import UUID

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import ZERO, Money, add
from nightdesk.ledger.corrections import reversal_of
from nightdesk.ledger.inbox import (
    Cause,
    FindingId,
    FindingState,
    InboxEvent,
    InboxFilter,
    InboxRow,
    InboxStore,
    Settlement,
    Stake,
)
from nightdesk.ledger.inbox_findings import fact_document, fact_of
from nightdesk.ledger.model import Appended, Fact
from nightdesk.ledger.repairs import SOURCE, Action, Repair, facts_of, require_fitting
from nightdesk.ledger.transfers.model import LinkId, MovementId

PAGE_LIMIT_MAX: Final = 200

Worth = Callable[[Money], Decimal | None]
"""What money is worth in the tenant's base asset at the last known prices; None when no price says it."""


class Books(Protocol):
    """Books facts and what follows from them, in the unit's transaction."""

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet and fold it."""
        ...

    def settle(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Fold what became stale."""
        ...


class TransferLinks(Protocol):
    """Links and unlinks transfers, in the unit's transaction."""

    def link(self, tenant_id: TenantId, movement_ids: Sequence[MovementId], by: str, at: datetime) -> LinkId:
        """Say that these movements are one transfer of the tenant's own; the link's id."""
        ...

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        """Say that they are not, and never again to be matched."""
        ...


@dataclass(frozen=True, slots=True)
class InboxUnit:
    """Stores that share one transaction."""

    inbox: InboxStore
    books: Books
    transfers: TransferLinks


class InboxUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[InboxUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class Appraiser(Protocol):
    """Knows prices."""

    def __call__(self, tenant_id: TenantId) -> tuple[AssetId, Worth]:
        """The tenant's base asset, and what money is worth in it."""
        ...


class Imports(Protocol):
    """Has history imported again."""

    def again(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:
        """Queue an import of the account."""
        ...


@dataclass(frozen=True, slots=True)
class ValuedRow:
    """A finding and what is at stake in the base asset."""

    row: InboxRow
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """Findings by the money at stake, the largest first; those that no price values last.

    Attributes:
        value: At stake in everything that passes the filter, as far as it has a price.
        total: How many pass the filter.
        next_place: Give it back for the following page; None on the last one.
    """

    rows: tuple[ValuedRow, ...]
    base_asset: AssetId
    value: Decimal
    total: int
    next_place: FindingId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a repair."""

    by: str
    correlation_id: CorrelationId


class InboxDesk:
    """Shows findings and ends them."""

    def __init__(self, *, units: InboxUnits, appraise: Appraiser, imports: Imports, clock: Clock) -> None:
        self._units = units
        self._appraise = appraise
        self._imports = imports
        self._clock = clock

    def page(self, tenant_id: TenantId, wanted: InboxFilter, *, after: FindingId | None, limit: int) -> InboxPage:
        """A page of the findings that pass the filter.

        Raises:
            InvalidInput: `inbox.limit`, `inbox.cursor_unknown`: what the page was to begin after has left the list.
        """
        if not 1 <= limit <= PAGE_LIMIT_MAX:
            raise InvalidInput("inbox.limit", f"A page has 1 to {PAGE_LIMIT_MAX} findings.")
        base_asset, worth = self._appraise(tenant_id)
        with self._units(tenant_id) as unit:
            stakes = unit.inbox.stakes(tenant_id, wanted)
            values = {stake.finding_id: _value(stake, worth) for stake in stakes}
            order = sorted(stakes, key=lambda stake: _order(stake, values[stake.finding_id]))
            start = _start(order, after)
            chosen = [stake.finding_id for stake in order[start : start + limit]]
            rows = unit.inbox.rows(tenant_id, chosen)
        return InboxPage(
            rows=tuple(ValuedRow(row, values[row.finding_id]) for row in rows),
            base_asset=base_asset,
            value=_sum(values.values()),
            total=len(order),
            next_place=chosen[-1] if start + limit < len(order) else None,
        )

    def get(self, tenant_id: TenantId, finding_id: FindingId) -> tuple[ValuedRow, tuple[InboxEvent, ...]]:
        """One finding with what happened to it.

        Raises:
            NotFound: `inbox.not_found`.
        """
        _, worth = self._appraise(tenant_id)
        with self._units(tenant_id) as unit:
            rows = unit.inbox.rows(tenant_id, [finding_id])
            events = unit.inbox.events(tenant_id, finding_id)
        if not rows:
            raise _not_found()
        stake = rows[0].finding.at_stake
        return ValuedRow(rows[0], None if stake is None else worth(stake)), events

    def open_rows(self, tenant_id: TenantId, causes: Collection[Cause]) -> tuple[InboxRow, ...]:
        """Every open finding of these causes."""
        with self._units(tenant_id) as unit:
            every = [unit.inbox.stakes(tenant_id, InboxFilter(cause=cause)) for cause in sorted(causes)]
            return unit.inbox.rows(tenant_id, [stake.finding_id for stakes in every for stake in stakes])

    def preview(self, tenant_id: TenantId, finding_id: FindingId, repair: Repair) -> tuple[Fact, ...]:
        """The entries that the repair would append.

        Raises:
            NotFound: `inbox.not_found`.
            Conflict: `inbox.ended`.
            InvalidInput: `inbox.action_unfit`, `inbox.note_missing`, `inbox.repair_incomplete`.
        """
        with self._units(tenant_id) as unit:
            row = _locked(unit, tenant_id, finding_id)
            require_fitting(row, repair)
            return facts_of(row, repair, len(unit.inbox.events(tenant_id, finding_id)))

    def repair(self, tenant_id: TenantId, finding_id: FindingId, repair: Repair, asked: Asked) -> None:
        """Do what ends the finding, and keep who did it why.

        Raises:
            NotFound: `inbox.not_found`.
            Conflict: `inbox.ended`.
            InvalidInput: As `preview`, and what the ledger refuses.
        """
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            row = _locked(unit, tenant_id, finding_id)
            require_fitting(row, repair)
            facts = facts_of(row, repair, len(unit.inbox.events(tenant_id, finding_id)))
            self._book(unit, tenant_id, row, facts, asked)
            effects: dict[str, object] = {
                "facts": [{"identity": each.identity, **fact_document(each)} for each in facts]
            }
            if repair.action is Action.LINK_TRANSFER:
                link_id = unit.transfers.link(tenant_id, _linked(row, repair), asked.by, now)
                effects["link_id"] = str(link_id)
            dismissed = repair.action is Action.DISMISS
            settlement = Settlement(
                state=FindingState.DISMISSED if dismissed else FindingState.RESOLVED,
                by=asked.by,
                action=repair.action.value,
                at=now,
                note=repair.note.strip(),
                effects=effects,
            )
            unit.inbox.settle(tenant_id, finding_id, settlement)
        if repair.action is Action.REIMPORT and row.finding.account_id is not None:
            self._imports.again(tenant_id, row.finding.account_id, asked.correlation_id)

    def undo(self, tenant_id: TenantId, finding_id: FindingId, note: str, asked: Asked) -> None:
        """Take a repair back: what it booked is reversed by further entries, and the finding is open again.

        Raises:
            NotFound: `inbox.not_found`.
            Conflict: `inbox.not_ended`.
        """
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            row = _locked(unit, tenant_id, finding_id)
            ended = row.settlement
            if ended is None:
                raise Conflict("inbox.not_ended", "There is nothing to undo: the finding is open.")
            serial = len(unit.inbox.events(tenant_id, finding_id))
            self._book(unit, tenant_id, row, _undoing(row, ended, serial), asked)
            if link_id := ended.effects.get("link_id"):
                unit.transfers.unlink(tenant_id, LinkId(UUID(str(link_id))), asked.by, now)
            event = InboxEvent(at=now, what="undone", by=asked.by, note=note.strip(), details={"action": ended.action})
            unit.inbox.reopen(tenant_id, finding_id, event)

    def _book(self, unit: InboxUnit, tenant_id: TenantId, row: InboxRow, facts: Sequence[Fact], asked: Asked) -> None:
        account_id, now = row.finding.account_id, self._clock.now()
        if not facts:
            return
        if account_id is None:
            raise InvalidInput("inbox.repair_incomplete", "The finding concerns no account that could book this.")
        unit.books.record(tenant_id, account_id, facts, recorded_at=now, correlation_id=asked.correlation_id)
        unit.books.settle(tenant_id, account_id, now)


def _linked(row: InboxRow, repair: Repair) -> list[MovementId]:
    """The finding's own movement and those that were named with it."""
    mine = row.finding.details.get("movement_id")
    return [*([MovementId(str(mine))] if mine else []), *repair.movement_ids]


def _undoing(row: InboxRow, ended: Settlement, serial: int) -> tuple[Fact, ...]:
    """The entries that take back what a repair booked; a reversal is taken back by booking its entry again."""
    account_id, told = row.finding.account_id, ended.effects.get("facts")
    if account_id is None or not isinstance(told, Sequence):
        return ()
    booked = [fact_of(document, document["identity"]) for document in told]
    undone = [reversal_of(account_id, fact, SOURCE) for fact in reversed(booked) if not _is_reversal(fact)]
    known = row.finding.details.get("booked") or row.finding.details.get("arrival")
    if len(undone) < len(booked) and isinstance(known, dict):
        undone.append(fact_of(known, f"repair:{row.finding_id}:{serial}:restored"))
    return tuple(undone)


def _is_reversal(fact: Fact) -> bool:
    return fact.identity.startswith("reversal:")


def _locked(unit: InboxUnit, tenant_id: TenantId, finding_id: FindingId) -> InboxRow:
    row = unit.inbox.lock(tenant_id, finding_id)
    if row is None:
        raise _not_found()
    return row


def _not_found() -> NotFound:
    return NotFound("inbox.not_found", "There is no such finding.")


def _value(stake: Stake, worth: Worth) -> Decimal | None:
    return None if stake.at_stake is None else worth(stake.at_stake)


def _order(stake: Stake, value: Decimal | None) -> tuple[bool, Decimal, str]:
    return value is None, (value or ZERO).copy_negate(), str(stake.finding_id)


def _start(order: Sequence[Stake], after: FindingId | None) -> int:
    if after is None:
        return 0
    for place, stake in enumerate(order, 1):
        if stake.finding_id == after:
            return place
    raise InvalidInput("inbox.cursor_unknown", "The list has changed; read it from its beginning.")


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return reduce(add, (value for value in values if value is not None), ZERO)

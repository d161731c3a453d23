"""Match transfers as movements become known, show the links, and let people make and take them apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import Final
from uuid import UUID, uuid5

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import ZERO, Money, add, format_amount
from nightdesk.ledger.inbox import DESK, Cause, Finding
from nightdesk.ledger.transfers.matching import match
from nightdesk.ledger.transfers.model import Evidence, Link, LinkFilter, LinkId, Match, Movement, MovementId, place_of
from nightdesk.ledger.transfers.ports import TransferUnit, TransferUnits

PAGE_LIMIT_MAX: Final = 200
UNMATCHED: Final = "unmatched_transfer:"
FIAT: Final = frozenset(map(AssetId, ("USD", "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "TRY", "BRL", "PLN", "SEK")))
"""Money that comes from a bank by itself: an unmatched movement of it is no doubt."""

_NAMESPACE: Final = UUID("0a5b3b8e-7d0c-4a55-9a0b-7b6f6f4f2c91")


class TransferService:
    """Finds and keeps which movements are one transfer."""

    def __init__(self, units: TransferUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def run(self, tenant_id: TenantId) -> int:
        """Match what is not matched yet; how many transfers were found. What stays alone is a finding."""
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            unit.transfers.lock(tenant_id)
            alone = {each.movement_id: each for each in unit.transfers.unlinked(tenant_id)}
            found = match(
                alone.values(),
                addresses=unit.transfers.addresses(tenant_id),
                forbidden=unit.transfers.forbidden(tenant_id),
            )
            matched = [alone.pop(name) for each in found for name in sorted(each.movements)]
            known = {each.movement_id: each for each in matched}
            for each in found:
                unit.transfers.add(tenant_id, _link(tenant_id, each, known, DESK, now))
            tell(unit, tenant_id, alone.values(), now)
            unit.costs.refresh(tenant_id, now)
        return len(found)

    def page(
        self, tenant_id: TenantId, wanted: LinkFilter, *, before: tuple[datetime, LinkId] | None, limit: int
    ) -> Sequence[Link]:
        """At most so many links, the newest first.

        Raises:
            InvalidInput: `transfers.limit`.
        """
        if not 1 <= limit <= PAGE_LIMIT_MAX + 1:
            raise InvalidInput("transfers.limit", f"A page has 1 to {PAGE_LIMIT_MAX} transfers.")
        with self._units(tenant_id) as unit:
            return unit.transfers.page(tenant_id, wanted, before, limit)

    def candidates(self, tenant_id: TenantId, movement_id: MovementId) -> tuple[Movement, ...]:
        """Movements of the other direction and the same asset that are alone, the nearest in time first.

        Raises:
            NotFound: `transfers.movement_unknown`.
        """
        with self._units(tenant_id) as unit:
            mine = unit.transfers.movements(tenant_id, [movement_id])
            alone = unit.transfers.unlinked(tenant_id)
        if not mine:
            raise _unknown()
        (one,) = mine
        others = [
            each
            for each in alone
            if each.asset == one.asset and each.is_out is not one.is_out and each.account_id != one.account_id
        ]
        return tuple(sorted(others, key=lambda each: abs(each.at - one.at)))

    def link(self, tenant_id: TenantId, movement_ids: Collection[MovementId], by: str) -> Link:
        """Say that movements are one transfer.

        Raises:
            NotFound: `transfers.movement_unknown`.
            Conflict: `transfers.linked`.
            InvalidInput: `transfers.unfit`.
        """
        with self._units(tenant_id) as unit:
            return link_by_person(unit, tenant_id, movement_ids, by, self._clock.now())

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str) -> Link:
        """Take a transfer apart; its movements are never matched with each other again, and are findings.

        Raises:
            NotFound: `transfers.not_found`.
            Conflict: `transfers.unlinked`.
        """
        with self._units(tenant_id) as unit:
            return unlink(unit, tenant_id, link_id, by, self._clock.now())


def link_by_person(
    unit: TransferUnit, tenant_id: TenantId, movement_ids: Collection[MovementId], by: str, at: datetime
) -> Link:
    """Keep a person's word that these movements are one transfer; as `TransferService.link`."""
    unit.transfers.lock(tenant_id)
    known = {each.movement_id: each for each in unit.transfers.movements(tenant_id, movement_ids)}
    if set(movement_ids) - known.keys():
        raise _unknown()
    alone = {each.movement_id for each in unit.transfers.unlinked(tenant_id)}
    if known.keys() - alone:
        raise Conflict("transfers.linked", "One of these movements is in another transfer.")
    _require_fitting(known.values())
    outs = frozenset(name for name, each in known.items() if each.is_out)
    told = Match(outs=outs, ins=frozenset(known) - outs, score=100, evidence=(Evidence.PERSON,))
    link = _link(tenant_id, told, known, by, at)
    unit.transfers.add(tenant_id, link)
    unit.inbox.vanish(tenant_id, [_identity(name) for name in known], at)
    unit.costs.carry(tenant_id, known.values(), at)
    return link


def unlink(unit: TransferUnit, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> Link:
    """Take a link apart; as `TransferService.unlink`."""
    unit.transfers.lock(tenant_id)
    link = unit.transfers.get(tenant_id, link_id)
    if link is None:
        raise NotFound("transfers.not_found", "There is no such transfer.")
    if link.unlinked_at is not None:
        raise Conflict("transfers.unlinked", "This transfer has been taken apart already.")
    unit.transfers.unlink(tenant_id, link_id, by, at)
    unit.inbox.raise_(tenant_id, [finding_of(each) for each in link.movements if each.asset not in FIAT], at)
    unit.costs.carry(tenant_id, link.movements, at)
    return link


def tell(unit: TransferUnit, tenant_id: TenantId, alone: Iterable[Movement], at: datetime) -> None:
    """Make findings of movements that are alone, and resolve those of movements that no longer are."""
    findings = [finding_of(each) for each in alone if each.asset not in FIAT]
    standing = unit.inbox.standing(tenant_id, UNMATCHED)
    unit.inbox.vanish(tenant_id, standing - {each.identity for each in findings}, at)
    unit.inbox.raise_(tenant_id, findings, at)


def finding_of(movement: Movement) -> Finding:
    """A movement whose other side nobody knows."""
    account_id, identity = place_of(movement.movement_id)
    return Finding(
        cause=Cause.UNMATCHED_TRANSFER,
        identity=_identity(movement.movement_id),
        account_id=account_id,
        asset=movement.asset,
        occurred_at=movement.at,
        at_stake=Money(movement.size, movement.asset),
        details={
            "movement_id": movement.movement_id,
            "identity": identity,
            "direction": "out" if movement.is_out else "in",
            "amount": format_amount(movement.amount),
            "fee": format_amount(movement.fee),
            "tx_hash": movement.tx_hash,
            "address": movement.address,
            "network": movement.network,
        },
    )


def _identity(movement_id: MovementId) -> str:
    return f"{UNMATCHED}{movement_id}"


def _require_fitting(movements: Collection[Movement]) -> None:
    outs, ins = [each for each in movements if each.is_out], [each for each in movements if not each.is_out]
    if not outs or not ins:
        raise _unfit("A transfer leaves one account and arrives at another.")
    if len({each.asset for each in movements}) > 1:
        raise _unfit("A transfer is of one asset.")
    if {each.account_id for each in outs} & {each.account_id for each in ins}:
        raise _unfit("A transfer is between different accounts.")
    sent = reduce(add, (each.size for each in outs), ZERO)
    if reduce(add, (each.size for each in ins), ZERO) > sent:
        raise _unfit("More arrived than was sent.")


def _link(tenant_id: TenantId, found: Match, known: dict[MovementId, Movement], by: str, at: datetime) -> Link:
    names = sorted(found.movements)
    return Link(
        link_id=LinkId(uuid5(_NAMESPACE, f"{tenant_id}:{':'.join(names)}:{format_instant(at)}")),
        outs=tuple(known[name] for name in sorted(found.outs)),
        ins=tuple(known[name] for name in sorted(found.ins)),
        score=found.score,
        evidence=found.evidence,
        linked_by=by,
        linked_at=at,
    )


def _unfit(message: str) -> InvalidInput:
    return InvalidInput("transfers.unfit", message)


def _unknown() -> NotFound:
    return NotFound("transfers.movement_unknown", "There is no such deposit or withdrawal.")

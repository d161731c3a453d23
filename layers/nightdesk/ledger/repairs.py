"""What ends a doubt: which repairs each cause has, and the entries that they append."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.kernel.assets import SPOT, AssetId, Wallet, wallet_id
from nightdesk.kernel.errors import Conflict, InvalidInput
from nightdesk.kernel.instants import require_utc
from nightdesk.kernel.money import Money, parse_amount
from nightdesk.ledger.corrections import reversal_of
from nightdesk.ledger.inbox import Cause, Finding, InboxRow
from nightdesk.ledger.inbox_findings import fact_of
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole
from nightdesk.ledger.transfers.model import MovementId

SOURCE: Final = "inbox.repair"


class Action(StrEnum):
    """What a person can do about a finding."""

    RECORD_DEPOSIT = "record_deposit"
    RECORD_WITHDRAWAL = "record_withdrawal"
    OPENING_LOT = "opening_lot"
    ACCEPT_REPORTED = "accept_reported"
    ACCEPT_TOLD = "accept_told"
    LINK_TRANSFER = "link_transfer"
    REIMPORT = "reimport"
    DISMISS = "dismiss"


_TAKEN: Final = frozenset({Cause.NEGATIVE_BALANCE, Cause.MISSING_ACQUISITION})
_MISSING: Final = (Action.RECORD_DEPOSIT, Action.OPENING_LOT, Action.REIMPORT, Action.DISMISS)
ACTIONS: Final[Mapping[Cause, tuple[Action, ...]]] = {
    Cause.NEGATIVE_BALANCE: _MISSING,
    Cause.MISSING_ACQUISITION: (Action.OPENING_LOT, Action.LINK_TRANSFER, Action.REIMPORT, Action.DISMISS),
    Cause.DIFFERENCE: (
        Action.RECORD_DEPOSIT,
        Action.RECORD_WITHDRAWAL,
        Action.OPENING_LOT,
        Action.ACCEPT_REPORTED,
        Action.REIMPORT,
        Action.DISMISS,
    ),
    Cause.UNMATCHED_TRANSFER: (Action.LINK_TRANSFER, Action.DISMISS),
    Cause.CONTRADICTED: (Action.ACCEPT_TOLD, Action.DISMISS),
    Cause.UNKNOWN_SYMBOL: (Action.REIMPORT, Action.DISMISS),
    Cause.UNREADABLE_ROW: (Action.REIMPORT, Action.DISMISS),
    Cause.GAP: (Action.RECORD_DEPOSIT, Action.RECORD_WITHDRAWAL, Action.REIMPORT, Action.DISMISS),
    Cause.HISTORY_HORIZON: (Action.OPENING_LOT, Action.RECORD_DEPOSIT, Action.DISMISS),
    Cause.KEY_FAILING: (Action.DISMISS,),
}
"""The repairs of each cause, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a person says about a finding; what is None is as the finding says.

    Attributes:
        note: The evidence or the reason; a repair without one is refused where nothing else proves it.
        amount: Positive: how much came in or went out.
        cost: What an opening lot was bought for.
        movement_ids: The other sides of a transfer to link.
    """

    action: Action
    note: str = ""
    amount: Decimal | None = None
    asset: AssetId | None = None
    wallet: Wallet | None = None
    occurred_at: datetime | None = None
    cost: Money | None = None
    movement_ids: tuple[MovementId, ...] = ()


def require_fitting(row: InboxRow, repair: Repair) -> None:
    """Pass if the repair is one of the finding's.

    Raises:
        Conflict: `inbox.ended`.
        InvalidInput: `inbox.action_unfit`, `inbox.note_missing`.
    """
    if row.settlement is not None:
        raise Conflict("inbox.ended", "This finding has been settled already.")
    if repair.action not in ACTIONS[row.finding.cause]:
        raise InvalidInput("inbox.action_unfit", f"{repair.action} does not mend a {row.finding.cause}.")
    if not repair.note.strip() and repair.action not in {Action.REIMPORT, Action.ACCEPT_TOLD, Action.LINK_TRANSFER}:
        raise InvalidInput("inbox.note_missing", "Say why, or what proves it.")


def facts_of(row: InboxRow, repair: Repair, serial: int) -> tuple[Fact, ...]:
    """The entries that the repair appends; none for one that books nothing.

    Args:
        row: The finding.
        repair: One that fits it.
        serial: How often the finding was repaired or undone before: a repeated repair is another event.

    Raises:
        InvalidInput: `inbox.repair_incomplete`: an amount, asset, instant or cost is needed and unknown.
    """
    make = _MAKERS.get(repair.action)
    return () if make is None else make(row.finding, repair, f"repair:{row.finding_id}:{serial}")


def _deposit(finding: Finding, repair: Repair, identity: str) -> tuple[Fact, ...]:
    return (_moved(finding, repair, identity, kind=EntryKind.DEPOSIT),)


def _withdrawal(finding: Finding, repair: Repair, identity: str) -> tuple[Fact, ...]:
    return (_moved(finding, repair, identity, kind=EntryKind.WITHDRAWAL),)


def _opening_lot(finding: Finding, repair: Repair, identity: str) -> tuple[Fact, ...]:
    """What was paid comes in from outside and is turned into the asset at once: so the lot has its cost."""
    cost = repair.cost
    if cost is None or cost.amount <= 0:
        raise _incomplete("what the lot cost")
    priced = _priced_arrival(finding)
    told = repair if priced is None else replace(repair, occurred_at=priced.occurred_at, amount=priced.legs[0].amount)
    bought = _moved(finding, told, f"{identity}:lot", kind=EntryKind.CONVERSION)
    wallet = bought.legs[0].wallet
    paid = Leg(role=LegRole.MOVEMENT, asset=cost.asset, amount=cost.amount, wallet=wallet)
    if paid.asset == bought.legs[0].asset:
        raise _incomplete("a cost in another asset")
    money = replace(bought, kind=EntryKind.DEPOSIT, identity=f"{identity}:paid", legs=(paid,))
    lot = replace(bought, legs=(*bought.legs, replace(paid, amount=cost.amount.copy_negate())))
    if priced is None or finding.account_id is None:
        return money, lot
    return reversal_of(finding.account_id, priced, SOURCE), money, lot


def _priced_arrival(finding: Finding) -> Fact | None:
    """What came in without a price, and is booked again with one."""
    arrival = finding.details.get("arrival")
    return fact_of(arrival, str(arrival["identity"])) if isinstance(arrival, Mapping) else None


def _accept_reported(finding: Finding, repair: Repair, identity: str) -> tuple[Fact, ...]:
    difference = parse_amount(str(finding.details["difference"]))
    sized = replace(repair, amount=difference.copy_abs())
    kind = EntryKind.ADJUSTMENT
    fact = _moved(finding, sized, identity, kind=kind)
    (leg,) = fact.legs
    return (replace(fact, legs=(replace(leg, amount=difference),)),)


def _accept_told(finding: Finding, _repair: Repair, identity: str) -> tuple[Fact, ...]:
    """What is booked is taken back, and what was told is booked under an identity of its own."""
    booked, told = finding.details["booked"], finding.details["told"]
    if finding.account_id is None or not isinstance(booked, Mapping) or not isinstance(told, Mapping):
        raise _incomplete("what was told")
    known = fact_of(booked, str(finding.details["identity"]))
    return reversal_of(finding.account_id, known, SOURCE), fact_of(told, f"{identity}:told")


def _moved(finding: Finding, repair: Repair, identity: str, *, kind: EntryKind) -> Fact:
    stake = finding.at_stake
    quantity = finding.details.get("quantity")
    amount = repair.amount or (parse_amount(str(quantity)) if quantity else stake.amount if stake else None)
    asset = repair.asset or finding.asset
    at = repair.occurred_at or _before(finding)
    if amount is None or amount <= 0:
        raise _incomplete("how much")
    if asset is None or at is None:
        raise _incomplete("which asset" if asset is None else "when")
    wallet = repair.wallet or wallet_id(finding.wallet or SPOT)
    signed = amount.copy_negate() if kind is EntryKind.WITHDRAWAL else amount
    leg = Leg(role=LegRole.MOVEMENT, asset=asset, amount=signed, wallet=wallet)
    return Fact(kind=kind, identity=identity, source=SOURCE, occurred_at=require_utc(at), legs=(leg,))


def _before(finding: Finding) -> datetime | None:
    """When what is missing must have been there: before the event that took it."""
    if finding.occurred_at is None or finding.cause not in _TAKEN:
        return finding.occurred_at
    return finding.occurred_at - timedelta(microseconds=1)


def _incomplete(what: str) -> InvalidInput:
    return InvalidInput("inbox.repair_incomplete", f"The repair must say {what}.")


_MAKERS: Final[Mapping[Action, Callable[[Finding, Repair, str], tuple[Fact, ...]]]] = {
    Action.RECORD_DEPOSIT: _deposit,
    Action.RECORD_WITHDRAWAL: _withdrawal,
    Action.OPENING_LOT: _opening_lot,
    Action.ACCEPT_REPORTED: _accept_reported,
    Action.ACCEPT_TOLD: _accept_told,
}

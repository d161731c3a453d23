"""Findings of what the ledger itself meets: contradictions, and rows that nobody could book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from nightdesk.kernel.assets import asset_id, parse_instrument, wallet_id
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import Money, format_amount, parse_amount, subtract
from nightdesk.ledger.inbox import Cause, Finding
from nightdesk.ledger.model import Doubt, EntryKind, Fact, Leg, LegRole

HARMLESS: Final = frozenset({"import.not_executed"})
"""Reasons for which a row was skipped that are no doubt: what was refused or cancelled moved nothing."""

UNKNOWN_SYMBOL_CODES: Final = frozenset(
    {"asset.malformed", "asset.unknown", "import.asset_unknown", "import.instrument_unknown", "instrument.malformed"}
)
"""Reasons for which a row was skipped that mean: nobody knows what this symbol is."""


def of_doubt(account_id: AccountId, doubt: Doubt) -> Finding:
    """A fact was told differently from what is booked."""
    first = doubt.told.legs[0]
    return Finding(
        cause=Cause.CONTRADICTED,
        identity=f"contradicted:{account_id}:{doubt.told.identity}",
        account_id=account_id,
        asset=first.asset,
        wallet=first.wallet,
        occurred_at=doubt.known.occurred_at,
        at_stake=_apart(doubt),
        details={
            "identity": doubt.told.identity,
            "booked": fact_document(doubt.known),
            "told": fact_document(doubt.told),
        },
    )


def of_skip(
    account_id: AccountId, identity: str, reason: str, payload: Mapping[str, object], at: datetime | None = None
) -> Finding:
    """A row of a venue or a file could not be booked."""
    unknown = reason in UNKNOWN_SYMBOL_CODES
    return Finding(
        cause=Cause.UNKNOWN_SYMBOL if unknown else Cause.UNREADABLE_ROW,
        identity=f"skipped:{account_id}:{identity}",
        account_id=account_id,
        occurred_at=at,
        details={"identity": identity, "reason": reason, "row": dict(payload)},
    )


def fact_document(fact: Fact) -> dict[str, object]:
    """A fact for people to look at, amounts as decimal texts."""
    return {
        "kind": fact.kind.value,
        "source": fact.source,
        "instrument": None if fact.instrument is None else str(fact.instrument),
        "order_id": fact.order_id,
        "occurred_at": format_instant(fact.occurred_at),
        "legs": [_leg_document(leg) for leg in fact.legs],
    }


def fact_of(document: Mapping[str, Any], identity: str) -> Fact:
    """The fact that `fact_document` wrote, under an identity.

    Raises:
        InvalidInput: It wrote no such thing.
    """
    instrument = document["instrument"]
    return Fact(
        kind=EntryKind(document["kind"]),
        identity=identity,
        source=document["source"],
        occurred_at=parse_instant(document["occurred_at"]),
        legs=tuple(_leg_of(leg) for leg in document["legs"]),
        instrument=None if instrument is None else parse_instrument(instrument),
        order_id=document["order_id"],
    )


def _leg_document(leg: Leg) -> dict[str, str]:
    return {"role": leg.role.value, "asset": leg.asset, "amount": format_amount(leg.amount), "wallet": leg.wallet}


def _leg_of(document: Mapping[str, str]) -> Leg:
    return Leg(
        role=LegRole(document["role"]),
        asset=asset_id(document["asset"]),
        amount=parse_amount(document["amount"]),
        wallet=wallet_id(document["wallet"]),
    )


def _apart(doubt: Doubt) -> Money | None:
    """How far the two tellings are apart: in the first leg whose amount differs, if it is of one asset in both."""
    told, known = _legs(doubt.told.legs), _legs(doubt.known.legs)
    for key, leg in told.items():
        other = known.get(key)
        if other is None:
            return Money(leg.amount.copy_abs(), leg.asset)
        if other.amount != leg.amount:
            return Money(subtract(leg.amount, other.amount).copy_abs(), leg.asset)
    return None


def _legs(legs: Iterable[Leg]) -> dict[tuple[str, str, int], Leg]:
    found: dict[tuple[str, str, int], Leg] = {}
    for leg in legs:
        number = sum(key[:2] == (leg.role.value, leg.asset) for key in found)
        found[leg.role.value, leg.asset, number] = leg
    return found

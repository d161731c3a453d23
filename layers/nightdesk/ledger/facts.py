"""What a fact must be before the ledger takes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from nightdesk.kernel.assets import wallet_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import EntryId
from nightdesk.kernel.instants import require_utc
from nightdesk.kernel.money import require_amount
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

_TEXT_LENGTH_MAX = 200
_LEGS_MAX = 16
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_REVERSAL = re.compile(rf"reversal:({_UUID})")


def require_fact(fact: Fact) -> Fact:
    """The fact itself.

    Raises:
        InvalidInput: A text is empty, too long or unprintable, the instant is not in UTC, an amount is zero or
            doesn't fit, a wallet is none, or the legs are not those of such an event. The code says which.
    """
    for text in (fact.identity, fact.source, fact.order_id):
        if text is not None and not (0 < len(text) <= _TEXT_LENGTH_MAX and text.isprintable()):
            raise InvalidInput("ledger.text_malformed", f"{text[:60]!r} is no identity, source or order id.")
    require_utc(fact.occurred_at)
    if not 0 < len(fact.legs) <= _LEGS_MAX:
        raise InvalidInput("ledger.legs_count", f"An entry has 1 to {_LEGS_MAX} legs, not {len(fact.legs)}.")
    for leg in fact.legs:
        _require_leg(leg)
    _REQUIREMENTS.get(fact.kind, _require_movements)(fact)
    return fact


def reversed_entry(fact: Fact) -> EntryId | None:
    """The entry that a reversal takes back; None if the fact is no reversal."""
    found = _REVERSAL.fullmatch(fact.identity) if fact.kind is EntryKind.REVERSAL else None
    return EntryId(UUID(found[1])) if found else None


def _require_leg(leg: Leg) -> None:
    wallet_id(leg.wallet)
    if require_amount(leg.amount) == 0:
        raise InvalidInput("ledger.leg_zero", "The amount of a leg is not zero.")


def _require_trade(fact: Fact) -> None:
    roles = [leg.role for leg in fact.legs]
    if roles != [LegRole.BASE, LegRole.QUOTE, *[LegRole.FEE] * (len(roles) - 2)]:
        raise InvalidInput("ledger.legs_roles", "A trade has one base leg, then one quote leg, then its fees.")
    base, quote = fact.legs[:2]
    if base.asset == quote.asset or base.wallet != quote.wallet or (base.amount > 0) is (quote.amount > 0):
        raise InvalidInput("ledger.legs_sides", "In a trade one asset comes in and another goes out of one wallet.")


def _require_movements(fact: Fact) -> None:
    if any(leg.role in (LegRole.BASE, LegRole.QUOTE) for leg in fact.legs):
        raise InvalidInput("ledger.legs_roles", f"A {fact.kind} has movements and fees only.")


def _require_conversion(fact: Fact) -> None:
    _require_movements(fact)
    moved = [leg for leg in fact.legs if leg.role is LegRole.MOVEMENT]
    given = {leg.asset for leg in moved if leg.amount < 0}
    taken = {leg.asset for leg in moved if leg.amount > 0}
    if not given or not taken or given & taken:
        raise InvalidInput("ledger.legs_sides", "In a conversion assets go out and other assets come in.")


def _require_transfer(fact: Fact) -> None:
    """One movement is half of a transfer: its other side lies where the venue does not tell."""
    _require_movements(fact)
    moved = [leg for leg in fact.legs if leg.role is LegRole.MOVEMENT]
    if len(moved) > 1 and not _between_wallets(moved):
        raise InvalidInput("ledger.legs_sides", "A transfer moves one amount from one wallet to another.")


def _between_wallets(moved: Sequence[Leg]) -> bool:
    match moved:
        case [one, other]:
            return one.asset == other.asset and one.wallet != other.wallet and one.amount == other.amount.copy_negate()
    return False


def _require_fees(fact: Fact) -> None:
    if any(leg.role is not LegRole.FEE for leg in fact.legs):
        raise InvalidInput("ledger.legs_roles", "A fee by itself has fees only.")


def _require_reversal(fact: Fact) -> None:
    if reversed_entry(fact) is None:
        raise InvalidInput("ledger.reversal_malformed", "A reversal's identity names the entry that it takes back.")


_REQUIREMENTS: Final[Mapping[EntryKind, Callable[[Fact], None]]] = {
    EntryKind.TRADE: _require_trade,
    EntryKind.CONVERSION: _require_conversion,
    EntryKind.TRANSFER: _require_transfer,
    EntryKind.FEE: _require_fees,
    EntryKind.REVERSAL: _require_reversal,
}

"""What a fact must be before the ledger takes it."""

from __future__ import annotations

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import require_utc
from nightdesk.kernel.money import require_amount
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

_TEXT_LENGTH_MAX = 200
_LEGS_MAX = 16


def require_fact(fact: Fact) -> Fact:
    """The fact itself.

    Raises:
        InvalidInput: A text is empty, too long or unprintable, the instant is not in UTC, an amount is zero or
            doesn't fit, or the legs are not those of such an event. The code says which.
    """
    for text in (fact.identity, fact.source, fact.order_id):
        if text is not None and not (0 < len(text) <= _TEXT_LENGTH_MAX and text.isprintable()):
            raise InvalidInput("ledger.text_malformed", f"{text[:60]!r} is no identity, source or order id.")
    require_utc(fact.occurred_at)
    if not 0 < len(fact.legs) <= _LEGS_MAX:
        raise InvalidInput("ledger.legs_count", f"An entry has 1 to {_LEGS_MAX} legs, not {len(fact.legs)}.")
    for leg in fact.legs:
        _require_leg(leg)
    if fact.kind is EntryKind.TRADE:
        _require_trade(fact)
    elif any(leg.role in (LegRole.BASE, LegRole.QUOTE) for leg in fact.legs):
        raise InvalidInput("ledger.legs_roles", f"A {fact.kind} has movements and fees only.")
    return fact


def _require_leg(leg: Leg) -> None:
    if require_amount(leg.amount) == 0:
        raise InvalidInput("ledger.leg_zero", "The amount of a leg is not zero.")


def _require_trade(fact: Fact) -> None:
    roles = [leg.role for leg in fact.legs]
    if roles != [LegRole.BASE, LegRole.QUOTE, *[LegRole.FEE] * (len(roles) - 2)]:
        raise InvalidInput("ledger.legs_roles", "A trade has one base leg, then one quote leg, then its fees.")
    base, quote = fact.legs[:2]
    if base.asset == quote.asset or (base.amount > 0) is (quote.amount > 0):
        raise InvalidInput("ledger.legs_sides", "In a trade one asset comes in and another goes out.")

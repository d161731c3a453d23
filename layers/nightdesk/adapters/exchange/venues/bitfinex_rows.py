"""Bitfinex's arrays as facts: every digit as it was sent, nothing dropped without a word.

Source: https://docs.bitfinex.com/reference/rest-auth-trades (…/rest-auth-movements, …/rest-auth-ledgers), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.venues.reading import Code, asset_of, booked, digits, negative, route_of, skip
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import ZERO, multiply
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

SOURCE: Final = "bitfinex.rest"
DONE: Final = "COMPLETED"
ENDED: Final = frozenset({"CANCELED", "ERROR", "FAILURE", "FAILED", "REJECTED", "UNCONFIRMED CANCELED"})

Listed = Sequence[Any]
"""One array; what stands where is Bitfinex's own."""

_TRADE: Final = ("id", "pair", "at_ms", "order_id", "amount", "price", "order_type", "order_price", "maker", "fee")
_TRADE_FIELDS: Final = (*_TRADE, "fee_currency")
_MOVEMENT: Final = {"id": 0, "currency": 1, "at_ms": 5, "status": 9, "amount": 12, "fee": 13, "address": 16, "hash": 20}
_LEDGER: Final = {"id": 0, "currency": 1, "at_ms": 3, "amount": 5, "description": 8}


def trade_row(listed: Listed) -> dict[str, Any]:
    """A trade's fields by name."""
    return dict(zip(_TRADE_FIELDS, listed, strict=False))


def movement_row(listed: Listed) -> dict[str, Any]:
    """A movement's fields by name."""
    return _named(listed, _MOVEMENT)


def ledger_row(listed: Listed) -> dict[str, Any]:
    """A ledger line's fields by name."""
    return _named(listed, _LEDGER)


def _named(listed: Listed, places: dict[str, int]) -> dict[str, Any]:
    return {name: listed[place] for name, place in places.items() if place < len(listed)}


def place(row: dict[str, Any]) -> tuple[int, str]:
    """When it was and its number, by which pages are cut.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    at_ms, number = row.get("at_ms"), row.get("id")
    if not isinstance(at_ms, int) or not isinstance(number, int):
        raise errors.malformed()
    return at_ms, str(number)


def trade(row: dict[str, Any], instrument: Instrument | None, code: Code) -> Fact | Skip:
    """An own trade; amounts of sells and fees are negative."""
    identity = f"trade:{row.get('pair')}:{row.get('id')}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)
    return booked(identity, row, lambda: _trade(identity, row, instrument, code))


def _trade(identity: str, row: dict[str, Any], instrument: Instrument, code: Code) -> Fact:
    base, fee = digits(row["amount"]), digits(row["fee"] or 0)
    quote = negative(multiply(base, digits(row["price"])))
    legs = [
        Leg(role=LegRole.BASE, asset=instrument.base, amount=base),
        Leg(role=LegRole.QUOTE, asset=instrument.quote, amount=quote),
    ]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=asset_of(row["fee_currency"], code), amount=fee))
    return _fact(EntryKind.TRADE, identity, row, legs, instrument=instrument, order_id=str(row["order_id"]))


def is_pending(row: dict[str, Any]) -> bool:
    """Whether the movement may still come to something."""
    return row.get("status") != DONE and row.get("status") not in ENDED


def movement(row: dict[str, Any], code: Code) -> Fact | Skip:
    """A deposit or withdrawal that ended; what goes out and fees are negative."""
    identity = f"movement:{row.get('id')}"
    if row.get("status") != DONE:
        return skip(identity, "import.not_executed", row)
    return booked(identity, row, lambda: _movement(identity, row, code))


def _movement(identity: str, row: dict[str, Any], code: Code) -> Fact:
    asset, amount, fee = asset_of(row["currency"], code), digits(row["amount"]), digits(row["fee"] or 0)
    legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=amount)]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=asset, amount=fee))
    kind = EntryKind.WITHDRAWAL if amount < ZERO else EntryKind.DEPOSIT
    return _fact(kind, identity, row, legs, route=route_of(row.get("hash"), row.get("address")))


def payment(row: dict[str, Any], code: Code) -> Fact | Skip:
    """Interest that lent funds earned."""
    identity = f"ledger:{row.get('id')}"
    return booked(identity, row, lambda: _payment(identity, row, code))


def _payment(identity: str, row: dict[str, Any], code: Code) -> Fact:
    leg = Leg(role=LegRole.MOVEMENT, asset=asset_of(row["currency"], code), amount=digits(row["amount"]))
    return _fact(EntryKind.INTEREST, identity, row, [leg])


def _fact(kind: EntryKind, identity: str, row: dict[str, Any], legs: list[Leg], **more: Any) -> Fact:
    at = from_ms(row["at_ms"])
    return Fact(kind=kind, identity=identity, source=SOURCE, occurred_at=at, legs=tuple(legs), **more)


Book = Callable[[dict[str, Any]], Fact | Skip]
"""Makes a fact of a row."""

"""Kraken's rows as facts: every digit as it was sent, nothing dropped without a word.

Source: https://docs.kraken.com/api/docs/rest-api/get-trade-history (…/get-status-recent-deposits,
…/get-status-recent-withdrawals), 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, booked, exact, negative, route_of, skip
from nightdesk.kernel.assets import Instrument
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

SOURCE: Final = "kraken.rest"
DONE: Final = frozenset({"Success"})
PENDING: Final = frozenset({"Initial", "Pending", "Settled"})

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = 1_000_000


def instant(value: object) -> datetime:
    """An instant of seconds with decimals, to the microsecond; its shortest text holds all of Kraken's digits.

    Raises:
        ArithmeticError: It is no number.
    """
    return _EPOCH + timedelta(microseconds=int(Decimal(str(value)) * _MICROSECONDS))


def trade(name: str, row: Row, instrument: Instrument | None) -> Fact | Skip:
    """An own trade; Kraken takes its fee in the quote."""
    identity = f"trade:{name}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)
    return booked(identity, row, lambda: _trade(identity, row, instrument))


def _trade(identity: str, row: Row, instrument: Instrument) -> Fact:
    base, quote, fee = exact(row["vol"]), exact(row["cost"]), exact(row["fee"])
    bought = {"buy": True, "sell": False}[row["type"]]
    legs = [
        Leg(role=LegRole.BASE, asset=instrument.base, amount=base if bought else negative(base)),
        Leg(role=LegRole.QUOTE, asset=instrument.quote, amount=negative(quote) if bought else quote),
    ]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=instrument.quote, amount=negative(fee)))
    return Fact(
        kind=EntryKind.TRADE,
        identity=identity,
        source=SOURCE,
        occurred_at=instant(row["time"]),
        legs=tuple(legs),
        instrument=instrument,
        order_id=str(row["ordertxid"]),
    )


def is_pending(row: Row) -> bool:
    """Whether the movement may still come to something."""
    return row.get("status") in PENDING or row.get("status-prop") in {"on-hold", "onhold", "cancel-pending"}


def deposit(row: Row, code: Code) -> Fact | Skip:
    """A deposit that ended; its amount is what was credited."""
    return _movement(EntryKind.DEPOSIT, row, code)


def withdrawal(row: Row, code: Code) -> Fact | Skip:
    """A withdrawal that ended; the fee left besides the amount."""
    return _movement(EntryKind.WITHDRAWAL, row, code)


def _movement(kind: EntryKind, row: Row, code: Code) -> Fact | Skip:
    identity = f"{kind.value}:{row.get('refid') or row.get('txid')}"
    if row.get("status") not in DONE:
        return skip(identity, "import.not_executed", row)
    return booked(identity, row, lambda: _moved(kind, identity, row, code))


def _moved(kind: EntryKind, identity: str, row: Row, code: Code) -> Fact:
    asset, amount = asset_of(row["asset"], code), exact(row["amount"])
    leaves = kind is EntryKind.WITHDRAWAL
    legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=negative(amount) if leaves else amount)]
    fee = exact(row.get("fee") or "0")
    if fee and leaves:
        legs.append(Leg(role=LegRole.FEE, asset=asset, amount=negative(fee)))
    return Fact(
        kind=kind,
        identity=identity,
        source=SOURCE,
        occurred_at=instant(row["time"]),
        legs=tuple(legs),
        route=route_of(row.get("txid"), row.get("info"), row.get("network")),
    )

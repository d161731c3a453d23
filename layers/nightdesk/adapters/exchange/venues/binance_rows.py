"""Binance's rows as facts: every digit as it was sent, nothing dropped without a word.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints (account trade list) and
https://developers.binance.com/docs/wallet/capital/deposite-history, …/withdraw-history (2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues.reading import route_of
from nightdesk.kernel.assets import AssetId, Instrument, asset_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms, to_ms
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole, Route

SOURCE: Final = "binance.rest"
DEPOSIT_CREDITED: Final = {1, 6}
DEPOSIT_PENDING: Final = {0, 8}
WITHDRAWAL_DONE: Final = {6}
WITHDRAWAL_PENDING: Final = {0, 2, 4}

Row = Mapping[str, Any]
Code = Callable[[str], str]
"""The unified code of a venue's currency."""


class Fate(Enum):
    """What a movement's row has come to."""

    BOOKED = "booked"
    PENDING = "pending"
    NOT_EXECUTED = "not_executed"


@dataclass(frozen=True, slots=True)
class Movement:
    """A deposit or withdrawal as a row tells it."""

    fate: Fate
    at_ms: int
    row: Row


def trade(row: Row, instrument: Instrument | None, code: Code) -> Fact | Skip:
    """An own trade; base, quote and fee are legs of one entry."""
    identity = f"trade:{row.get('symbol')}:{row.get('id')}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)
    try:
        return require_fact(_trade(row, identity, instrument, code))
    except InvalidInput as error:
        return skip(identity, error.code, row)
    except (KeyError, TypeError, ValueError):
        return skip(identity, "import.row_malformed", row)


def deposit(row: Row, code: Code) -> Fact | Skip:
    """A deposit that was credited."""
    return _movement("deposit", row, lambda identity: _deposit(row, identity, code))


def withdrawal(row: Row, code: Code) -> Fact | Skip:
    """A withdrawal that went out; the fee left besides the amount."""
    return _movement("withdrawal", row, lambda identity: _withdrawal(row, identity, code))


def not_executed(kind: str, row: Row) -> Skip:
    """A movement that was refused, cancelled or failed."""
    return skip(_movement_identity(kind, row), "import.not_executed", row)


def deposit_state(row: Row) -> Movement:
    """Whether the deposit is in, and when it was seen."""
    return Movement(_fate(row, DEPOSIT_CREDITED, DEPOSIT_PENDING), int(row["insertTime"]), row)


def withdrawal_state(row: Row) -> Movement:
    """Whether the withdrawal is out, and when it was asked for."""
    return Movement(_fate(row, WITHDRAWAL_DONE, WITHDRAWAL_PENDING), to_ms(_apply_time(row)), row)


def skip(identity: str, reason: str, row: Row) -> Skip:
    """A row to be kept aside, with the reason."""
    return Skip(identity=identity[:200], reason=reason, payload=dict(row))


def _fate(row: Row, booked: set[int], pending: set[int]) -> Fate:
    status = int(row["status"])
    if status in booked:
        return Fate.BOOKED
    return Fate.PENDING if status in pending else Fate.NOT_EXECUTED


def _trade(row: Row, identity: str, instrument: Instrument, code: Code) -> Fact:
    base, quote, fee = _exact(row["qty"]), _exact(row["quoteQty"]), _exact(row["commission"])
    bought = row["isBuyer"] is True
    legs = [
        Leg(role=LegRole.BASE, asset=instrument.base, amount=base if bought else _negative(base)),
        Leg(role=LegRole.QUOTE, asset=instrument.quote, amount=_negative(quote) if bought else quote),
    ]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=_asset(row["commissionAsset"], code), amount=_negative(fee)))
    return Fact(
        kind=EntryKind.TRADE,
        identity=identity,
        source=SOURCE,
        occurred_at=from_ms(int(row["time"])),
        legs=tuple(legs),
        instrument=instrument,
        order_id=str(row["orderId"]),
    )


def _movement(kind: str, row: Row, make: Callable[[str], Fact]) -> Fact | Skip:
    identity = _movement_identity(kind, row)
    try:
        return require_fact(make(identity))
    except InvalidInput as error:
        return skip(identity, error.code, row)
    except (KeyError, TypeError, ValueError):
        return skip(identity, "import.row_malformed", row)


def _movement_identity(kind: str, row: Row) -> str:
    return f"{kind}:{row.get('id') or row.get('txId')}"


def _deposit(row: Row, identity: str, code: Code) -> Fact:
    leg = Leg(role=LegRole.MOVEMENT, asset=_asset(row["coin"], code), amount=_exact(row["amount"]))
    return Fact(
        kind=EntryKind.DEPOSIT,
        identity=identity,
        source=SOURCE,
        occurred_at=from_ms(int(row["insertTime"])),
        legs=(leg,),
        route=_route(row),
    )


def _withdrawal(row: Row, identity: str, code: Code) -> Fact:
    asset = _asset(row["coin"], code)
    fee = _exact(row.get("transactionFee") or "0")
    legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=_negative(_exact(row["amount"])))]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=asset, amount=_negative(fee)))
    return Fact(
        kind=EntryKind.WITHDRAWAL,
        identity=identity,
        source=SOURCE,
        occurred_at=_apply_time(row),
        legs=tuple(legs),
        route=_route(row),
    )


def _route(row: Row) -> Route | None:
    return route_of(row.get("txId"), row.get("address"), row.get("network"))


def _apply_time(row: Row) -> datetime:
    return datetime.strptime(str(row["applyTime"]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _exact(value: object) -> Decimal:
    # A JSON number has been a float on its way here: its digits can't be trusted.
    if not isinstance(value, str):
        raise TypeError("an amount must be a text")
    return parse_amount(value)


def _negative(amount: Decimal) -> Decimal:
    # The minus sign would round to the 28 digits of Python's default context.
    return amount.copy_negate()


def _asset(raw: object, code: Code) -> AssetId:
    if not isinstance(raw, str):
        raise TypeError("an asset must be a text")
    return asset_id(code(raw))

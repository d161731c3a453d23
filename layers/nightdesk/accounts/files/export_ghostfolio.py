"""Ghostfolio's import document: activities that buy or sell something for a currency.

Source: Ghostfolio README, `POST /api/v1/import`; its test file `import/ok-btcusd.json` for the symbols of Yahoo.
Ghostfolio values by the day's price of a symbol and knows no deposits of crypto: those are reported as left out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

from nightdesk.accounts.files.exporting import ExportFormat, Unsaid
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import add, divide, format_amount, multiply
from nightdesk.ledger.model import Entry, EntryKind, Leg, LegRole

_CURRENCIES: Final = frozenset({"USD", "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "TRY", "BRL"})
_PEGGED: Final = {"USDT": "USD", "USDC": "USD", "BUSD": "USD", "FDUSD": "USD", "DAI": "USD", "TUSD": "USD"}


def _activity(entry: Entry, place: str) -> tuple[str, tuple[Unsaid, ...]]:
    fact = entry.fact
    if fact.kind is not EntryKind.TRADE:
        return "", (Unsaid.ENTRY,)
    base, quote = fact.legs[:2]
    currency = _PEGGED.get(quote.asset, quote.asset)
    if currency not in _CURRENCIES:
        return "", (Unsaid.ENTRY,)
    quantity, total = base.amount.copy_abs(), quote.amount.copy_abs()
    price = divide(total, quantity)
    fees = [leg for leg in fact.legs if leg.role is LegRole.FEE]
    paid = [leg for leg in fees if leg.asset == quote.asset and leg.amount < 0]
    document = {
        "comment": f"{place}, {quote.asset}" if currency != quote.asset else place,
        "currency": currency,
        "dataSource": "YAHOO",
        "date": _milliseconds(entry),
        "fee": _number(_sum(paid)),
        "quantity": _number(quantity),
        "symbol": f"{base.asset}{currency}",
        "type": "BUY" if base.amount > 0 else "SELL",
        "unitPrice": _number(price),
    }
    return _text(document), _unsaid(entry, exact=multiply(price, quantity) == total, fees=len(fees) == len(paid))


def _unsaid(entry: Entry, *, exact: bool, fees: bool) -> tuple[Unsaid, ...]:
    found = [Unsaid.TIME] if entry.fact.occurred_at.microsecond % 1000 else []
    if not exact or not fees:
        found.append(Unsaid.BALANCES)
    if entry.fact.legs[1].asset not in _CURRENCIES:
        found.append(Unsaid.LEGS)
    return tuple(found)


def _sum(legs: list[Leg]) -> Decimal:
    total = Decimal(0)
    for leg in legs:
        total = add(total, leg.amount.copy_abs())
    return total


def _milliseconds(entry: Entry) -> str:
    milliseconds = to_ms(entry.fact.occurred_at) % 1000
    return f"{entry.fact.occurred_at:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


class _Number(str):
    """A number as the digits it is written with: Ghostfolio takes numbers, and a float would change them."""

    __slots__ = ()


def _number(amount: Decimal) -> _Number:
    return _Number(format_amount(amount))


def _text(document: dict[str, str]) -> str:
    members = (f"{json.dumps(name)}:{_value(value)}" for name, value in document.items())
    return "{" + ",".join(members) + "}"


def _value(value: str) -> str:
    return str(value) if isinstance(value, _Number) else json.dumps(value)


GHOSTFOLIO: Final = ExportFormat(
    name="ghostfolio",
    title="Ghostfolio",
    file_name="nightdesk-ghostfolio.json",
    media_type="application/json",
    head='{"activities":[',
    tail="]}",
    separator=",",
    write=_activity,
)

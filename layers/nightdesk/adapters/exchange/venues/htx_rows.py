"""HTX's match results and transfers as facts: every digit as it was sent, nothing dropped without a word.

Source: https://huobiapi.github.io/docs/spot/v1/en/#search-match-results (…#search-for-existed-withdraws-and-deposits),
2026-11.
"""

from __future__ import annotations

from typing import Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, booked, digits, negative, route_of, skip
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import multiply
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

SOURCE: Final = "htx.rest"
CREDITED: Final = frozenset({"confirmed", "safe"})
GONE: Final = frozenset({"confirmed"})
_DEPOSIT_ENDED: Final = frozenset({"failed", "rejected"})
_WITHDRAWAL_ENDED: Final = frozenset({"failed", "canceled", "reject", "wallet-reject", "confirm-error", "repealed"})
_POINTS: Final = "hbpoint"
"""Prepaid points: they lie in another account than the one that trades."""


def trade(row: Row, instrument: Instrument | None, code: Code) -> Fact | Skip:
    """An own trade; the fee is taken from what came in, or deducted in another asset."""
    identity = f"trade:{row.get('symbol')}:{row.get('trade-id')}:{row.get('order-id')}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)
    return booked(identity, row, lambda: _trade(identity, row, instrument, code))


def _trade(identity: str, row: Row, instrument: Instrument, code: Code) -> Fact:
    base = digits(row["filled-amount"])
    quote = multiply(base, digits(row["price"]))
    bought = {"buy": True, "sell": False}[str(row["type"]).partition("-")[0]]
    legs = (
        Leg(role=LegRole.BASE, asset=instrument.base, amount=base if bought else negative(base)),
        Leg(role=LegRole.QUOTE, asset=instrument.quote, amount=negative(quote) if bought else quote),
    )
    return Fact(
        kind=EntryKind.TRADE,
        identity=identity,
        source=SOURCE,
        occurred_at=from_ms(int(row["created-at"])),
        legs=legs + _fees(row, code),
        instrument=instrument,
        order_id=str(row["order-id"]),
    )


def _fees(row: Row, code: Code) -> tuple[Leg, ...]:
    """What was taken; a rebate has the other sign."""
    found = []
    fee = digits(row.get("filled-fees") or "0")
    if fee:
        found.append(Leg(role=LegRole.FEE, asset=asset_of(row["fee-currency"], code), amount=negative(fee)))
    deducted, asset = digits(row.get("filled-points") or "0"), row.get("fee-deduct-currency")
    if deducted and asset and asset != _POINTS:
        found.append(Leg(role=LegRole.FEE, asset=asset_of(asset, code), amount=negative(deducted)))
    return tuple(found)


def is_pending(row: Row) -> bool:
    """Whether the transfer may still come to something."""
    done, ended = (CREDITED, _DEPOSIT_ENDED) if row.get("type") == "deposit" else (GONE, _WITHDRAWAL_ENDED)
    return row.get("state") not in done | ended


def transfer(row: Row, code: Code) -> Fact | Skip:
    """A deposit or withdrawal that ended; the fee left besides the amount."""
    kind = EntryKind.DEPOSIT if row.get("type") == "deposit" else EntryKind.WITHDRAWAL
    identity = f"{kind.value}:{row.get('id')}"
    if row.get("state") not in (CREDITED if kind is EntryKind.DEPOSIT else GONE):
        return skip(identity, "import.not_executed", row)
    return booked(identity, row, lambda: _moved(kind, identity, row, code))


def _moved(kind: EntryKind, identity: str, row: Row, code: Code) -> Fact:
    asset, amount, fee = asset_of(row["currency"], code), digits(row["amount"]), digits(row.get("fee") or "0")
    leaves = kind is EntryKind.WITHDRAWAL
    legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=negative(amount) if leaves else amount)]
    if fee and leaves:
        legs.append(Leg(role=LegRole.FEE, asset=asset, amount=negative(fee)))
    return Fact(
        kind=kind,
        identity=identity,
        source=SOURCE,
        occurred_at=from_ms(int(row["created-at"])),
        legs=tuple(legs),
        route=route_of(row.get("tx-hash"), row.get("address"), row.get("chain")),
    )

"""Coinbase's fills and wallet transactions as facts: every digit as it was sent, nothing dropped without a word.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders/list-fills and
https://docs.cdp.coinbase.com/coinbase-app/track-apis/transactions, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, booked, exact, negative, route_of, skip
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import ZERO, add, divide, multiply
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole, Route

SOURCE: Final = "coinbase.rest"
DONE: Final = frozenset({"completed", "ok"})
PENDING: Final = frozenset({"pending", "created", "waiting_for_clearing", "waiting_for_signature"})
TOLD_BY_FILLS: Final = "advanced_trade_fill"
HALVES: Final = frozenset({"trade", "buy", "sell"})
"""Each side of a conversion, purchase or sale is a row of its own wallet; both name the same deal."""

_CROSSING: Final = frozenset(
    {"send", "receive", "request", "fiat_deposit", "fiat_withdrawal", "unsupported_asset_recovery"}
)
_OWN_WALLETS: Final = frozenset(
    {
        "transfer",
        "tx",
        "exchange_deposit",
        "exchange_withdrawal",
        "pro_deposit",
        "pro_withdrawal",
        "vault_withdrawal",
        "intx_deposit",
        "intx_withdrawal",
        "staking_transfer",
        "unstaking_transfer",
        "wrap_asset",
        "unwrap_asset",
        "retail_eth2_deprecation",
    }
)
_REWARDS: Final = frozenset(
    {"staking_reward", "inflation_reward", "earn_payout", "incentives_rewards_payout", "learning_reward"}
)
_KINDS: Final[Mapping[str, EntryKind]] = {
    **dict.fromkeys(_OWN_WALLETS, EntryKind.TRANSFER),
    **dict.fromkeys(_REWARDS, EntryKind.REWARD),
    "interest": EntryKind.INTEREST,
    "derivatives_settlement": EntryKind.FUNDING,
    "incentives_shared_clawback": EntryKind.ADJUSTMENT,
    "clawback": EntryKind.ADJUSTMENT,
    "subscription": EntryKind.ADJUSTMENT,
    "retail_simple_dust": EntryKind.ADJUSTMENT,
    "retail_simple_price_improvement": EntryKind.ADJUSTMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side of a conversion.

    Attributes:
        deal: What both sides name.
    """

    deal: str
    asset: AssetId
    amount: Decimal
    at: str


def fill(row: Row, instrument: Instrument | None) -> Fact | Skip:
    """An own trade; Coinbase takes its commission in the quote."""
    identity = f"trade:{row.get('entry_id')}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)
    if row.get("trade_type", "FILL") != "FILL":  # a correction of an earlier one: to be looked at
        return skip(identity, "import.kind_unknown", row)
    return booked(identity, row, lambda: _fill(identity, row, instrument))


def _fill(identity: str, row: Row, instrument: Instrument) -> Fact:
    base, quote = _sizes(exact(row["size"]), exact(row["price"]), in_quote=row.get("size_in_quote") is True)
    fee, bought = exact(row.get("commission") or "0"), {"BUY": True, "SELL": False}[row["side"]]
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
        occurred_at=parse_instant(row["trade_time"]),
        legs=tuple(legs),
        instrument=instrument,
        order_id=str(row["order_id"]),
    )


def _sizes(size: Decimal, price: Decimal, *, in_quote: bool) -> tuple[Decimal, Decimal]:
    return (divide(size, price), size) if in_quote else (size, multiply(size, price))


def is_pending(row: Row) -> bool:
    """Whether the transaction may still come to something."""
    return row.get("status") in PENDING


def half(row: Row, code: Code) -> Half | None:
    """One side of a conversion, purchase or sale; None for any other row, and for one that can't be read."""
    kind = row.get("type")
    deal: Any = row.get(kind) if kind in HALVES else None
    if row.get("status") not in DONE or not isinstance(deal, dict) or not deal.get("id"):
        return None
    try:
        amount, asset = exact(row["amount"]["amount"]), asset_of(row["amount"]["currency"], code)
        at = format_instant(parse_instant(row["created_at"]))
    except (InvalidInput, KeyError, TypeError):
        return None
    return Half(deal=f"{kind}:{deal['id']}", asset=asset, amount=amount, at=at)


def transaction(row: Row, code: Code) -> Fact | Skip:
    """What came into a wallet or left it, other than by trades."""
    identity = f"transaction:{row.get('id')}"
    if row.get("status") not in DONE:
        return skip(identity, "import.not_executed", row)
    kind = row.get("type")
    if kind not in _KINDS and kind not in _CROSSING:
        return skip(identity, "import.kind_unknown", row)
    return booked(identity, row, lambda: _moved(identity, row, code))


def _moved(identity: str, row: Row, code: Code) -> Fact:
    asset, whole = asset_of(row["amount"]["currency"], code), exact(row["amount"]["amount"])
    leaves = whole < ZERO
    fee = _network_fee(row, code, asset) if leaves else ZERO
    legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=add(whole, fee))]
    if fee:
        legs.append(Leg(role=LegRole.FEE, asset=asset, amount=negative(fee)))
    crossing = EntryKind.WITHDRAWAL if leaves else EntryKind.DEPOSIT
    return Fact(
        kind=_KINDS.get(row["type"], crossing),
        identity=identity,
        source=SOURCE,
        occurred_at=parse_instant(row["created_at"]),
        legs=tuple(legs),
        route=_route(row),
    )


def _route(row: Row) -> Route | None:
    network, to = row.get("network") or {}, row.get("to") or {}
    return route_of(network.get("hash"), to.get("address"), network.get("network_name"))


def _network_fee(row: Row, code: Code, asset: AssetId) -> Decimal:
    """What the network took out of the amount, where it took it in the same asset."""
    told: Any = (row.get("network") or {}).get("transaction_fee")
    if not told or asset_of(told["currency"], code) != asset:
        return ZERO
    return exact(told["amount"])


def conversion(given: Half, taken: Half, instrument: Instrument) -> Fact:
    """Both sides of a deal: a trade of the two assets; what it cost lies in its price."""
    base, quote = (taken, given) if instrument.base == taken.asset else (given, taken)
    return Fact(
        kind=EntryKind.TRADE,
        identity=f"conversion:{given.deal}",
        source=SOURCE,
        occurred_at=max(parse_instant(given.at), parse_instant(taken.at)),
        legs=(
            Leg(role=LegRole.BASE, asset=base.asset, amount=base.amount),
            Leg(role=LegRole.QUOTE, asset=quote.asset, amount=quote.amount),
        ),
        instrument=instrument,
    )


def single(side: Half) -> Fact | Skip:
    """A side that is alone: bought with a card or sold to a bank account, else kept aside until somebody looks."""
    row = {"deal": side.deal, "asset": side.asset, "amount": str(side.amount), "created_at": side.at}
    identity = f"conversion:{side.deal}"
    bought = side.deal.startswith("buy:") and side.amount > ZERO
    sold = side.deal.startswith("sell:") and side.amount < ZERO
    if not (bought or sold):
        return skip(identity, "import.conversion_half", row)
    return booked(identity, row, lambda: _settled_outside(identity, side))


def _settled_outside(identity: str, side: Half) -> Fact:
    return Fact(
        kind=EntryKind.DEPOSIT if side.amount > ZERO else EntryKind.WITHDRAWAL,
        identity=identity,
        source=SOURCE,
        occurred_at=parse_instant(side.at),
        legs=(Leg(role=LegRole.MOVEMENT, asset=side.asset, amount=side.amount),),
    )

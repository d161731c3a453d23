"""Entries of the ledger and the facts they record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId


class EntryKind(StrEnum):
    """What happened."""

    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    REWARD = "reward"
    INTEREST = "interest"
    FUNDING = "funding"
    AIRDROP = "airdrop"
    ADJUSTMENT = "adjustment"


class LegRole(StrEnum):
    """What a leg is in its entry."""

    BASE = "base"
    QUOTE = "quote"
    FEE = "fee"
    MOVEMENT = "movement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One change of one asset's balance.

    Attributes:
        amount: Signed: positive came in, negative went out. Never zero.
    """

    role: LegRole
    asset: AssetId
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An event as its source tells it, before it is chained.

    Attributes:
        identity: What makes the event the same event whichever way it arrives: `trade:XRPETH:70219821`,
            `deposit:<venue's id>`. Unique in its account; never derived from time, price or amount.
        source: `<venue>.<way>`: `binance.rest`, `binance.stream`, `webhook`.
        instrument: For trades.
        order_id: The venue's order id, for trades.
        legs: At least one, in the order base, quote, fee or the movement then its fee.
    """

    kind: EntryKind
    identity: str
    source: str
    occurred_at: datetime
    legs: tuple[Leg, ...]
    instrument: Instrument | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact in its place in the chain of its account.

    Attributes:
        sequence: 1, 2, 3 … without a hole in each account.
        previous_hash: SHA-256 of the entry before; 32 zero bytes for the first.
        hash: SHA-256 over the previous hash and this entry's canonical bytes.
    """

    tenant_id: TenantId
    account_id: AccountId
    sequence: int
    entry_id: EntryId
    fact: Fact
    recorded_at: datetime
    correlation_id: CorrelationId
    previous_hash: bytes
    hash: bytes

"""Entries of the ledger and the facts they record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId

NO_HASH = bytes(32)
"""What stands before the first entry of a chain."""


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


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an account's chain: the last entry's sequence and hash; 0 and 32 zero bytes before the first."""

    sequence: int = 0
    hash: bytes = NO_HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What an append did.

    Attributes:
        entries: The new ones, in the order of their facts.
        duplicates: Identities that were in the ledger already, or came twice in the same batch.
    """

    entries: tuple[Entry, ...]
    duplicates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are asked for; what is None is not asked.

    Attributes:
        asset: At least one leg is of this asset.
        occurred_from: Inclusive.
        occurred_until: Exclusive.
    """

    account_id: AccountId | None = None
    asset: AssetId | None = None
    kind: EntryKind | None = None
    instrument: Instrument | None = None
    occurred_from: datetime | None = None
    occurred_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the reading order: by instant, then account, then sequence."""

    occurred_at: datetime
    account_id: AccountId
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, newest first.

    Attributes:
        next_cursor: Give it back for the following page; None on the last one.
    """

    entries: tuple[Entry, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a verification found.

    Attributes:
        entries: How many were read and found whole.
        head_hash: Hash of the last whole entry.
        first_broken_sequence: The first place at which the chain does not hold, if there is one.
        reason: `gap`, `altered`, `unlinked`, `foreign` or `head`; None when the chain is whole.
    """

    account_id: AccountId
    entries: int
    head_hash: bytes
    ok: bool
    first_broken_sequence: int | None = None
    reason: str | None = None

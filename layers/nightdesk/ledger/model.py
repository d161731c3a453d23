"""Entries of the ledger and the facts they record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import SPOT, AssetId, Instrument, Wallet
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId

NO_HASH = bytes(32)
"""What stands before the first entry of a chain."""


class EntryKind(StrEnum):
    """What happened.

    A trade has a market; a conversion (converted at a quote, dust, redenominated) has none and may give several assets
    for several. A transfer is between wallets of one account, and nets to nothing but its fee. What a futures position
    realised, its funding, fees charged by themselves, and what was borrowed or repaid are one movement (or fee) each;
    a loan on margin is a second one, in the wallet of debts.
    A reversal takes an entry back; an adjustment is what a person says is missing.
    """

    TRADE = "trade"
    CONVERSION = "conversion"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    REWARD = "reward"
    INTEREST = "interest"
    FUNDING = "funding"
    REALISED_PNL = "realised_pnl"
    FEE = "fee"
    LOAN = "loan"
    AIRDROP = "airdrop"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"


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
        wallet: The part of the account whose balance it changes.
    """

    role: LegRole
    asset: AssetId
    amount: Decimal
    wallet: Wallet = SPOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a source tells of the way that a deposit or withdrawal took; no part of the entry, kept beside it."""

    tx_hash: str | None = None
    address: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An event as its source tells it, before it is chained.

    Attributes:
        identity: What makes the event the same event whichever way it arrives: `trade:XRPETH:70219821`,
            `deposit:<venue's id>`. Unique in its account; never derived from time, price or amount.
        source: `<venue>.<way>`: `binance.rest`, `binance.stream`, `webhook`.
        instrument: For trades.
        order_id: The venue's order id, for trades.
        route: For deposits and withdrawals; two facts that differ in it alone are the same fact.
        legs: At least one, in the order base, quote, fee or the movement then its fee.
    """

    kind: EntryKind
    identity: str
    source: str
    occurred_at: datetime
    legs: tuple[Leg, ...]
    instrument: Instrument | None = None
    order_id: str | None = None
    route: Route | None = field(default=None, compare=False)


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
    """The end of an account's chain: the last entry's sequence and hash; 0 and 32 zero bytes before the first.

    Attributes:
        recorded_at: Of the last entry, as far as whoever made this knows it.
    """

    sequence: int = 0
    hash: bytes = NO_HASH
    recorded_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A fact that contradicts what the ledger holds under the same identity; what is booked stands."""

    known: Fact
    told: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What an append did.

    Attributes:
        entries: The new ones, in the order of their facts.
        duplicates: Identities that were in the ledger already, or came twice in the same batch.
        doubts: Those of the duplicates that tell of something else than what is booked.
        quarantined: Facts of assets that nobody knows: kept whole, booked as soon as somebody names the asset.
    """

    entries: tuple[Entry, ...]
    duplicates: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()
    quarantined: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are asked for; what is None is not asked.

    Attributes:
        asset: At least one leg is of this asset.
        occurred_from: Inclusive.
        occurred_until: Exclusive.
        known_on: Nothing that was recorded later.
    """

    account_id: AccountId | None = None
    asset: AssetId | None = None
    kind: EntryKind | None = None
    instrument: Instrument | None = None
    occurred_from: datetime | None = None
    occurred_until: datetime | None = None
    known_on: datetime | None = None


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
        reason: `gap`, `altered`, `unlinked`, `foreign`, `head` or `anchor`; None when the chain is whole.
        anchored: The last entry for which a signed anchor vouches; 0 where there is none.
        anchored_at: When that was signed.
    """

    account_id: AccountId
    entries: int
    head_hash: bytes
    ok: bool
    first_broken_sequence: int | None = None
    reason: str | None = None
    anchored: int = 0
    anchored_at: datetime | None = None

"""The ledger's pages and their verification."""

from __future__ import annotations

from uuid import UUID

from nightdesk.contracts.api.common import DecimalText, HashText, InstantText, Shape


class LegShape(Shape):
    """One change of one asset's balance in one wallet of the account; a negative amount went out."""

    role: str
    asset: str
    amount: DecimalText
    wallet: str


class EntryShape(Shape):
    """An entry in the chain of its account."""

    entry_id: UUID
    account_id: UUID
    sequence: int
    kind: str
    identity: str
    source: str
    instrument: str | None
    order_id: str | None
    occurred_at: InstantText
    recorded_at: InstantText
    correlation_id: str
    legs: list[LegShape]
    previous_hash: HashText
    hash: HashText


class EntryPage(Shape):
    """Entries, newest first.

    Attributes:
        next_cursor: Give it back to read on; null at the end.
    """

    items: list[EntryShape]
    next_cursor: str | None


class ChainReportShape(Shape):
    """What verifying one account's chain found.

    Attributes:
        anchored: The last entry for which a signed anchor vouches; 0 where there is none.
    """

    account_id: UUID
    entries: int
    head_hash: HashText
    ok: bool
    first_broken_sequence: int | None
    reason: str | None
    anchored: int
    anchored_at: InstantText | None


class VerificationShape(Shape):
    """What verifying every chain found."""

    ok: bool
    verified_at: InstantText
    accounts: list[ChainReportShape]

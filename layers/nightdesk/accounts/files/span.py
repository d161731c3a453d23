"""What a venue itself told of an account: within it, its word goes before a file's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nightdesk.ledger.model import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSpan:
    """From when until when a venue told of an account.

    Attributes:
        first_at: The first event that it told.
        last_at: The last one.
        trades_since: It tells no older trades, though older deposits and withdrawals; None where it tells all.
    """

    first_at: datetime
    last_at: datetime
    trades_since: datetime | None = None

    def covers(self, kind: EntryKind, at: datetime) -> bool:
        """Whether the venue would have told of such an event of that second."""
        is_forgotten = kind is EntryKind.TRADE and self.trades_since is not None and at < self.trades_since
        return self.first_at.replace(microsecond=0) <= at <= self.last_at and not is_forgotten

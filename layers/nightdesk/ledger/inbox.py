"""The inbox: every doubt about the books is one row, with its cause, the money at stake and how it ended.

A finding is known by its tenant and identity, so whoever finds the same again changes nothing. What comes back after
it was resolved is open again; what a person dismissed stays so until it is told differently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol
from uuid import UUID, uuid5

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import Money

FindingId = NewType("FindingId", UUID)

Details = Mapping[str, object]
"""What is known of a doubt, for people and for its repair: texts, decimal texts, lists and mappings of those."""

DESK: Final = "desk"
"""Who resolved what went away by itself."""

_NAMESPACE: Final = UUID("5f5be1d6-1a53-4b6e-a0d1-5b0c5d8d3a18")


class Cause(StrEnum):
    """Why the books are in doubt."""

    NEGATIVE_BALANCE = "negative_balance"
    MISSING_ACQUISITION = "missing_acquisition"
    DIFFERENCE = "difference"
    UNMATCHED_TRANSFER = "unmatched_transfer"
    CONTRADICTED = "contradicted"
    UNKNOWN_SYMBOL = "unknown_symbol"
    UNREADABLE_ROW = "unreadable_row"
    GAP = "gap"
    HISTORY_HORIZON = "history_horizon"
    KEY_FAILING = "key_failing"

    @property
    def recurs(self) -> bool:
        """Whether it is a state that can end and begin again, and not something that was told once."""
        return self not in {Cause.CONTRADICTED, Cause.UNKNOWN_SYMBOL, Cause.UNREADABLE_ROW}


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A doubt, as whoever met it tells it.

    Attributes:
        identity: The same whenever the same doubt is met: `negative_balance:<account>:<wallet>:<asset>`.
        account_id: None for what concerns no single account.
        occurred_at: When the event behind it happened; None where there is none.
        at_stake: How much could be wrong, in whatever asset; None where nobody can tell.
        details: What a person, and a repair, need to know.
    """

    cause: Cause
    identity: str
    account_id: AccountId | None = None
    asset: AssetId | None = None
    wallet: str | None = None
    occurred_at: datetime | None = None
    at_stake: Money | None = None
    details: Details = field(default_factory=dict)

    @property
    def essence(self) -> str:
        """What must change for a dismissed finding to be news: of a difference its amount, else all that is known."""
        if self.cause is Cause.DIFFERENCE:
            return str(self.details.get("difference"))
        return repr(sorted(self.details.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a finding ended.

    Attributes:
        by: `user:<id>`, or `desk` for what went away by itself.
        action: The repair: `record_deposit`, `link_transfer`, `dismiss`, `vanished` …
        note: A person's reason or evidence.
        effects: What the repair did, as far as undoing it needs to know.
    """

    state: FindingState
    by: str
    action: str
    at: datetime
    note: str = ""
    effects: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A finding in the inbox.

    Attributes:
        raised_at: When it was first met.
        changed_at: When anything about it last changed.
        returned: How often it came back after it had ended.
        settlement: How it ended; None while it is open.
    """

    finding_id: FindingId
    finding: Finding
    state: FindingState
    raised_at: datetime
    changed_at: datetime
    returned: int = 0
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEvent:
    """A line of a finding's history: `raised`, `returned`, the repair's name, `undone`."""

    at: datetime
    what: str
    by: str
    note: str = ""
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """Which findings are asked for; what is None is not asked."""

    state: FindingState | None = FindingState.OPEN
    cause: Cause | None = None
    account_id: AccountId | None = None
    asset: AssetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """A finding with what is at stake, as far as sorting needs it."""

    finding_id: FindingId
    at_stake: Money | None
    changed_at: datetime


class InboxStore(Protocol):
    """Keeps findings; one instance works in one transaction."""

    def raise_(self, tenant_id: TenantId, findings: Sequence[Finding], raised_at: datetime) -> int:
        """Keep the findings, each identity once; how many are news: first met, or back again.

        A known one gets its latest details. A resolved one opens again if its cause recurs or it is told differently,
        a dismissed one only if it is told differently.
        """
        ...

    def vanish(self, tenant_id: TenantId, identities: Collection[str], at: datetime) -> int:
        """Resolve those of the findings that have not ended, because what they told of is gone; how many."""
        ...

    def standing(self, tenant_id: TenantId, prefix: str) -> frozenset[str]:
        """Identities that begin so and have not been resolved."""
        ...

    def lock(self, tenant_id: TenantId, finding_id: FindingId) -> InboxRow | None:
        """The finding, its row locked until the transaction ends."""
        ...

    def settle(self, tenant_id: TenantId, finding_id: FindingId, settlement: Settlement) -> None:
        """End a locked finding."""
        ...

    def reopen(self, tenant_id: TenantId, finding_id: FindingId, event: InboxEvent) -> None:
        """Open a locked finding again, keeping why."""
        ...

    def stakes(self, tenant_id: TenantId, wanted: InboxFilter) -> tuple[Stake, ...]:
        """What is at stake in each finding that passes the filter."""
        ...

    def rows(self, tenant_id: TenantId, finding_ids: Sequence[FindingId]) -> tuple[InboxRow, ...]:
        """The findings, in the order asked; unknown ones are left out."""
        ...

    def events(self, tenant_id: TenantId, finding_id: FindingId) -> tuple[InboxEvent, ...]:
        """What happened to the finding, oldest first."""
        ...


def finding_id(tenant_id: TenantId, identity: str) -> FindingId:
    """The id of a tenant's finding, the same whenever it is met again."""
    return FindingId(uuid5(_NAMESPACE, f"{tenant_id}:{identity}"))

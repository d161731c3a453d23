"""The inbox's port in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.inbox import (
    DESK,
    Finding,
    FindingId,
    FindingState,
    InboxEvent,
    InboxFilter,
    InboxRow,
    Settlement,
    Stake,
    finding_id,
)


@dataclass(slots=True)
class FakeInboxStore:
    """Findings by tenant and id."""

    kept: dict[tuple[TenantId, FindingId], InboxRow] = field(default_factory=dict)
    lines: list[tuple[FindingId, InboxEvent]] = field(default_factory=list)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FakeInboxStore]:  # noqa: ARG002
        yield self

    def raise_(self, tenant_id: TenantId, findings: Sequence[Finding], raised_at: datetime) -> int:
        before = len(self.lines)
        for finding in {finding.identity: finding for finding in findings}.values():
            self._take(tenant_id, finding, raised_at)
        return len(self.lines) - before

    def _take(self, tenant_id: TenantId, finding: Finding, at: datetime) -> None:
        key = tenant_id, finding_id(tenant_id, finding.identity)
        known = self.kept.get(key)
        if known is None:
            self.kept[key] = InboxRow(
                finding_id=key[1], finding=finding, state=FindingState.OPEN, raised_at=at, changed_at=at
            )
            self.lines.append((key[1], InboxEvent(at=at, what="raised", by=DESK)))
        elif known.state is FindingState.OPEN:
            if known.finding != finding:
                self.kept[key] = replace(known, finding=finding, changed_at=at)
        elif _is_news(known, finding):
            self.kept[key] = replace(
                known,
                finding=finding,
                state=FindingState.OPEN,
                changed_at=at,
                returned=known.returned + 1,
                settlement=None,
            )
            self.lines.append((key[1], InboxEvent(at=at, what="returned", by=DESK)))

    def vanish(self, tenant_id: TenantId, identities: Collection[str], at: datetime) -> int:
        gone = Settlement(state=FindingState.RESOLVED, by=DESK, action="vanished", at=at)
        standing = [
            row
            for (owner, _), row in self.kept.items()
            if owner == tenant_id and row.finding.identity in identities and row.state is not FindingState.RESOLVED
        ]
        for row in standing:
            self.settle(tenant_id, row.finding_id, gone)
        return len(standing)

    def standing(self, tenant_id: TenantId, prefix: str) -> frozenset[str]:
        return frozenset(
            row.finding.identity
            for (owner, _), row in self.kept.items()
            if owner == tenant_id and row.state is not FindingState.RESOLVED and row.finding.identity.startswith(prefix)
        )

    def lock(self, tenant_id: TenantId, finding_id: FindingId) -> InboxRow | None:
        return self.kept.get((tenant_id, finding_id))

    def settle(self, tenant_id: TenantId, finding_id: FindingId, settlement: Settlement) -> None:
        key = tenant_id, finding_id
        self.kept[key] = replace(
            self.kept[key], state=settlement.state, changed_at=settlement.at, settlement=settlement
        )
        event = InboxEvent(
            at=settlement.at,
            what=settlement.action,
            by=settlement.by,
            note=settlement.note,
            details=settlement.effects,
        )
        self.lines.append((finding_id, event))

    def reopen(self, tenant_id: TenantId, finding_id: FindingId, event: InboxEvent) -> None:
        key = tenant_id, finding_id
        self.kept[key] = replace(self.kept[key], state=FindingState.OPEN, changed_at=event.at, settlement=None)
        self.lines.append((finding_id, event))

    def stakes(self, tenant_id: TenantId, wanted: InboxFilter) -> tuple[Stake, ...]:
        return tuple(
            Stake(finding_id=row.finding_id, at_stake=row.finding.at_stake, changed_at=row.changed_at)
            for (owner, _), row in self.kept.items()
            if owner == tenant_id and _passes(row, wanted)
        )

    def rows(self, tenant_id: TenantId, finding_ids: Sequence[FindingId]) -> tuple[InboxRow, ...]:
        return tuple(self.kept[tenant_id, each] for each in finding_ids if (tenant_id, each) in self.kept)

    def events(self, tenant_id: TenantId, finding_id: FindingId) -> tuple[InboxEvent, ...]:
        mine = (tenant_id, finding_id) in self.kept
        return tuple(event for each, event in self.lines if mine and each == finding_id)


def _is_news(known: InboxRow, told: Finding) -> bool:
    if told.essence != known.finding.essence:
        return True
    return known.state is FindingState.RESOLVED and told.cause.recurs


def _passes(row: InboxRow, wanted: InboxFilter) -> bool:
    return (
        wanted.state in {None, row.state}
        and wanted.cause in {None, row.finding.cause}
        and wanted.account_id in {None, row.finding.account_id}
        and wanted.asset in {None, row.finding.asset}
    )

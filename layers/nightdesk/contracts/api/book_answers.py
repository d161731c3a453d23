"""What the desk answers about doubts, compared balances and transfers, whichever face asks.

Permissions are checked here, and every answer is of the caller's own tenant: another's ids are not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from nightdesk.accounts.reconciliation_view import CheckFilter, ReconciliationReads
from nightdesk.contracts.api import present_books as present
from nightdesk.contracts.api.books import (
    FindingDetail,
    FindingPage,
    LinkTransfer,
    MovementPage,
    ReconciliationPage,
    RepairedShape,
    RepairFinding,
    TransferPage,
    TransferShape,
    UncertaintyShape,
    UndoRepair,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import asset_id, wallet_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import Money, parse_amount
from nightdesk.ledger.inbox import FindingId, InboxFilter
from nightdesk.ledger.inbox_desk import Appraiser, Asked, InboxDesk
from nightdesk.ledger.repairs import Repair
from nightdesk.ledger.transfers.model import LinkFilter, LinkId, MovementId
from nightdesk.ledger.transfers.service import TransferService
from nightdesk.portfolio.service import PortfolioService
from nightdesk.portfolio.uncertainty import WIDENING, uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnswers:
    """Asks the services and puts what they know in shape."""

    inbox: InboxDesk
    transfers: TransferService
    checks: ReconciliationReads
    portfolio: PortfolioService
    appraise: Appraiser
    clock: Clock

    def findings(self, caller: Caller, wanted: InboxFilter, *, after: UUID | None, limit: int) -> FindingPage:
        """A page of the inbox, by the money at stake."""
        caller.require("read", "Ledger")
        place = None if after is None else FindingId(after)
        return present.finding_page(self.inbox.page(caller.tenant_id, wanted, after=place, limit=limit))

    def finding(self, caller: Caller, finding_id: UUID) -> FindingDetail:
        """One finding with what happened to it."""
        caller.require("read", "Ledger")
        return present.finding_detail(*self.inbox.get(caller.tenant_id, FindingId(finding_id)))

    def repair(
        self, caller: Caller, finding_id: UUID, wanted: RepairFinding, correlation_id: CorrelationId
    ) -> RepairedShape:
        """Do what ends a finding, or tell what that would append."""
        caller.require("update", "Ledger")
        repair, mine = _repair(wanted), FindingId(finding_id)
        facts = self.inbox.preview(caller.tenant_id, mine, repair)
        if not wanted.preview:
            self.inbox.repair(caller.tenant_id, mine, repair, _asked(caller, correlation_id))
        entries = [present.entry_shape(fact) for fact in facts]
        return RepairedShape(entries=entries, finding=self.finding(caller, finding_id))

    def undo(
        self, caller: Caller, finding_id: UUID, wanted: UndoRepair, correlation_id: CorrelationId
    ) -> FindingDetail:
        """Take a repair back."""
        caller.require("update", "Ledger")
        asked = _asked(caller, correlation_id)
        self.inbox.undo(caller.tenant_id, FindingId(finding_id), wanted.note, asked)
        return self.finding(caller, finding_id)

    def reconciliation(
        self, caller: Caller, wanted: CheckFilter, *, cursor: str | None, limit: int
    ) -> ReconciliationPage:
        """Derived beside reported, balance by balance."""
        caller.require("read", "Ledger")
        base_asset, worth = self.appraise(caller.tenant_id)
        page = self.checks.page(caller.tenant_id, wanted, present.decode_check(cursor), limit + 1)
        rows, now = page.rows[:limit], self.clock.now()
        return ReconciliationPage(
            items=[present.check_shape(row, worth, now) for row in rows],
            base_asset=base_asset,
            total=page.total,
            differing=page.differing,
            next_cursor=present.encode_check(rows[-1]) if len(page.rows) > limit else None,
        )

    def uncertainty(self, caller: Caller) -> UncertaintyShape:
        """The portfolio's totals, widened by what is open."""
        caller.require("read", "Portfolio")
        rows = self.inbox.open_rows(caller.tenant_id, WIDENING)
        _, worth = self.appraise(caller.tenant_id)
        return present.uncertainty_shape(uncertainty(self.portfolio.view(caller.tenant_id), rows, worth))

    def transfer_page(self, caller: Caller, wanted: LinkFilter, *, cursor: str | None, limit: int) -> TransferPage:
        """Transfers, the newest link first."""
        caller.require("read", "Ledger")
        before = present.decode_link(cursor)
        links = self.transfers.page(caller.tenant_id, wanted, before=before, limit=limit + 1)
        shown = links[:limit]
        return TransferPage(
            items=[present.transfer_shape(link) for link in shown],
            next_cursor=present.encode_link(shown[-1]) if len(links) > limit else None,
        )

    def candidates(self, caller: Caller, movement_id: str, limit: int) -> MovementPage:
        """Movements that could be the other side of one."""
        caller.require("read", "Ledger")
        found = self.transfers.candidates(caller.tenant_id, MovementId(movement_id))
        return MovementPage(items=[present.movement_shape(each) for each in found[:limit]])

    def link(self, caller: Caller, wanted: LinkTransfer) -> TransferShape:
        """Say that movements are one transfer."""
        caller.require("update", "Ledger")
        names = [MovementId(each) for each in wanted.movement_ids]
        return present.transfer_shape(self.transfers.link(caller.tenant_id, names, _actor(caller)))

    def unlink(self, caller: Caller, link_id: UUID) -> None:
        """Take a transfer apart."""
        caller.require("update", "Ledger")
        self.transfers.unlink(caller.tenant_id, LinkId(link_id), _actor(caller))


def _repair(wanted: RepairFinding) -> Repair:
    if (wanted.cost_amount is None) is not (wanted.cost_asset is None):
        raise InvalidInput("inbox.repair_incomplete", "A cost has an amount and an asset.")
    cost = None
    if wanted.cost_amount is not None and wanted.cost_asset is not None:
        cost = Money(parse_amount(wanted.cost_amount), asset_id(wanted.cost_asset))
    return Repair(
        action=wanted.action,
        note=wanted.note,
        amount=None if wanted.amount is None else parse_amount(wanted.amount),
        asset=None if wanted.asset is None else asset_id(wanted.asset),
        wallet=None if wanted.wallet is None else wallet_id(wanted.wallet),
        occurred_at=None if wanted.occurred_at is None else wanted.occurred_at.astimezone(UTC),
        cost=cost,
        movement_ids=tuple(MovementId(each) for each in wanted.movement_ids),
    )


def _actor(caller: Caller) -> str:
    return f"user:{caller.user.user_id}"


def _asked(caller: Caller, correlation_id: CorrelationId) -> Asked:
    return Asked(by=_actor(caller), correlation_id=correlation_id)

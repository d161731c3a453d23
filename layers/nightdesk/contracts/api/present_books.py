"""Turns what the books know of doubts, checks and transfers into the API's shapes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from nightdesk.accounts.reconciliation_view import CheckPlace, ViewedCheck
from nightdesk.contracts.api.books import (
    BalanceCheckShape,
    FindingDetail,
    FindingEventShape,
    FindingPage,
    FindingShape,
    MovementShape,
    RangeShape,
    RepairEntryShape,
    SettlementShape,
    TransferShape,
    UncertaintyShape,
)
from nightdesk.contracts.api.common import AmountShape
from nightdesk.contracts.api.present import instant
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import Money, format_amount
from nightdesk.ledger.inbox import InboxEvent, Settlement
from nightdesk.ledger.inbox_desk import InboxPage, ValuedRow, Worth
from nightdesk.ledger.inbox_findings import fact_document
from nightdesk.ledger.model import Fact
from nightdesk.ledger.repairs import ACTIONS
from nightdesk.ledger.transfers.model import Link, LinkId, Movement
from nightdesk.portfolio.uncertainty import Range, Uncertainty


def finding_shape(valued: ValuedRow) -> FindingShape:
    """A finding."""
    return FindingShape(**_finding(valued))


def finding_detail(valued: ValuedRow, events: Sequence[InboxEvent]) -> FindingDetail:
    """A finding with what happened to it."""
    told = [
        FindingEventShape(at=format_instant(each.at), what=each.what, by=each.by, note=each.note) for each in events
    ]
    return FindingDetail(**_finding(valued), events=told)


def finding_page(page: InboxPage) -> FindingPage:
    """A page of the inbox."""
    return FindingPage(
        items=[finding_shape(valued) for valued in page.rows],
        base_asset=page.base_asset,
        total=page.total,
        value=format_amount(page.value),
        next_cursor=page.next_place,
    )


def entry_shape(fact: Fact) -> RepairEntryShape:
    """An entry that a repair appends."""
    document: dict[str, Any] = fact_document(fact)
    return RepairEntryShape(kind=document["kind"], occurred_at=document["occurred_at"], legs=document["legs"])


def check_shape(viewed: ViewedCheck, worth: Worth, now: datetime) -> BalanceCheckShape:
    """A comparison of one balance."""
    check = viewed.check
    value = worth(Money(check.difference, check.key.asset))
    return BalanceCheckShape(
        account_id=viewed.account_id,
        wallet=check.key.wallet,
        asset=check.key.asset,
        derived=format_amount(check.derived),
        reported=format_amount(check.reported),
        difference=format_amount(check.difference),
        difference_value=None if value is None else format_amount(value),
        reported_at=format_instant(check.reported_at),
        age_s=max((now - check.reported_at) / timedelta(seconds=1), 0.0),
        cycles_open=check.cycles_open,
        open_since=instant(check.open_since),
        proven_since=instant(check.proven_since),
        proven_until=instant(check.proven_until),
    )


def transfer_shape(link: Link) -> TransferShape:
    """A transfer with both sides."""
    return TransferShape(
        link_id=link.link_id,
        outs=[movement_shape(each) for each in link.outs],
        ins=[movement_shape(each) for each in link.ins],
        score=link.score,
        evidence=[each.value for each in link.evidence],
        linked_by=link.linked_by,
        linked_at=format_instant(link.linked_at),
        unlinked_by=link.unlinked_by,
        unlinked_at=instant(link.unlinked_at),
    )


def movement_shape(movement: Movement) -> MovementShape:
    """A deposit or a withdrawal."""
    return MovementShape(
        movement_id=movement.movement_id,
        account_id=movement.account_id,
        asset=movement.asset,
        amount=format_amount(movement.amount),
        fee=format_amount(movement.fee),
        at=format_instant(movement.at),
        tx_hash=movement.tx_hash,
        address=movement.address,
        network=movement.network,
    )


def uncertainty_shape(found: Uncertainty) -> UncertaintyShape:
    """Totals as intervals."""
    return UncertaintyShape(
        base_asset=found.base_asset,
        proven=found.is_proven,
        value=_range(found.value),
        realised=_range(found.realised),
        findings=[row.finding_id for row in found.findings],
        prices=list(found.prices),
    )


def _range(told: Range) -> RangeShape:
    return RangeShape(low=format_amount(told.low), high=format_amount(told.high))


def encode_link(link: Link) -> str:
    """The cursor of what follows a link."""
    return _encode([format_instant(link.linked_at), str(link.link_id)])


def decode_link(cursor: str | None) -> tuple[datetime, LinkId] | None:
    """The place that a cursor means.

    Raises:
        InvalidInput: `transfers.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        at, link_id = _decode(cursor)
        return parse_instant(at), LinkId(UUID(link_id))
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("transfers.cursor_malformed", "The cursor is not one of ours.") from None


def encode_check(viewed: ViewedCheck) -> str:
    """The cursor of what follows a balance."""
    key = viewed.check.key
    return _encode([str(viewed.account_id), key.asset, key.wallet])


def decode_check(cursor: str | None) -> CheckPlace | None:
    """The place that a cursor means.

    Raises:
        InvalidInput: `reconciliation.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        account_id, asset, wallet = _decode(cursor)
        return AccountId(UUID(account_id)), AssetId(_text(asset)), Wallet(_text(wallet))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("reconciliation.cursor_malformed", "The cursor is not one of ours.") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise TypeError
    return value


def _encode(content: list[str]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _decode(cursor: str) -> Any:
    return json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def _finding(valued: ValuedRow) -> dict[str, Any]:
    row = valued.row
    finding = row.finding
    stake = finding.at_stake
    return {
        "finding_id": row.finding_id,
        "cause": finding.cause,
        "state": row.state,
        "account_id": finding.account_id,
        "asset": finding.asset,
        "wallet": finding.wallet,
        "occurred_at": instant(finding.occurred_at),
        "at_stake": None if stake is None else AmountShape(amount=format_amount(stake.amount), asset=stake.asset),
        "value": None if valued.value is None else format_amount(valued.value),
        "details": dict(finding.details),
        "actions": [] if row.settlement else list(ACTIONS[finding.cause]),
        "raised_at": format_instant(row.raised_at),
        "changed_at": format_instant(row.changed_at),
        "returned": row.returned,
        "settlement": _settlement(row.settlement),
    }


def _settlement(settlement: Settlement | None) -> SettlementShape | None:
    if settlement is None:
        return None
    return SettlementShape(
        action=settlement.action,
        by=settlement.by,
        at=format_instant(settlement.at),
        note=settlement.note,
        undoable=settlement.by.startswith("user:"),
    )

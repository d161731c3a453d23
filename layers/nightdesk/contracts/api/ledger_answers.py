"""What the desk answers about the proof of its ledger. Permissions are checked here."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from nightdesk.contracts.api.ledger import LegShape
from nightdesk.contracts.api.ledger_proof import (
    BalanceAtShape,
    BalancePage,
    CorrectedShape,
    CorrectEntry,
    ExportPartShape,
    NameAsset,
    QuarantinedShape,
    QuarantinePage,
    ReleasedShape,
    WantedEntry,
)
from nightdesk.contracts.api.present import entry_shape
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import VenueId, asset_id, parse_instrument, wallet_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock, format_instant, parse_instant
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.ledger.balances import Balance, BalanceQuery, require_settled
from nightdesk.ledger.corrections import Corrections
from nightdesk.ledger.exporting import ExportQuery, ExportService
from nightdesk.ledger.model import Fact, Leg
from nightdesk.ledger.quarantine import Quarantined, QuarantineService, Waiting
from nightdesk.ledger.service import LedgerService

OpenCorrections = Callable[[TenantId], AbstractContextManager[Corrections]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAnswers:
    """Asks the ledger's services and puts what they know in shape."""

    ledger: LedgerService
    exports: ExportService
    quarantine: QuarantineService
    corrections: OpenCorrections
    clock: Clock

    def balances(
        self,
        caller: Caller,
        account_id: UUID | None,
        *,
        at: str | None,
        known_on: str | None,
        cursor: str | None,
        limit: int,
    ) -> BalancePage:
        """Balances at an instant, as they are or were known."""
        caller.require("read", "Ledger")
        wanted = BalanceQuery(
            account_id=None if account_id is None else AccountId(account_id),
            at=None if at is None else parse_instant(at),
            known_on=require_settled(None if known_on is None else parse_instant(known_on), self.clock.now()),
        )
        after = None if cursor is None else tuple(_decoded(cursor, 3))
        found = [each for each in self.ledger.balances(caller.tenant_id, wanted) if after is None or _key(each) > after]
        return BalancePage(
            at=at and format_instant(parse_instant(at)),
            known_on=known_on and format_instant(parse_instant(known_on)),
            items=[_balance(each) for each in found[:limit]],
            next_cursor=_encoded(*_key(found[limit - 1])) if len(found) > limit else None,
        )

    def export(
        self, caller: Caller, account_id: UUID | None, *, known_on: str | None, cursor: str | None
    ) -> ExportPartShape:
        """A part of the export."""
        caller.require("read", "Ledger")
        wanted = ExportQuery(
            account_id=None if account_id is None else AccountId(account_id),
            known_on=require_settled(None if known_on is None else parse_instant(known_on), self.clock.now()),
        )
        part = self.exports.part(caller.tenant_id, wanted, cursor)
        return ExportPartShape(items=list(part.lines), next_cursor=part.next_cursor)

    def correct(self, caller: Caller, wanted: CorrectEntry, correlation_id: CorrelationId) -> CorrectedShape:
        """Take an entry back, and book what is right."""
        caller.require("update", "Ledger")
        source = f"user.{caller.user.user_id}"
        right = None if wanted.entry is None else _fact(wanted.entry, wanted.identity, source)
        with self.corrections(caller.tenant_id) as corrections:
            done = corrections.correct(
                caller.tenant_id,
                AccountId(wanted.account_id),
                wanted.identity,
                right,
                source=source,
                recorded_at=self.clock.now(),
                correlation_id=correlation_id,
            )
        return CorrectedShape(items=[entry_shape(entry) for entry in done.entries])

    def quarantined(self, caller: Caller, *, cursor: str | None, limit: int) -> QuarantinePage:
        """Facts of assets that nobody knows."""
        caller.require("read", "Ledger")
        after = None if cursor is None else _place(cursor)
        found = self.quarantine.page(caller.tenant_id, after, limit + 1)
        more = len(found) > limit
        return QuarantinePage(
            items=[_quarantined(each) for each in found[:limit]],
            next_cursor=_encoded(*_waiting_key(found[limit - 1])) if more else None,
        )

    def name_asset(self, caller: Caller, wanted: NameAsset, correlation_id: CorrelationId) -> ReleasedShape:
        """Say what a code means, and book what waited for it."""
        caller.require("update", "Ledger")
        done = self.quarantine.name(
            caller.tenant_id,
            VenueId(wanted.venue),
            asset_id(wanted.code),
            asset_id(wanted.asset),
            correlation_id=correlation_id,
        )
        return ReleasedShape(recorded=done.recorded, duplicate=done.duplicate, waiting=done.waiting)


def _fact(wanted: WantedEntry, identity: str, source: str) -> Fact:
    legs = (
        Leg(
            role=leg.role,
            asset=asset_id(leg.asset),
            amount=parse_amount(leg.amount),
            wallet=wallet_id(leg.wallet),
        )
        for leg in wanted.legs
    )
    return Fact(
        kind=wanted.kind,
        identity=identity,
        source=source,
        occurred_at=wanted.occurred_at.astimezone(UTC),
        legs=tuple(legs),
        instrument=None if wanted.instrument is None else parse_instrument(wanted.instrument),
        order_id=wanted.order_id,
    )


def _balance(balance: Balance) -> BalanceAtShape:
    return BalanceAtShape(
        account_id=balance.account_id,
        wallet=balance.wallet,
        asset=balance.asset,
        quantity=format_amount(balance.quantity),
    )


def _key(balance: Balance) -> tuple[str, str, str]:
    return str(balance.account_id), balance.wallet, balance.asset


def _quarantined(each: Quarantined) -> QuarantinedShape:
    fact = each.fact
    return QuarantinedShape(
        account_id=each.account_id,
        identity=fact.identity,
        venue=each.venue,
        codes=list(each.codes),
        kind=fact.kind.value,
        source=fact.source,
        occurred_at=format_instant(fact.occurred_at),
        legs=[
            LegShape(role=leg.role.value, asset=leg.asset, amount=format_amount(leg.amount), wallet=leg.wallet)
            for leg in fact.legs
        ],
        told_at=format_instant(each.told_at),
    )


def _waiting_key(each: Quarantined) -> tuple[str, str, str]:
    return format_instant(each.told_at), str(each.account_id), each.fact.identity


def _place(cursor: str) -> Waiting:
    told_at, account_id, identity = _decoded(cursor, 3)
    try:
        return Waiting(parse_instant(told_at), AccountId(UUID(account_id)), identity)
    except ValueError:
        raise _malformed() from None


def _encoded(*parts: str) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decoded(cursor: str, count: int) -> list[str]:
    try:
        parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not (isinstance(parts, list) and len(parts) == count and all(isinstance(part, str) for part in parts)):
        raise _malformed()
    return parts


def _malformed() -> InvalidInput:
    return InvalidInput("ledger.cursor_malformed", "The cursor is not one of ours.")

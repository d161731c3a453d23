"""Turns what the domains know into the API's shapes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nightdesk.accounts.horizon import HistoryReach
from nightdesk.accounts.model import Account, ImportProgress, KeyPermissions, Venue
from nightdesk.accounts.webhooks import MadeWebhook, Webhook
from nightdesk.contracts.api.accounts import AccountShape, ImportProgressShape, PermissionsShape, WebhookShape
from nightdesk.contracts.api.common import VenueShape
from nightdesk.contracts.api.ledger import ChainReportShape, EntryPage, EntryShape, LegShape, VerificationShape
from nightdesk.contracts.api.session import SessionShape, UserShape
from nightdesk.contracts.events import ImportProgressed
from nightdesk.identity.model import Caller, SignedIn, User
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import ChainReport, Entry, Page


def instant(at: datetime | None) -> str | None:
    """The instant as text, if there is one."""
    return None if at is None else format_instant(at)


def venue_shape(venue: Venue) -> VenueShape:
    """A venue."""
    return VenueShape(venue=venue.venue, name=venue.name, needs=list(venue.needs))


def user_shape(caller: Caller, user: User | None = None) -> UserShape:
    """The caller's user, or the user after a change."""
    user = user or caller.user
    return UserShape(
        user_id=user.user_id,
        email=user.email,
        tenant_id=user.tenant_id,
        role=user.role,
        base_asset=user.base_asset,
        display_asset=user.display_asset,
        time_zone=user.time_zone,
        permissions=[rule.as_casl() for rule in caller.rules],
    )


def session_shape(signed_in: SignedIn) -> SessionShape:
    """A session with its fresh token."""
    return SessionShape(
        access_token=signed_in.access_token,
        expires_at=format_instant(signed_in.caller.expires_at),
        user=user_shape(signed_in.caller),
    )


def account_shape(
    account: Account, progress: ImportProgress | None, now: datetime, history: HistoryReach | None = None
) -> AccountShape:
    """An account, its latest import and how far its history is told."""
    members: dict[str, Any] = {
        "account_id": account.account_id,
        "venue": account.venue,
        "label": account.label,
        "state": account.state.value,
        "state_code": account.state_code,
        "key_hint": account.key_hint,
        "permissions": None if account.permissions is None else _permissions_shape(account.permissions),
        "created_at": format_instant(account.created_at),
        "refreshed_at": instant(account.refreshed_at),
        **_history(history or HistoryReach()),
        "import": None if progress is None else import_shape(progress, now),
    }
    return AccountShape.model_validate(members)


def _history(history: HistoryReach) -> dict[str, Any]:
    missing = history.missing
    gap = missing and {"begins_at": format_instant(missing.begins_at), "ends_at": format_instant(missing.ends_at)}
    return {"history_since": instant(history.since), "history_missing": gap}


def import_shape(progress: ImportProgress, now: datetime) -> ImportProgressShape:
    """How far an import is."""
    return ImportProgressShape(
        import_id=progress.import_id,
        account_id=progress.account_id,
        state=progress.state.value,
        stage=progress.stage,
        rows_recorded=progress.rows_recorded,
        rows_duplicate=progress.rows_duplicate,
        rows_skipped=progress.rows_skipped,
        streams_done=progress.streams_done,
        streams_total=progress.streams_total,
        progress_ratio=progress.progress_ratio,
        eta_s=progress.eta_s(now),
        queued_at=format_instant(progress.queued_at),
        started_at=instant(progress.started_at),
        finished_at=instant(progress.finished_at),
        error_code=progress.error_code,
        error_message=progress.error_message,
    )


def pushed_import_shape(event: ImportProgressed) -> ImportProgressShape:
    """How far an import is, as it was published."""
    members: dict[str, Any] = {
        **event.model_dump(exclude={"tenant_id"}),
        "queued_at": format_instant(event.queued_at),
        "started_at": instant(event.started_at),
        "finished_at": instant(event.finished_at),
    }
    return ImportProgressShape.model_validate(members)


def webhook_shape(webhook: Webhook) -> WebhookShape:
    """A webhook, without what is shown only once."""
    return WebhookShape(
        account_id=webhook.account_id,
        created_at=format_instant(webhook.created_at),
        last_used_at=instant(webhook.last_used_at),
    )


def made_webhook_shape(made: MadeWebhook) -> WebhookShape:
    """A new webhook, with its path and signing secret."""
    shown = {"path": f"/webhooks/v1/trades/{made.token}", "signing_secret": made.signing_secret}
    return webhook_shape(made.webhook).model_copy(update=shown)


def _permissions_shape(permissions: KeyPermissions) -> PermissionsShape:
    return PermissionsShape(
        may_read=permissions.may_read,
        may_trade=permissions.may_trade,
        may_withdraw=permissions.may_withdraw,
        ip_bound=permissions.ip_bound,
        checked_at=format_instant(permissions.checked_at),
    )


def entry_shape(entry: Entry) -> EntryShape:
    """An entry of the ledger."""
    fact = entry.fact
    return EntryShape(
        entry_id=entry.entry_id,
        account_id=entry.account_id,
        sequence=entry.sequence,
        kind=fact.kind.value,
        identity=fact.identity,
        source=fact.source,
        instrument=None if fact.instrument is None else str(fact.instrument),
        order_id=fact.order_id,
        occurred_at=format_instant(fact.occurred_at),
        recorded_at=format_instant(entry.recorded_at),
        correlation_id=entry.correlation_id,
        legs=[
            LegShape(role=leg.role.value, asset=leg.asset, amount=format_amount(leg.amount), wallet=leg.wallet)
            for leg in fact.legs
        ],
        previous_hash=entry.previous_hash.hex(),
        hash=entry.hash.hex(),
    )


def page_shape(page: Page) -> EntryPage:
    """A page of the ledger."""
    return EntryPage(items=[entry_shape(entry) for entry in page.entries], next_cursor=page.next_cursor)


def verification_shape(reports: Sequence[ChainReport], verified_at: datetime) -> VerificationShape:
    """What a verification found."""
    chains = [
        ChainReportShape(
            account_id=report.account_id,
            entries=report.entries,
            head_hash=report.head_hash.hex(),
            ok=report.ok,
            first_broken_sequence=report.first_broken_sequence,
            reason=report.reason,
            anchored=report.anchored,
            anchored_at=report.anchored_at and format_instant(report.anchored_at),
        )
        for report in reports
    ]
    ok = all(report.ok for report in reports)
    return VerificationShape(ok=ok, verified_at=format_instant(verified_at), accounts=chains)

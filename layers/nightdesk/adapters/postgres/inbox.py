"""The inbox in PostgreSQL: findings are raised in sets, and every change leaves a line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import (
    DESK,
    Cause,
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

_COLUMNS: Final = """finding_id, identity, cause, account_id, asset, wallet, occurred_at, stake, stake_asset, details,
    state, raised_at, changed_at, returned, settlement"""
# An open one takes the latest details; one that ended opens again when that is news.
_RAISE = """
    INSERT INTO inbox_findings AS known (tenant_id, finding_id, identity, cause, recurs, account_id, asset, wallet,
      occurred_at, stake, stake_asset, details, essence, state, raised_at, changed_at)
    SELECT %(tenant)s, finding_id, identity, cause, recurs, account_id, asset, wallet, occurred_at, stake, stake_asset,
      details, essence, 'open', %(at)s, %(at)s
    FROM unnest(%(ids)s::uuid[], %(identities)s::text[], %(causes)s::text[], %(recurs)s::boolean[],
      %(accounts)s::uuid[], %(assets)s::text[], %(wallets)s::text[], %(occurred)s::timestamptz[], %(stakes)s::numeric[],
      %(stake_assets)s::text[], %(details)s::jsonb[], %(essences)s::bytea[])
      AS told (finding_id, identity, cause, recurs, account_id, asset, wallet, occurred_at, stake, stake_asset, details,
        essence)
    ON CONFLICT (tenant_id, finding_id) DO UPDATE SET
      occurred_at = excluded.occurred_at, stake = excluded.stake, stake_asset = excluded.stake_asset,
      details = excluded.details, essence = excluded.essence, changed_at = excluded.changed_at, state = 'open',
      returned = known.returned + (known.state <> 'open')::int, settlement = NULL
    WHERE (known.state = 'open' AND (known.details, known.stake) IS DISTINCT FROM (excluded.details, excluded.stake))
      OR (known.state = 'resolved' AND (known.recurs OR known.essence <> excluded.essence))
      OR (known.state = 'dismissed' AND known.essence <> excluded.essence)
    RETURNING finding_id, returned
"""
_BEFORE = "SELECT finding_id, returned FROM inbox_findings WHERE tenant_id = %s AND finding_id = ANY(%s) FOR UPDATE"
_EVENT = """
    INSERT INTO inbox_events (tenant_id, finding_id, at, what, actor, note, details)
    SELECT %s, finding_id, %s, what, %s, %s, %s FROM unnest(%s::uuid[], %s::text[]) AS happened (finding_id, what)
"""
_VANISH = """
    UPDATE inbox_findings SET state = 'resolved', changed_at = %s, settlement = %s
    WHERE tenant_id = %s AND identity = ANY(%s) AND state <> 'resolved' RETURNING finding_id
"""
_STANDING = """
    SELECT identity FROM inbox_findings WHERE tenant_id = %s AND state <> 'resolved' AND starts_with(identity, %s)
"""
_LOCK = f"SELECT {_COLUMNS} FROM inbox_findings WHERE tenant_id = %s AND finding_id = %s FOR UPDATE"  # noqa: S608
_ROWS = f"SELECT {_COLUMNS} FROM inbox_findings WHERE tenant_id = %s AND finding_id = ANY(%s)"  # noqa: S608
_SETTLE = """
    UPDATE inbox_findings SET state = %s, changed_at = %s, settlement = %s WHERE tenant_id = %s AND finding_id = %s
"""
_REOPEN = """
    UPDATE inbox_findings SET state = 'open', changed_at = %s, settlement = NULL
    WHERE tenant_id = %s AND finding_id = %s
"""
_STAKES = """
    SELECT finding_id, stake, stake_asset, changed_at FROM inbox_findings
    WHERE tenant_id = %(tenant)s AND (%(state)s::text IS NULL OR state = %(state)s)
      AND (%(cause)s::text IS NULL OR cause = %(cause)s) AND (%(asset)s::text IS NULL OR asset = %(asset)s)
      AND (%(account)s::uuid IS NULL OR account_id = %(account)s)
"""
_EVENTS = """
    SELECT at, what, actor, note, details FROM inbox_events WHERE tenant_id = %s AND finding_id = %s ORDER BY number
"""


class PostgresInboxStore:
    """The inbox in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, tenant_id: TenantId, findings: Sequence[Finding], raised_at: datetime) -> int:
        """Keep the findings, each identity once; how many are news."""
        told = {finding_id(tenant_id, finding.identity): finding for finding in findings}
        if not told:
            return 0
        known: dict[UUID, int] = dict(self._connection.execute(_BEFORE, (tenant_id, list(told))).fetchall())
        kept = self._connection.execute(_RAISE, _parameters(tenant_id, told, raised_at)).fetchall()
        news = [
            (each, "raised" if each not in known else "returned")
            for each, returned in kept
            if known.get(each) != returned
        ]
        self._note(tenant_id, news, InboxEvent(at=raised_at, what="", by=DESK))
        return len(news)

    def vanish(self, tenant_id: TenantId, identities: Collection[str], at: datetime) -> int:
        """Resolve those of the findings that have not ended; how many."""
        if not identities:
            return 0
        gone = Settlement(state=FindingState.RESOLVED, by=DESK, action="vanished", at=at)
        parameters = (at, Jsonb(_document(gone)), tenant_id, list(identities))
        found = [(row[0], gone.action) for row in self._connection.execute(_VANISH, parameters)]
        self._note(tenant_id, found, InboxEvent(at=at, what=gone.action, by=DESK))
        return len(found)

    def standing(self, tenant_id: TenantId, prefix: str) -> frozenset[str]:
        """Identities that begin so and have not been resolved."""
        return frozenset(identity for (identity,) in self._connection.execute(_STANDING, (tenant_id, prefix)))

    def lock(self, tenant_id: TenantId, finding_id: FindingId) -> InboxRow | None:
        """The finding, its row locked until the transaction ends."""
        row = self._connection.execute(_LOCK, (tenant_id, finding_id)).fetchone()
        return None if row is None else _row(row)

    def settle(self, tenant_id: TenantId, finding_id: FindingId, settlement: Settlement) -> None:
        """End a locked finding."""
        document = Jsonb(_document(settlement))
        row = (settlement.state.value, settlement.at, document, tenant_id, finding_id)
        self._connection.execute(_SETTLE, row)
        event = InboxEvent(
            at=settlement.at,
            what=settlement.action,
            by=settlement.by,
            note=settlement.note,
            details=settlement.effects,
        )
        self._note(tenant_id, [(finding_id, event.what)], event)

    def reopen(self, tenant_id: TenantId, finding_id: FindingId, event: InboxEvent) -> None:
        """Open a locked finding again, keeping why."""
        self._connection.execute(_REOPEN, (event.at, tenant_id, finding_id))
        self._note(tenant_id, [(finding_id, event.what)], event)

    def stakes(self, tenant_id: TenantId, wanted: InboxFilter) -> tuple[Stake, ...]:
        """What is at stake in each finding that passes the filter."""
        parameters = {
            "tenant": tenant_id,
            "state": wanted.state and wanted.state.value,
            "cause": wanted.cause and wanted.cause.value,
            "account": wanted.account_id,
            "asset": wanted.asset,
        }
        rows = self._connection.execute(_STAKES, parameters)
        return tuple(
            Stake(finding_id=FindingId(each), at_stake=_money(stake, asset), changed_at=changed_at)
            for each, stake, asset, changed_at in rows
        )

    def rows(self, tenant_id: TenantId, finding_ids: Sequence[FindingId]) -> tuple[InboxRow, ...]:
        """The findings, in the order asked."""
        rows = self._connection.execute(_ROWS, (tenant_id, list(finding_ids)))
        found = {row.finding_id: row for row in map(_row, rows)}
        return tuple(found[each] for each in finding_ids if each in found)

    def events(self, tenant_id: TenantId, finding_id: FindingId) -> tuple[InboxEvent, ...]:
        """What happened to the finding, oldest first."""
        rows = self._connection.execute(_EVENTS, (tenant_id, finding_id))
        return tuple(
            InboxEvent(at=at, what=what, by=actor, note=note, details=details)
            for at, what, actor, note, details in rows
        )

    def _note(self, tenant_id: TenantId, happened: Sequence[tuple[UUID, str]], event: InboxEvent) -> None:
        if not happened:
            return
        columns = [each for each, _ in happened], [what for _, what in happened]
        row = (tenant_id, event.at, event.by, event.note, Jsonb(dict(event.details)), *columns)
        self._connection.execute(_EVENT, row)


def _parameters(tenant_id: TenantId, told: dict[FindingId, Finding], at: datetime) -> dict[str, object]:
    findings = list(told.values())
    stakes = [finding.at_stake for finding in findings]
    return {
        "tenant": tenant_id,
        "at": at,
        "ids": list(told),
        "identities": [finding.identity for finding in findings],
        "causes": [finding.cause.value for finding in findings],
        "recurs": [finding.cause.recurs for finding in findings],
        "accounts": [finding.account_id for finding in findings],
        "assets": [finding.asset for finding in findings],
        "wallets": [finding.wallet for finding in findings],
        "occurred": [finding.occurred_at for finding in findings],
        "stakes": [stake and stake.amount for stake in stakes],
        "stake_assets": [stake and stake.asset for stake in stakes],
        "details": [Jsonb(dict(finding.details)) for finding in findings],
        "essences": [sha256(finding.essence.encode()).digest() for finding in findings],
    }


def _document(settlement: Settlement) -> dict[str, object]:
    return {
        "state": settlement.state.value,
        "by": settlement.by,
        "action": settlement.action,
        "at": format_instant(settlement.at),
        "note": settlement.note,
        "effects": dict(settlement.effects),
    }


def _settlement(document: dict[str, Any] | None) -> Settlement | None:
    if document is None:
        return None
    told = {**document, "state": FindingState(document["state"]), "at": parse_instant(document["at"])}
    return Settlement(**told)


def _money(amount: Any, asset: str | None) -> Money | None:
    return None if amount is None or asset is None else Money(amount, AssetId(asset))


def _row(row: Sequence[Any]) -> InboxRow:
    (number, identity, cause, account, asset, wallet, occurred, stake, stake_asset, details, *rest) = row
    state, raised_at, changed_at, returned, settlement = rest
    finding = Finding(
        cause=Cause(cause),
        identity=identity,
        account_id=None if account is None else AccountId(account),
        asset=None if asset is None else AssetId(asset),
        wallet=wallet,
        occurred_at=occurred,
        at_stake=_money(stake, stake_asset),
        details=details,
    )
    return InboxRow(
        finding_id=FindingId(number),
        finding=finding,
        state=FindingState(state),
        raised_at=raised_at,
        changed_at=changed_at,
        returned=returned,
        settlement=_settlement(settlement),
    )

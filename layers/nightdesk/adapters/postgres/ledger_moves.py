"""The legs of one asset, read as fast as they can be: whole numbers along the index, 20,000 at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import EntryKind
from nightdesk.ledger.ports import Move

_ROWS = 20_000
_KINDS = """
    SELECT sequence, kind FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND kind <> 'trade'
"""
_REVERSED = """
    SELECT taken.sequence FROM ledger_entries AS reversal CROSS JOIN LATERAL (
      SELECT sequence, entry_id FROM ledger_entries
      WHERE tenant_id = reversal.tenant_id AND account_id = reversal.account_id
        AND occurred_at = reversal.occurred_at OFFSET 0
    ) AS taken
    WHERE reversal.tenant_id = %s AND reversal.account_id = %s AND reversal.kind = 'reversal'
      AND reversal.identity = 'reversal:' || taken.entry_id
"""
_MOVES = """
    SELECT sequence, role, amount::text FROM ledger_legs
    WHERE tenant_id = %s AND asset = %s AND account_id = %s ORDER BY occurred_at, sequence, position
"""
_CONSIDERED = """
    SELECT own.sequence, other.asset, other.amount::text FROM ledger_legs AS own CROSS JOIN LATERAL (
      SELECT asset, amount, position FROM ledger_legs
      WHERE tenant_id = own.tenant_id AND account_id = own.account_id AND sequence = own.sequence OFFSET 0
    ) AS other
    WHERE own.tenant_id = %s AND own.asset = %s AND own.account_id = %s AND own.role = 'base'
      AND other.asset <> own.asset
    ORDER BY own.occurred_at, own.sequence
"""
_OCCURRED = "SELECT occurred_at FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND sequence = %s"


def kinds(connection: Connection, tenant_id: TenantId, account_id: AccountId) -> Mapping[int, EntryKind]:
    """By sequence, kinds of entries that are no trades; what a reversal took back counts as a reversal."""
    found = {sequence: EntryKind(kind) for sequence, kind in connection.execute(_KINDS, (tenant_id, account_id))}
    if EntryKind.REVERSAL in found.values():
        gone = connection.execute(_REVERSED, (tenant_id, account_id))
        found |= {sequence: EntryKind.REVERSAL for (sequence,) in gone}
    return found


def moves(connection: Connection, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Iterator[Move]:
    """The asset's legs by instant, then sequence."""
    with connection.cursor("moves") as rows:
        rows.itersize = _ROWS
        rows.execute(_MOVES, (tenant_id, asset, account_id))
        for sequence, role, amount in rows:
            yield sequence, role, _scaled(amount)


def considered(
    connection: Connection, tenant_id: TenantId, account_id: AccountId, asset: AssetId
) -> Iterator[tuple[int, AssetId, int]]:
    """Sequence, asset and amount of the other legs where the asset is the base."""
    with connection.cursor("considered") as rows:
        rows.itersize = _ROWS
        rows.execute(_CONSIDERED, (tenant_id, asset, account_id))
        for sequence, other, amount in rows:
            yield sequence, AssetId(other), _scaled(amount)


def occurred_at(connection: Connection, tenant_id: TenantId, account_id: AccountId, sequence: int) -> datetime:
    """When the entry occurred."""
    row = connection.execute(_OCCURRED, (tenant_id, account_id, sequence)).fetchone()
    assert row is not None  # noqa: S101 - its legs were just read
    when: datetime = row[0]
    return when


def _scaled(text: str) -> int:
    """Amounts of NUMERIC(38, 18) are written with all 18 decimals."""
    return int(text.replace(".", "", 1))

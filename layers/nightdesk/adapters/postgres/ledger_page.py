"""The SQL of a page of the ledger: for each filter the one whose index gives the rows in order."""

from __future__ import annotations

from psycopg import sql

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import EntryFilter, Place

ALONG_AN_INDEX = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"
"""Before a page in the same transaction. Of a tenant that came after the last statistics the planner expects a handful
of entries, and would read and sort each of an import's many thousands."""
ANY_WAY = "SELECT set_config('enable_sort', 'on', true), set_config('enable_bitmapscan', 'on', true)"
"""After it."""

_COLUMNS = """account_id, sequence, entry_id, kind, identity, source, instrument, order_id, occurred_at, recorded_at,
      correlation_id, previous_hash, hash"""
_LIMITED = "ORDER BY occurred_at DESC, account_id DESC, sequence DESC LIMIT %(limit)s"
_FROM_ENTRIES = f"SELECT {_COLUMNS} FROM ledger_entries WHERE {{where}} {_LIMITED}"  # noqa: S608
_FROM_LEGS = f"""
    SELECT entry.*
    FROM (SELECT DISTINCT occurred_at, account_id, sequence FROM ledger_legs AS leg WHERE {{where}} {_LIMITED}) AS place
    CROSS JOIN LATERAL (
      SELECT {_COLUMNS} FROM ledger_entries
      WHERE tenant_id = %(tenant)s AND account_id = place.account_id AND occurred_at = place.occurred_at
        AND sequence = place.sequence
      OFFSET 0
    ) AS entry
"""  # noqa: S608 - OFFSET 0 and the instant keep it a look-up by key, also where statistics know nothing of the tenant
_OF_ENTRY = """(SELECT {where} FROM ledger_entries AS e WHERE e.tenant_id = %(tenant)s
    AND e.account_id = leg.account_id AND e.sequence = leg.sequence)"""
_PAGE = """
    SELECT page.*, legs.roles, legs.assets, legs.amounts, legs.wallets
    FROM ({entries}) AS page
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(role ORDER BY position), '{{}}') AS roles,
        coalesce(array_agg(asset ORDER BY position), '{{}}') AS assets,
        coalesce(array_agg(amount ORDER BY position), '{{}}') AS amounts,
        coalesce(array_agg(wallet ORDER BY position), '{{}}') AS wallets
      FROM ledger_legs
      WHERE tenant_id = %(tenant)s AND account_id = page.account_id AND sequence = page.sequence
    ) AS legs
    ORDER BY page.occurred_at DESC, page.account_id DESC, page.sequence DESC
"""


def page_query(
    tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int
) -> tuple[sql.Composed, dict[str, object]]:
    """The statement and its parameters."""
    parameters: dict[str, object] = {
        "tenant": tenant_id,
        "limit": limit,
        "account": wanted.account_id,
        "asset": wanted.asset,
        "kind": wanted.kind and wanted.kind.value,
        "instrument": wanted.instrument and str(wanted.instrument),
        "from": wanted.occurred_from,
        "until": wanted.occurred_until,
        "known": wanted.known_on,
        "place_at": before and before.occurred_at,
        "place_account": before and before.account_id,
        "place_sequence": before and before.sequence,
    }
    named = {name for name, value in parameters.items() if value is not None}
    bound = [] if before is None else [_before(wanted.account_id, before)]
    return sql.SQL(_PAGE).format(entries=_entries(named, bound)), parameters


def _entries(named: set[str], bound: list[sql.SQL]) -> sql.Composed:
    """The page's entries, by way of the legs where an asset is asked for."""
    along = [*_conditions(named, ("tenant", "account", "asset", "from", "until")), *bound]
    of_entry = _conditions(named, ("kind", "instrument", "known"))
    if "asset" not in named:
        return sql.SQL(_FROM_ENTRIES).format(where=_all(along + of_entry))
    if of_entry:
        along.append(sql.SQL(_OF_ENTRY).format(where=_all(of_entry)))
    return sql.SQL(_FROM_LEGS).format(where=_all(along))


_CONDITIONS = {
    "tenant": "tenant_id = %(tenant)s",
    "account": "account_id = %(account)s",
    "asset": "asset = %(asset)s",
    "kind": "kind = %(kind)s",
    "instrument": "instrument = %(instrument)s",
    "from": "occurred_at >= %(from)s",
    "until": "occurred_at < %(until)s",
    "known": "recorded_at <= %(known)s",
}


def _conditions(named: set[str], names: tuple[str, ...]) -> list[sql.Composable]:
    return [sql.SQL(_CONDITIONS[name]) for name in names if name in named]


def _before(account_id: AccountId | None, place: Place) -> sql.SQL:
    """What comes before the place; for one account without naming it again, or its index would not bound the scan."""
    if account_id is None:
        return sql.SQL("(occurred_at, account_id, sequence) < (%(place_at)s, %(place_account)s, %(place_sequence)s)")
    if account_id == place.account_id:
        return sql.SQL("(occurred_at, sequence) < (%(place_at)s, %(place_sequence)s)")
    return sql.SQL("occurred_at <= %(place_at)s" if account_id < place.account_id else "occurred_at < %(place_at)s")


def _all(conditions: list[sql.Composable]) -> sql.Composed:
    return sql.SQL(" AND ").join(conditions)

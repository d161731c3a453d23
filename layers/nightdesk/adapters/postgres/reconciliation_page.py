"""Pages of compared balances, in PostgreSQL."""

from __future__ import annotations

from nightdesk.accounts.reconciliation_view import CheckFilter, CheckPage, CheckPlace, ViewedCheck
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.reconciliation import check_of
from nightdesk.kernel.ids import AccountId, TenantId

_STANDING = """
    FROM balance_checks AS checked JOIN accounts USING (tenant_id, account_id)
    WHERE checked.tenant_id = %(tenant)s AND accounts.state IN ('active', 'failing')
      AND (%(account)s::uuid IS NULL OR account_id = %(account)s) AND (%(asset)s::text IS NULL OR asset = %(asset)s)
      AND (derived <> 0 OR reported <> 0 OR cycles_open > 0)
"""
_COUNTS = f"SELECT count(*), count(*) FILTER (WHERE cycles_open > 0) {_STANDING}"
_PAGE = f"""
    SELECT account_id, wallet, asset, derived, reported, reported_at, cycles_open, open_since, proven_since,
      proven_until
    {_STANDING} AND (NOT %(differing)s OR cycles_open > 0)
      AND (%(after_account)s::uuid IS NULL
        OR (account_id, asset, wallet) > (%(after_account)s, %(after_asset)s, %(after_wallet)s))
    ORDER BY account_id, asset, wallet LIMIT %(limit)s
"""


class PostgresReconciliationReads:
    """Reads comparisons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, tenant_id: TenantId, wanted: CheckFilter, after: CheckPlace | None, limit: int) -> CheckPage:
        """At most so many balances after the place."""
        parameters = {
            "tenant": tenant_id,
            "account": wanted.account_id,
            "asset": wanted.asset,
            "differing": wanted.differing,
            "after_account": after and after[0],
            "after_asset": after and after[1],
            "after_wallet": after and after[2],
            "limit": limit,
        }
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            total, differing = connection.execute(_COUNTS, parameters).fetchone() or (0, 0)
            rows = connection.execute(_PAGE, parameters).fetchall()
        viewed = [ViewedCheck(AccountId(account), check_of(row)) for account, *row in rows]
        return CheckPage(rows=viewed, total=total, differing=differing)

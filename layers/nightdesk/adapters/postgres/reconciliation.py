"""What comparing balances reads and keeps, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from nightdesk.accounts.model import AccountState
from nightdesk.accounts.proving import Checkpoint, CheckpointSource, Move
from nightdesk.accounts.reconciling import BalanceKey, Check, Derived, Low, Reporting
from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId

LEGS_TRACED_MAX: Final = 200_000
"""Of longer ledgers only deposits, withdrawals and the like get a running balance each."""

HORIZONS: Final[Mapping[str, timedelta]] = {"htx": timedelta(days=120)}
"""Venues that tell no history older than this: https://huobiapi.github.io/docs/spot/v1/en/ (2026-11)."""

_ACCOUNT = """
    SELECT venue, state, state_code, refreshed_at, created_at,
      EXISTS (SELECT FROM imports WHERE imports.tenant_id = accounts.tenant_id
        AND imports.account_id = accounts.account_id AND imports.state IN ('queued', 'running'))
    FROM accounts WHERE tenant_id = %s AND account_id = %s FOR UPDATE
"""
_REPORTED = "SELECT wallet, asset, free + locked FROM reported_balances WHERE tenant_id = %s AND account_id = %s"
# Everything by months, less what came after the report.
_DERIVED = """
    WITH later AS (
      SELECT leg.wallet, leg.asset, sum(leg.amount) AS amount
      FROM ledger_entries AS entry JOIN ledger_legs AS leg USING (tenant_id, account_id, sequence)
      WHERE entry.tenant_id = %(tenant)s AND entry.account_id = %(account)s AND entry.occurred_at > %(at)s
      GROUP BY 1, 2
    ), whole AS (
      SELECT wallet, asset, sum(amount) AS amount FROM ledger_sums
      WHERE tenant_id = %(tenant)s AND account_id = %(account)s AND span = 'month' GROUP BY 1, 2
    )
    SELECT whole.wallet, whole.asset, whole.amount - coalesce(later.amount, 0), whole.amount,
      CASE WHEN later.amount IS NULL THEN NULL ELSE (SELECT max(occurred_at) FROM ledger_legs AS leg
        WHERE leg.tenant_id = %(tenant)s AND leg.account_id = %(account)s AND leg.asset = whole.asset
          AND leg.occurred_at > %(at)s) END
    FROM whole LEFT JOIN later USING (wallet, asset)
"""
_CHECKS = """
    SELECT wallet, asset, derived, reported, reported_at, cycles_open, open_since, proven_since, proven_until
    FROM balance_checks WHERE tenant_id = %s AND account_id = %s
"""
_PUT_CHECKS = """
    INSERT INTO balance_checks (tenant_id, account_id, wallet, asset, derived, reported, reported_at, cycles_open,
      open_since, proven_since, proven_until)
    SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::int[],
      %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    ON CONFLICT (tenant_id, account_id, asset, wallet) DO UPDATE SET derived = excluded.derived,
      reported = excluded.reported, reported_at = excluded.reported_at, cycles_open = excluded.cycles_open,
      open_since = excluded.open_since, proven_since = excluded.proven_since, proven_until = excluded.proven_until
"""
_KEEP = """
    INSERT INTO balance_checkpoints (tenant_id, account_id, wallet, asset, at, reported, derived, source)
    SELECT %s, %s, *, 'balances' FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::numeric[], %s::numeric[])
    ON CONFLICT (tenant_id, account_id, asset, wallet, at) DO UPDATE SET reported = excluded.reported,
      derived = excluded.derived, source = 'balances'
"""
_IS_LONG = "SELECT coalesce(max(sequence), 0) > %s FROM ledger_heads WHERE tenant_id = %s AND account_id = %s"
_TRACE = """
    INSERT INTO balance_checkpoints (tenant_id, account_id, wallet, asset, at, reported, source)
    SELECT %(tenant)s, %(account)s, wallet, asset, at, balance, 'running' FROM (
      SELECT leg.wallet, leg.asset, leg.occurred_at AS at, agreed.until, bool_or(entry.kind <> 'trade') AS is_kept,
        sum(sum(leg.amount)) OVER (PARTITION BY leg.wallet, leg.asset ORDER BY leg.occurred_at) AS balance
      FROM unnest(%(wallets)s::text[], %(assets)s::text[], %(until)s::timestamptz[]) AS agreed (wallet, asset, until)
      JOIN ledger_legs AS leg ON leg.tenant_id = %(tenant)s AND leg.account_id = %(account)s
        AND leg.wallet = agreed.wallet AND leg.asset = agreed.asset AND leg.occurred_at <= agreed.until
      JOIN ledger_entries AS entry ON entry.tenant_id = %(tenant)s AND entry.account_id = %(account)s
        AND entry.sequence = leg.sequence
      GROUP BY leg.wallet, leg.asset, leg.occurred_at, agreed.until
    ) AS running WHERE is_kept OR NOT %(long)s
    ON CONFLICT (tenant_id, account_id, asset, wallet, at) DO UPDATE SET reported = excluded.reported
    WHERE balance_checkpoints.source = 'running' AND balance_checkpoints.reported <> excluded.reported
"""
_MOVES = """
    SELECT occurred_at, sum(amount) FROM ledger_legs
    WHERE tenant_id = %s AND account_id = %s AND wallet = %s AND asset = %s GROUP BY occurred_at ORDER BY occurred_at
"""
_CHECKPOINTS = """
    SELECT at, reported, source FROM balance_checkpoints
    WHERE tenant_id = %s AND account_id = %s AND wallet = %s AND asset = %s ORDER BY at
"""
# A balance is looked at after everything of an instant: a fill and the deposit that paid it may share one.
_LOWS = """
    WITH running AS (
      SELECT wallet, asset, occurred_at, max(sequence) AS sequence,
        sum(sum(amount)) OVER (PARTITION BY wallet, asset ORDER BY occurred_at) AS balance
      FROM ledger_legs WHERE tenant_id = %(tenant)s AND account_id = %(account)s
      GROUP BY wallet, asset, occurred_at
    ), fallen AS (
      SELECT DISTINCT ON (wallet, asset) wallet, asset, occurred_at, sequence, balance,
        min(balance) OVER (PARTITION BY wallet, asset) AS lowest
      FROM running WHERE balance < 0 ORDER BY wallet, asset, occurred_at
    )
    SELECT fallen.wallet, fallen.asset, fallen.occurred_at, entry.identity, fallen.balance, fallen.lowest
    FROM fallen JOIN ledger_entries AS entry ON entry.tenant_id = %(tenant)s AND entry.account_id = %(account)s
      AND entry.sequence = fallen.sequence
"""


class PostgresReconciliationStore:
    """Balances and their comparison in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reporting(self, tenant_id: TenantId, account_id: AccountId) -> Reporting | None:
        """What the venue reported last, with the account's row locked."""
        row = self._connection.execute(_ACCOUNT, (tenant_id, account_id)).fetchone()
        if row is None:
            return None
        venue, state, code, reported_at, created_at, is_importing = row
        balances = self._connection.execute(_REPORTED, (tenant_id, account_id))
        return Reporting(
            reported={_key(wallet, asset): amount for wallet, asset, amount in balances},
            reported_at=None if state == AccountState.DISCONNECTED else reported_at,
            is_importing=is_importing or state == AccountState.CHECKING,
            failing=code if state == AccountState.FAILING else None,
            history_from=created_at - HORIZONS[venue] if venue in HORIZONS else None,
        )

    def derived(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> Mapping[BalanceKey, Derived]:
        """Every balance of the account by its ledger."""
        rows = self._connection.execute(_DERIVED, {"tenant": tenant_id, "account": account_id, "at": at})
        return {
            _key(wallet, asset): Derived(then=then, now=now, moved_at=moved_at)
            for wallet, asset, then, now, moved_at in rows
        }

    def checks(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[BalanceKey, Check]:
        """How the balances compared the last time."""
        rows = self._connection.execute(_CHECKS, (tenant_id, account_id))
        return {check.key: check for check in map(check_of, rows)}

    def put_checks(self, tenant_id: TenantId, account_id: AccountId, checks: Sequence[Check]) -> None:
        """Keep how they compare now."""
        columns = (
            [check.key.wallet for check in checks],
            [check.key.asset for check in checks],
            [check.derived for check in checks],
            [check.reported for check in checks],
            [check.reported_at for check in checks],
            [check.cycles_open for check in checks],
            [check.open_since for check in checks],
            [check.proven_since for check in checks],
            [check.proven_until for check in checks],
        )
        self._connection.execute(_PUT_CHECKS, (tenant_id, account_id, *columns))

    def keep_checkpoints(self, tenant_id: TenantId, account_id: AccountId, checks: Sequence[Check]) -> None:
        """Keep what was reported, with what was derived then."""
        columns = (
            [check.key.wallet for check in checks],
            [check.key.asset for check in checks],
            [check.as_of for check in checks],
            [check.reported for check in checks],
            [check.derived for check in checks],
        )
        self._connection.execute(_KEEP, (tenant_id, account_id, *columns))

    def trace(self, tenant_id: TenantId, account_id: AccountId, agreeing: Sequence[Check]) -> None:
        """Keep the running balance at each event of balances that the venue agrees with, up to its report."""
        if not agreeing:
            return
        row = self._connection.execute(_IS_LONG, (LEGS_TRACED_MAX, tenant_id, account_id)).fetchone()
        parameters = {
            "tenant": tenant_id,
            "account": account_id,
            "wallets": [check.key.wallet for check in agreeing],
            "assets": [check.key.asset for check in agreeing],
            "until": [check.as_of for check in agreeing],
            "long": bool(row and row[0]),
        }
        self._connection.execute(_TRACE, parameters)

    def history(
        self, tenant_id: TenantId, account_id: AccountId, key: BalanceKey
    ) -> tuple[Sequence[Move], Sequence[Checkpoint]]:
        """All that moved a balance, and its checkpoints, each by instant."""
        place = (tenant_id, account_id, key.wallet, key.asset)
        moves = [Move(at, amount) for at, amount in self._connection.execute(_MOVES, place)]
        rows = self._connection.execute(_CHECKPOINTS, place)
        return moves, [Checkpoint(at, reported, CheckpointSource(source)) for at, reported, source in rows]

    def lows(self, tenant_id: TenantId, account_id: AccountId) -> Sequence[Low]:
        """Balances that fell under zero."""
        rows = self._connection.execute(_LOWS, {"tenant": tenant_id, "account": account_id})
        return [
            Low(key=_key(wallet, asset), at=at, identity=identity, balance=balance, lowest=lowest)
            for wallet, asset, at, identity, balance, lowest in rows
        ]


def _key(wallet: str, asset: str) -> BalanceKey:
    return BalanceKey(Wallet(wallet), AssetId(asset))


def check_of(row: Sequence[Any]) -> Check:
    """The check of a row: wallet, asset, then its columns."""
    wallet, asset, derived, reported, reported_at, cycles_open, open_since, proven_since, proven_until = row
    return Check(
        key=_key(wallet, asset),
        derived=derived,
        reported=reported,
        reported_at=reported_at,
        as_of=reported_at,
        cycles_open=cycles_open,
        open_since=open_since,
        proven_since=proven_since,
        proven_until=proven_until,
    )

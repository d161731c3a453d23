"""What a tenant holds, with the ledger's heads and latest legs of the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.holdings import PostgresBookStore
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.rules.holdings import Held, Move

_HEADS: Final = "SELECT account_id, sequence FROM ledger_heads WHERE tenant_id = %s AND account_id = ANY(%s)"
_MOVES: Final = """
    SELECT legs.account_id, legs.sequence, asset, amount, occurred_at,
      bool_or(role = 'movement') OVER (PARTITION BY legs.account_id, legs.sequence)
    FROM ledger_legs AS legs
    JOIN unnest(%s::uuid[], %s::bigint[]) AS known (account_id, sequence)
      ON legs.account_id = known.account_id AND legs.sequence > known.sequence
    WHERE legs.tenant_id = %s ORDER BY legs.account_id, legs.sequence, position
"""


def read_held(connection: Connection, tenant_id: TenantId, known: Mapping[AccountId, int]) -> Held:
    """The tenant's books, and every leg after the entries that are known; of other accounts none.

    The connection's transaction must be a snapshot, or the parts are of different moments.
    """
    books = PostgresBookStore(connection).books(tenant_id)
    accounts = [account.account_id for account in books.accounts]
    heads = dict.fromkeys(accounts, 0)
    heads |= {AccountId(account): head for account, head in connection.execute(_HEADS, (tenant_id, accounts))}
    if not known:
        return Held(books=books, heads=heads)
    rows = connection.execute(_MOVES, (list(known), list(known.values()), tenant_id))
    moves = [
        Move(AccountId(account), sequence, AssetId(asset), amount, occurred_at, is_flow)
        for account, sequence, asset, amount, occurred_at, is_flow in rows
    ]
    return Held(books=books, heads=heads, moves=moves)


class PostgresHeld:
    """Reads what tenants hold, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, tenant_id: TenantId, known: Mapping[AccountId, int]) -> Held:
        """The tenant's books now, and every leg after the entries that are known.

        Raises:
            Unavailable: The database does not answer.
            NotFound: There is no such tenant.
        """
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            return read_held(connection, tenant_id, known)

"""Transactions in which books are compared, matched and repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from nightdesk.accounts.reconciling import ReconciliationUnit
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.reconciliation import PostgresReconciliationStore
from nightdesk.adapters.postgres.transfers import PostgresTransferStore
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.inbox_desk import InboxUnit
from nightdesk.ledger.transfers.model import LinkId, MovementId
from nightdesk.ledger.transfers.ports import TransferUnit
from nightdesk.ledger.transfers.service import link_by_person, unlink
from nightdesk.portfolio.carrying import LinkedCosts
from nightdesk.portfolio.doubting import AcquisitionDoubts
from nightdesk.portfolio.projection import LedgerRecorder


class PostgresReconciliationUnits:
    """Opens transactions in which balances are compared."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[ReconciliationUnit]:
        """Stores in one transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield ReconciliationUnit(PostgresReconciliationStore(connection), PostgresInboxStore(connection))


class PostgresTransferUnits:
    """Opens transactions in which transfers are matched."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[TransferUnit]:
        """Stores in one transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield _transfer_unit(connection)


class PostgresInboxUnits:
    """Opens transactions in which findings are read and repaired."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[InboxUnit]:
        """Stores in one transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            recorder = LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection))
            yield InboxUnit(PostgresInboxStore(connection), recorder, _Links(_transfer_unit(connection)))


def acquisition_look(database: Database, clock: Clock) -> Callable[[TenantId, AccountId], None]:
    """What looks through an account's ledger for sales of what was never bought."""

    def look(tenant_id: TenantId, account_id: AccountId) -> None:
        with database.transaction(tenant_id=tenant_id) as connection:
            ledger, holdings = PostgresLedgerStore(connection), PostgresHoldingStore(connection)
            doubts = AcquisitionDoubts(ledger, holdings, PostgresInboxStore(connection))
            doubts.look(tenant_id, account_id, clock.now())

    return look


class _Links:
    """`TransferLinks` within a repair."""

    def __init__(self, unit: TransferUnit) -> None:
        self._unit = unit

    def link(self, tenant_id: TenantId, movement_ids: Sequence[MovementId], by: str, at: datetime) -> LinkId:
        """Say that these movements are one transfer."""
        return link_by_person(self._unit, tenant_id, movement_ids, by, at).link_id

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        """Say that they are not."""
        unlink(self._unit, tenant_id, link_id, by, at)


def _transfer_unit(connection: Connection) -> TransferUnit:
    transfers = PostgresTransferStore(connection)
    costs = LinkedCosts(PostgresLedgerStore(connection), PostgresHoldingStore(connection), transfers)
    return TransferUnit(transfers, PostgresInboxStore(connection), costs)

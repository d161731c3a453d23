"""What looks after the books when an account was synced is wired with."""

from __future__ import annotations

from redis import Redis

from nightdesk.accounts.keeping import BookKeeper
from nightdesk.accounts.reconciling import ReconciliationService
from nightdesk.adapters.postgres.book_units import (
    PostgresReconciliationUnits,
    PostgresTransferUnits,
    acquisition_look,
)
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.turnstile import ValkeyTurnstile
from nightdesk.ledger.transfers.service import TransferService
from nightdesk.runtime.clock import SystemClock


def book_keeper(database: Database, cache: Redis) -> BookKeeper:
    """Who matches transfers and compares balances."""
    clock = SystemClock()
    return BookKeeper(
        reconciliation=ReconciliationService(PostgresReconciliationUnits(database), clock),
        transfers=TransferService(PostgresTransferUnits(database), clock),
        look=acquisition_look(database, clock),
        turnstile=ValkeyTurnstile(cache),
    )

"""What follows from every sync of an account: transfers are matched, sales looked through, balances compared."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from nightdesk.accounts.ports import Turnstile
from nightdesk.accounts.reconciling import ReconciliationService
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.transfers.service import TransferService

MATCH_HOLD_S: Final = 20
"""Accounts of one tenant that are synced together have their transfers matched once."""

LOOK_HOLD_S: Final = 300
"""A ledger is read whole so seldom to look for sales of what was never bought."""

_log = logging.getLogger(__name__)


class BookKeeper:
    """Looks after a tenant's books when an account was synced.

    Args:
        look: Looks through an account's ledger for sales of what was never bought.
    """

    def __init__(
        self,
        *,
        reconciliation: ReconciliationService,
        transfers: TransferService,
        look: Callable[[TenantId, AccountId], None],
        turnstile: Turnstile,
    ) -> None:
        self._reconciliation = reconciliation
        self._transfers = transfers
        self._look = look
        self._turnstile = turnstile

    def synced(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Match, look and compare; done again it changes nothing.

        Raises:
            Unavailable: `database.unavailable`.
        """
        if self._may(f"transfers:{tenant_id}", MATCH_HOLD_S):
            self._transfers.run(tenant_id)
        if self._may(f"acquisitions:{account_id}", LOOK_HOLD_S):
            self._look(tenant_id, account_id)
        self._reconciliation.run(tenant_id, account_id)

    def imported(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """The same when history was imported: at once."""
        self._transfers.run(tenant_id)
        self._look(tenant_id, account_id)
        self._reconciliation.run(tenant_id, account_id)

    def _may(self, what: str, hold_s: int) -> bool:
        try:
            return self._turnstile.enter(what, hold_s)
        except Unavailable as error:
            _log.warning("left for the next time: %s", error.code)
            return False

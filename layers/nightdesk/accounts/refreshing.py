"""Keeping reported balances and last prices fresh."""

from __future__ import annotations

import logging
from typing import Final

from nightdesk.accounts import errors
from nightdesk.accounts.model import Account, AccountRef, AccountState, RefreshJob, ReportedBalance
from nightdesk.accounts.naming import identified_balances
from nightdesk.accounts.ports import AccountsUnits, RefreshQueue, Turnstile, VenueGateway
from nightdesk.accounts.positions import PositionKeeper
from nightdesk.accounts.publishing import WaitingRoom
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.ports import PriceBook

PRICES_HOLD_S: Final = 10
"""Accounts of one venue that are refreshed together fetch its prices once."""

_log = logging.getLogger(__name__)


class RefreshService:
    """Asks a venue what an account holds and what things cost."""

    def __init__(
        self,
        *,
        units: AccountsUnits,
        gateway: VenueGateway,
        prices: PriceBook,
        turnstile: Turnstile,
        clock: Clock,
        positions: PositionKeeper | None = None,
    ) -> None:
        self._positions = positions
        self._units = units
        self._gateway = gateway
        self._prices = prices
        self._turnstile = turnstile
        self._clock = clock

    def run(self, job: RefreshJob) -> None:
        """Refresh one account; a venue that does not answer is asked again the next time round.

        Raises:
            Unavailable: `database.unavailable`.
        """
        with self._units(job.tenant_id) as unit:
            account = unit.accounts.get(job.tenant_id, job.account_id)
        if account is None or account.state not in {AccountState.ACTIVE, AccountState.FAILING}:
            return
        ref = AccountRef(
            tenant_id=job.tenant_id,
            account_id=job.account_id,
            venue=account.venue,
            correlation_id=job.correlation_id,
        )
        self._refresh_balances(account, ref)
        if self._positions is not None:
            self._positions.refresh(ref)
        self._refresh_prices(ref)

    def _refresh_balances(self, account: Account, ref: AccountRef) -> None:
        asked_at = self._clock.now()
        balances: tuple[ReportedBalance, ...] = ()
        failure: NightdeskError | None = None
        try:
            balances = identified_balances(ref.venue, self._gateway.balances(ref), asked_at)
        except NightdeskError as error:
            _log.warning("balances not refreshed", extra={"error_code": error.code})
            failure = error
        with self._units(ref.tenant_id) as unit:
            if failure is None:
                unit.accounts.put_balances(ref.tenant_id, ref.account_id, balances, asked_at)
                if account.state is AccountState.FAILING:
                    unit.accounts.set_state(ref.tenant_id, ref.account_id, AccountState.ACTIVE)
            elif failure.code in errors.CREDENTIAL_CODES:
                unit.accounts.set_state(ref.tenant_id, ref.account_id, AccountState.FAILING, failure.code)

    def _refresh_prices(self, ref: AccountRef) -> None:
        try:
            if self._turnstile.enter(f"prices:{ref.venue}", PRICES_HOLD_S):
                self._prices.put(self._gateway.tickers(ref.venue, ref.correlation_id))
        except NightdeskError as error:
            _log.warning("prices not refreshed", extra={"error_code": error.code})


class RefreshFanOut:
    """Queues a refresh of every connected account of every tenant."""

    def __init__(self, *, room: WaitingRoom, queue: RefreshQueue) -> None:
        self._room = room
        self._queue = queue

    def run(self, correlation_id: CorrelationId) -> int:
        """Queue them; how many.

        Raises:
            Unavailable: `database.unavailable`, `queue.unavailable`.
        """
        accounts = self._room.connected_accounts()
        jobs = [
            RefreshJob(tenant_id=tenant_id, account_id=account_id, correlation_id=correlation_id)
            for tenant_id, account_id in accounts
        ]
        if jobs:
            self._queue.send(jobs)
        return len(jobs)

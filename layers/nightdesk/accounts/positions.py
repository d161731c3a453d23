"""Contracts that an account holds, as its venue reports them beside what the ledger holds.

A contract moves no asset before it is closed: the ledger holds what positions realised, cost and were funded with, and
what an open one would bring stands here, of the moment the venue was asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from nightdesk.accounts.errors import not_found
from nightdesk.accounts.model import AccountRef
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock

VENUES_WITH_POSITIONS: Final = frozenset({VenueId("binance")})
"""Venues whose contracts are read; others are not asked."""

_log = logging.getLogger(__name__)


class PositionSide(StrEnum):
    """Which way a contract gains."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A contract that is open.

    Attributes:
        contract: The unified symbol, `BTC/USDT:USDT`.
        quantity: In base, positive.
        entry_price: The average over what is open, as the venue says.
        unrealised_pnl: In `settle`, as the venue says.
        settle: The asset in which it gains and loses.
        liquidation_price: None where the venue tells none.
    """

    contract: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    unrealised_pnl: Decimal
    settle: AssetId
    liquidation_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPosition:
    """A position, whose it is and when it was asked for."""

    account_id: AccountId
    position: Position
    reported_at: datetime


class PositionStore(Protocol):
    """Reported positions within one transaction of one tenant."""

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, positions: Sequence[Position], reported_at: datetime
    ) -> None:
        """Put these in the place of all that were reported before, unless those are newer."""
        ...

    def of_account(self, tenant_id: TenantId, account_id: AccountId) -> tuple[ReportedPosition, ...] | None:
        """The account's positions by contract; None if the tenant has no such account."""
        ...

    def of_tenant(self, tenant_id: TenantId) -> tuple[ReportedPosition, ...]:
        """Positions of every account that is not disconnected, by account, then contract."""
        ...


class PositionUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[PositionStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class PositionSource(Protocol):
    """Asks venues; errors as `VenueGateway` states them."""

    def positions(self, account: AccountRef) -> tuple[Position, ...]:
        """What is open."""
        ...


class PositionKeeper:
    """Keeps what venues report of contracts fresh."""

    def __init__(self, units: PositionUnits, source: PositionSource, clock: Clock) -> None:
        self._units, self._source, self._clock = units, source, clock

    def refresh(self, account: AccountRef) -> None:
        """Ask the venue, if it has contracts; one that does not answer is asked again the next time round."""
        if account.venue not in VENUES_WITH_POSITIONS:
            return
        asked_at = self._clock.now()
        try:
            found = self._source.positions(account)
        except NightdeskError as error:
            _log.warning("positions not refreshed", extra={"error_code": error.code})
            return
        with self._units(account.tenant_id) as store:
            store.replace(account.tenant_id, account.account_id, found, asked_at)


class PositionService:
    """Reads positions for people."""

    def __init__(self, units: PositionUnits) -> None:
        self._units = units

    def of_account(self, tenant_id: TenantId, account_id: AccountId) -> tuple[ReportedPosition, ...]:
        """What is open of an account, by contract.

        Raises:
            NotFound: The tenant has no such account.
        """
        with self._units(tenant_id) as store:
            found = store.of_account(tenant_id, account_id)
        if found is None:
            raise not_found()
        return found

    def of_tenant(self, tenant_id: TenantId) -> tuple[ReportedPosition, ...]:
        """What is open of every account that is not disconnected, by account, then contract."""
        with self._units(tenant_id) as store:
            return store.of_tenant(tenant_id)

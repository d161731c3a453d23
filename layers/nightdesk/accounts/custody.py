"""The keeper of credentials: what the one function that may open them does, and nothing else.

For an account it reads, places and cancels orders; two operations are public. There is no way to withdraw or to hand a
credential out. Every use of a credential is counted, with who had it done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from nightdesk.accounts import errors
from nightdesk.accounts.custody_ports import (
    CredentialStore,
    CredentialUnits,
    KeptKey,
    KeyWrapper,
    SealedCredential,
    Vault,
    VenueSession,
    VenueSessions,
)
from nightdesk.accounts.key_keeping import KeyKeeper
from nightdesk.accounts.keys import KeyTest, RevokedKey, Rotation
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
    TenantRef,
)
from nightdesk.accounts.positions import Position
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder

__all__ = [
    "CredentialStore",
    "CredentialUnits",
    "CustodyService",
    "KeptKey",
    "KeyWrapper",
    "SealedCredential",
    "Vault",
    "VenueSession",
    "VenueSessions",
]

_log = logging.getLogger(__name__)


class CustodyService:
    """`VenueGateway` on the inside of the gateway function."""

    def __init__(self, *, units: CredentialUnits, vault: Vault, sessions: VenueSessions, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._sessions = sessions
        self._clock = clock
        self._keeper = KeyKeeper(units=units, vault=vault, sessions=sessions, clock=clock)

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key, refuse one that may withdraw or not read, seal and keep it."""
        with self._recorded(account, "connect"):
            return self._keeper.take(account, credential)

    def rotate(self, account: AccountRef, credential: Credential, *, confirmed: bool) -> Rotation:
        """Check another key of the same account and put it in the place of the one that is kept."""
        with self._recorded(account, "rotate"):
            return self._keeper.rotate(account, credential, self._owner, confirmed=confirmed)

    def test_key(self, account: AccountRef) -> KeyTest:
        """Try out what the kept key may do."""
        with self._recorded(account, "test_key"):
            return self._keeper.test(account, self._session(account))

    def revoke_all(self, tenant: TenantRef, *, drill: bool) -> tuple[RevokedKey, ...]:
        """Destroy every key of the tenant, one after another; a drill does the same and takes it back."""
        return self._keeper.revoke_all(tenant, drill=drill)

    def disconnect(self, account: AccountRef) -> None:
        """Forget the key."""
        self._sessions.forget(account)
        now = self._clock.now()
        with self._units(account.tenant_id) as store:
            store.delete(account.tenant_id, account.account_id, now)
            store.add_use(account, now, "disconnect", "ok")

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        with self._recorded(account, "balances"):
            return self._session(account).balances()

    def positions(self, account: AccountRef) -> tuple[Position, ...]:
        """Which contracts are open."""
        with self._recorded(account, "positions"):
            return self._session(account).positions()

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        with self._recorded(account, "streams"):
            return self._session(account).streams(known)

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        with self._recorded(account, "history_page"):
            return self._session(account).history_page(stream, cursor)

    def tickers(self, venue: VenueId, _correlation_id: CorrelationId) -> tuple[Price, ...]:
        """Last prices; needs no credential."""
        return self._sessions.tickers(venue)

    def market_rules(self, instrument: Instrument, _correlation_id: CorrelationId) -> MarketRules:
        """What the market demands of orders; needs no credential."""
        return self._sessions.market_rules(instrument)

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once, and not after its time: whoever looks for it later may count on that.

        The use is recorded before: once the order is out, nothing but the venue says what became of it.
        """
        session = self._session(account)
        self._add_use(account, "place_order", "begun")
        if self._clock.now() >= ticket.send_before:
            raise errors.order_too_late()
        try:
            order = session.place_order(ticket)
        except NightdeskError as error:
            self._try_to_add_use(account, "place_order", error.code)
            raise
        self._try_to_add_use(account, "place_order", "ok")
        return order

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it."""
        with self._recorded(account, "cancel_order"):
            return self._session(account).cancel_order(name)

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        """The order, if the venue has it."""
        with self._recorded(account, "find_order"):
            return self._session(account).find_order(name)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        """Every open order."""
        with self._recorded(account, "open_orders"):
            return self._session(account).open_orders()

    def _session(self, account: AccountRef) -> VenueSession:
        with self._units(account.tenant_id) as store:
            sealed = store.get(account.tenant_id, account.account_id)
        if sealed is None:
            self._sessions.forget(account)
            raise errors.not_connected()
        return self._sessions.session(account, sealed.sealed_at, lambda: self._opened(account, sealed))

    def _owner(self, account: AccountRef) -> str | None:
        """Whose account it is, asked with the key that is kept; None if that key no longer works."""
        try:
            return self._session(account).owner()
        except NightdeskError as error:
            _log.warning("the old key does not tell whose it is", extra={"error_code": error.code})
            return None

    def _opened(self, account: AccountRef, sealed: SealedCredential) -> Credential:
        """The credential; of one that does not say yet, the venue is asked whether it ties it to addresses."""
        with self._recorded(account, "decrypt"):
            credential = self._vault.open(account, sealed)
        if credential.ip_bound is not None:
            return credential
        with self._sessions.try_out(account.venue, credential) as session:
            known = replace(credential, ip_bound=bool(session.permissions().ip_bound))
        kept = self._vault.seal(account, known, sealed.sealed_at)
        with self._units(account.tenant_id) as store:
            store.replace(account.tenant_id, account.account_id, sealed, kept)
        return known

    @contextmanager
    def _recorded(self, account: AccountRef, operation: str) -> Iterator[None]:
        try:
            yield
        except NightdeskError as error:
            self._add_use(account, operation, error.code)
            raise
        self._add_use(account, operation, "ok")

    def _add_use(self, account: AccountRef, operation: str, outcome: str) -> None:
        with self._units(account.tenant_id) as store:
            store.add_use(account, self._clock.now(), operation, outcome)

    def _try_to_add_use(self, account: AccountRef, operation: str, outcome: str) -> None:
        """A database that went away meanwhile must not hide what came of an order."""
        try:
            self._add_use(account, operation, outcome)
        except NightdeskError as error:
            _log.error("use of a credential not recorded", extra={"operation": operation, "error_code": error.code})

"""What the keeper of credentials needs from outside: a vault, a store that only it reads, sessions at venues."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.keys import KeyTest
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.accounts.positions import Position
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCredential:
    """A credential that only the holder of the wrapping key can open.

    Attributes:
        wrapped_key: The data key, wrapped.
        key_source: Which key wrapped it: `kms:<arn>`, `file:<fingerprint>`.
        ciphertext: AES-256-GCM; bound to its tenant and account.
    """

    wrapped_key: bytes = field(repr=False)
    key_source: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptKey:
    """That an account has a sealed credential."""

    account_id: AccountId
    venue: VenueId


class KeyWrapper(Protocol):
    """Makes data keys, wrapped under a key that never leaves its place."""

    @property
    def source(self) -> str:
        """Which key it is."""
        ...

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A fresh data key of 32 bytes, and the same wrapped, to be unwrapped only with the same context.

        Raises:
            Unavailable: `vault.unavailable`.
        """
        ...

    def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The data key.

        Raises:
            Unavailable: `vault.unavailable`.
            Broken: `vault.tampered`: another context or key, or changed bytes.
        """
        ...


class Vault(Protocol):
    """Seals and opens credentials."""

    def seal(self, account: AccountRef, credential: Credential, sealed_at: datetime) -> SealedCredential:
        """The credential, bound to its account."""
        ...

    def open(self, account: AccountRef, sealed: SealedCredential) -> Credential:
        """The credential.

        Raises:
            Broken: `vault.tampered`: it was sealed for another account, or changed.
        """
        ...


class OpenedCredentials(Protocol):
    """Sealed credentials to open, and the record of their use, within one transaction of one tenant."""

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential | None:
        """The account's sealed credential."""
        ...

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:
        """Record that it was used, for what, and what came of it (`ok` or an error's code)."""
        ...


class OpenedUnits(Protocol):
    """Opens transactions of a tenant in which credentials are used."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[OpenedCredentials]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class CredentialStore(OpenedCredentials, Protocol):
    """Sealed credentials as their keeper has them, within one transaction of one tenant."""

    def put(
        self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential, test: KeyTest | None = None
    ) -> None:
        """Keep it in place of any other, with what was found when it was tested."""
        ...

    def swap(self, account: AccountRef, sealed: SealedCredential, key: str, test: KeyTest) -> None:
        """Keep another key in the place of the account's, and show that the account has it: all of it, or nothing.

        Raises:
            NotFound: `accounts.not_found`: the account is gone, or is still being checked.
            Conflict: `accounts.already_connected`: another account of the tenant has the key.
        """
        ...

    def owner(self, tenant_id: TenantId, account_id: AccountId) -> bytes | None:
        """The digest of the venue's own name for the account, where it was told."""
        ...

    def note_test(self, account: AccountRef, test: KeyTest) -> None:
        """Keep what a test of the account's key found."""
        ...

    def keys(self, tenant_id: TenantId) -> tuple[KeptKey, ...]:
        """Every sealed credential of the tenant, without what it holds."""
        ...

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential, by: SealedCredential
    ) -> None:
        """Keep another in its place, if it is still there."""
        ...

    def delete(self, tenant_id: TenantId, account_id: AccountId, destroyed_at: datetime) -> bool:
        """Forget it; False if there was none."""
        ...


class CredentialUnits(Protocol):
    """Opens transactions of a tenant on the credentials."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[CredentialStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class VenueSession(Protocol):
    """A venue, spoken to with one credential; errors as `VenueGateway` states them."""

    def permissions(self) -> KeyPermissions:
        """What the key may do."""
        ...

    def test_key(self, permissions: KeyPermissions) -> KeyTest:
        """What the key may do, tried out by requests that change nothing."""
        ...

    def owner(self) -> str | None:
        """The venue's own name for the account, if it tells one."""
        ...

    def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        ...

    def positions(self) -> tuple[Position, ...]:
        """Which contracts are open."""
        ...

    def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        ...

    def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        ...

    def place_order(self, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once; errors as `orders.ports.OrderVenue` states."""
        ...

    def cancel_order(self, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it."""
        ...

    def find_order(self, name: OrderName) -> VenueOrder | None:
        """The order, if the venue has it."""
        ...

    def open_orders(self) -> tuple[VenueOrder, ...]:
        """Every open order."""
        ...


class VenueSessions(Protocol):
    """Sessions at venues, kept warm between calls."""

    def try_out(self, venue: VenueId, credential: Credential) -> AbstractContextManager[VenueSession]:
        """A session that ends with the block; for a credential that is not kept yet."""
        ...

    def session(self, account: AccountRef, sealed_at: datetime, credential: Callable[[], Credential]) -> VenueSession:
        """The account's session; the credential is asked for only if there is none warm for this sealing."""
        ...

    def forget(self, account: AccountRef) -> None:
        """End the account's sessions."""
        ...

    def tickers(self, venue: VenueId) -> tuple[Price, ...]:
        """The last price of every market of the venue."""
        ...

    def market_rules(self, instrument: Instrument) -> MarketRules:
        """What the market demands of orders."""
        ...

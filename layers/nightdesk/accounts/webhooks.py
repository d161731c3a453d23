"""Webhooks: where a user's own bots report the trades of an account.

The path holds a token of 256 random bits, kept only as its hash. Bodies are signed by a secret that is derived from
the token with the server's own secret, so nothing that could sign is stored anywhere but with the user.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from nightdesk.accounts import errors
from nightdesk.accounts.model import AccountState
from nightdesk.accounts.ports import AccountsUnits
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NotFound, Unauthenticated
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock

_PURPOSE: Final = b"nightdesk.webhook.v1:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An account's webhook."""

    tenant_id: TenantId
    account_id: AccountId
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWebhook:
    """A new webhook with what is shown only once."""

    webhook: Webhook
    token: str = field(repr=False)
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """The account that a token stands for."""

    tenant_id: TenantId
    account_id: AccountId
    venue: VenueId


class WebhookStore(Protocol):
    """Keeps webhooks by account, and finds one by its token's hash."""

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Webhook | None:
        """The account's webhook."""
        ...

    def put(self, webhook: Webhook, token_hash: bytes) -> None:
        """Keep it in the place of the account's former one."""
        ...

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget it; there being none is no error."""
        ...

    def used(self, token_hash: bytes, at: datetime) -> WebhookTarget | None:
        """The connected account of the token, and that it was used; the transaction then acts for its tenant."""
        ...


class WebhookUnits(Protocol):
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __call__(self, tenant_id: TenantId | None) -> AbstractContextManager[WebhookStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class WebhookService:
    """Makes webhooks, and knows who calls one."""

    def __init__(
        self,
        *,
        accounts: AccountsUnits,
        webhooks: WebhookUnits,
        server_secret: Callable[[], bytes],
        new_token: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._webhooks = webhooks
        self._server_secret = server_secret
        self._new_token = new_token
        self._clock = clock

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Webhook:
        """The account's webhook.

        Raises:
            NotFound: `accounts.not_found`, `webhook.not_found`.
        """
        self._require_account(tenant_id, account_id)
        with self._webhooks(tenant_id) as store:
            found = store.get(tenant_id, account_id)
        if found is None:
            raise NotFound("webhook.not_found", "The account has no webhook.")
        return found

    def make(self, tenant_id: TenantId, account_id: AccountId) -> MadeWebhook:
        """A new webhook; the account's former one works no more.

        Raises:
            NotFound: `accounts.not_found`.
        """
        self._require_account(tenant_id, account_id)
        token = self._new_token()
        webhook = Webhook(tenant_id=tenant_id, account_id=account_id, created_at=self._clock.now())
        secret = self._signing_secret(token)
        with self._webhooks(tenant_id) as store:
            store.put(webhook, hash_of(token))
        return MadeWebhook(webhook=webhook, token=token, signing_secret=secret)

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget the account's webhook.

        Raises:
            NotFound: `accounts.not_found`.
        """
        self._require_account(tenant_id, account_id)
        with self._webhooks(tenant_id) as store:
            store.remove(tenant_id, account_id)

    def authenticate(self, token: str, body: bytes, signature: str) -> WebhookTarget:
        """Whose webhook was called; nothing is looked up before the signature holds.

        Args:
            token: From the path.
            body: As it came, byte for byte.
            signature: HMAC-SHA256 of the body by the signing secret, in hexadecimal digits.

        Raises:
            Unauthenticated: `webhook.signature_wrong`.
            NotFound: `webhook.not_found`: it was removed, or its account disconnected.
        """
        expected = hmac.new(self._signing_secret(token).encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.lower().encode()):
            raise Unauthenticated("webhook.signature_wrong", "The signature does not fit the body.")
        with self._webhooks(None) as store:
            target = store.used(hash_of(token), self._clock.now())
        if target is None:
            raise NotFound("webhook.not_found", "There is no such webhook.")
        return target

    def _signing_secret(self, token: str) -> str:
        return hmac.new(self._server_secret(), _PURPOSE + token.encode(), hashlib.sha256).hexdigest()

    def _require_account(self, tenant_id: TenantId, account_id: AccountId) -> None:
        with self._accounts(tenant_id) as unit:
            account = unit.accounts.get(tenant_id, account_id)
        if account is None or account.state is AccountState.DISCONNECTED:
            raise errors.not_found()


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()

"""Tokens by which a charting library reads the datafeed: it can send no header, so the token stands in its address.

A token reads bars, quotes and marks of its owner's tenant and nothing else, and is shown once: what is kept is its
hash. Whoever has it reads until it is revoked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NewType, Protocol
from uuid import UUID

from nightdesk.kernel.errors import NotFound, RateLimited, Unauthenticated
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.kernel.instants import Clock

FeedTokenId = NewType("FeedTokenId", UUID)

TOKENS_MAX: Final = 20
NOTED_EVERY: Final = timedelta(minutes=1)
"""When a token was last used is kept no finer: charts ask every few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedToken:
    """What is known of a token."""

    tenant_id: TenantId
    token_id: FeedTokenId
    user_id: UserId
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFeedToken:
    """A new token with what is shown only once."""

    known: FeedToken
    token: str = field(repr=False)


class FeedTokenStore(Protocol):
    """Keeps tokens, within one transaction; before a token is known, of nobody."""

    def used(self, token_hash: bytes, at: datetime, *, noted_before: datetime) -> FeedToken | None:
        """The token, and that it was used now if that was last noted before then."""
        ...

    def of_user(self, tenant_id: TenantId, user_id: UserId) -> Sequence[FeedToken]:
        """The user's tokens, oldest first."""
        ...

    def add(self, token: FeedToken, token_hash: bytes) -> None:
        """Keep a new one."""
        ...

    def remove(self, tenant_id: TenantId, user_id: UserId, token_id: FeedTokenId) -> bool:
        """Forget the user's token; False if there is none such."""
        ...


class FeedTokenUnits(Protocol):
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __call__(self, tenant_id: TenantId | None) -> AbstractContextManager[FeedTokenStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class FeedTokenService:
    """Makes tokens, knows who holds one, revokes them."""

    def __init__(
        self, *, units: FeedTokenUnits, clock: Clock, new_id: Callable[[], UUID], new_token: Callable[[], str]
    ) -> None:
        self._units = units
        self._clock = clock
        self._new_id = new_id
        self._new_token = new_token

    def authenticate(self, token: str) -> FeedToken:
        """Who holds the token.

        Raises:
            Unauthenticated: `datafeed.token_unknown`.
        """
        now = self._clock.now()
        with self._units(None) as store:
            known = store.used(hash_of(token), now, noted_before=now - NOTED_EVERY)
        if known is None:
            raise Unauthenticated("datafeed.token_unknown", "There is no such datafeed token, or it was revoked.")
        return known

    def tokens(self, tenant_id: TenantId, user_id: UserId) -> Sequence[FeedToken]:
        """The user's tokens, oldest first."""
        with self._units(tenant_id) as store:
            return store.of_user(tenant_id, user_id)

    def make(self, tenant_id: TenantId, user_id: UserId, name: str) -> MadeFeedToken:
        """A new token, known only to the one who asked.

        Raises:
            RateLimited: `datafeed.too_many_tokens`.
        """
        known = FeedToken(
            tenant_id=tenant_id,
            token_id=FeedTokenId(self._new_id()),
            user_id=user_id,
            name=name,
            created_at=self._clock.now(),
        )
        token = self._new_token()
        with self._units(tenant_id) as store:
            if len(store.of_user(tenant_id, user_id)) >= TOKENS_MAX:
                raise RateLimited("datafeed.too_many_tokens", f"There may be {TOKENS_MAX} tokens at most.")
            store.add(known, hash_of(token))
        return MadeFeedToken(known=known, token=token)

    def revoke(self, tenant_id: TenantId, user_id: UserId, token_id: FeedTokenId) -> None:
        """Refuse the user's token from now on.

        Raises:
            NotFound: `datafeed.token_not_found`.
        """
        with self._units(tenant_id) as store:
            if not store.remove(tenant_id, user_id, token_id):
                raise NotFound("datafeed.token_not_found", "There is no such datafeed token.")


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()

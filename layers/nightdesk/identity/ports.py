"""What identity needs from outside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from nightdesk.identity.model import AccessClaims, ProfileClaims, Session, Tenant, TokenSet, User
from nightdesk.kernel.ids import SessionId, TenantId


class IdentityProvider(Protocol):
    """Checks passwords and hands out tokens (Cognito)."""

    def sign_in(self, email: str, password: str) -> TokenSet:
        """Tokens for the person.

        Raises:
            Unauthenticated: `session.credentials_wrong`.
            RateLimited: `session.too_many_attempts`.
            Unavailable: `identity.unavailable`.
        """
        ...

    def refresh(self, refresh_token: str) -> TokenSet:
        """Fresh tokens of the same session.

        Raises:
            Unauthenticated: `session.ended`.
            Unavailable: `identity.unavailable`.
        """
        ...

    def revoke(self, refresh_token: str) -> None:
        """Make the refresh token useless; one that is useless already is no error."""
        ...


class TokenVerifier(Protocol):
    """Checks signatures, issuer, client and times of tokens."""

    def access(self, token: str) -> AccessClaims:
        """What the access token says.

        Raises:
            Unauthenticated: `token.invalid` or `token.expired`.
            Unavailable: `identity.unavailable`: the keys can't be fetched.
        """
        ...

    def profile(self, token: str) -> ProfileClaims:
        """What the identity token says.

        Raises:
            Unauthenticated: `token.invalid` or `token.expired`.
            Unavailable: `identity.unavailable`.
        """
        ...


class IdentityStore(Protocol):
    """Users and sessions, within one transaction in the name of one subject."""

    def user(self, subject: str) -> User | None:
        """The subject's user; from then on the transaction acts for the user's tenant."""
        ...

    def provision(self, tenant: Tenant, user: User) -> None:
        """Keep a new tenant and its first user; from then on the transaction acts for that tenant.

        Raises:
            Conflict: `identity.already_provisioned`: the subject or its e-mail address has a user.
        """
        ...

    def session(self, tenant_id: TenantId, session_id: SessionId) -> Session | None:
        """The session, ended or not."""
        ...

    def start_session(self, session: Session) -> None:
        """Keep the session, if it is not known."""
        ...

    def end_session(self, tenant_id: TenantId, session_id: SessionId, ended_at: datetime) -> None:
        """Mark the session ended, once."""
        ...

    def update(self, user: User) -> None:
        """Keep the user's display asset and time zone."""
        ...


class IdentityUnits(Protocol):
    """Opens transactions in the name of a subject."""

    def __call__(self, subject: str) -> AbstractContextManager[IdentityStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...

"""Identity's ports in memory: a provider with users and passwords, tokens that say what they hold."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from nightdesk.identity.model import AccessClaims, ProfileClaims, Session, Tenant, TokenSet, User
from nightdesk.kernel.errors import Conflict, Unauthenticated
from nightdesk.kernel.ids import SessionId, TenantId
from tests.fakes.clock import FakeClock

TOKEN_LASTS = timedelta(hours=1)
_SUBJECTS = UUID(int=77)


def subject_of(email: str) -> str:
    return str(uuid5(_SUBJECTS, email))


class FakeIdentityProvider:
    """Knows e-mail addresses and passwords."""

    def __init__(self, clock: FakeClock, passwords: dict[str, str]) -> None:
        self._clock = clock
        self.passwords = passwords
        self.revoked: set[str] = set()
        self._sessions = 0

    def sign_in(self, email: str, password: str) -> TokenSet:
        if self.passwords.get(email) != password:
            raise Unauthenticated("session.credentials_wrong", "The e-mail address or the password is wrong.")
        self._sessions += 1
        return self._tokens(email, f"session-{self._sessions}", f"refresh-{email}-{self._sessions}")

    def refresh(self, refresh_token: str) -> TokenSet:
        parts = refresh_token.split("-")
        if parts[0] != "refresh" or len(parts) != 3 or refresh_token in self.revoked:
            raise Unauthenticated("session.ended", "The session has ended.")
        return replace(self._tokens(parts[1], f"session-{parts[2]}", refresh_token), refresh_token=None)

    def revoke(self, refresh_token: str) -> None:
        self.revoked.add(refresh_token)

    def _tokens(self, email: str, session: str, refresh_token: str) -> TokenSet:
        claims = {"sub": subject_of(email), "session": session, "email": email}
        expires_at = (self._clock.now() + TOKEN_LASTS).isoformat()
        token = urlsafe_b64encode(json.dumps({**claims, "expires_at": expires_at}).encode()).decode()
        return TokenSet(access_token=token, id_token=token, refresh_token=refresh_token)


class FakeTokenVerifier:
    """Believes what a token says, but not past its end."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def access(self, token: str) -> AccessClaims:
        claims = self._claims(token)
        return AccessClaims(
            subject=claims["sub"],
            session_id=SessionId(claims["session"]),
            expires_at=datetime.fromisoformat(claims["expires_at"]),
        )

    def profile(self, token: str) -> ProfileClaims:
        claims = self._claims(token)
        return ProfileClaims(subject=claims["sub"], email=claims["email"], email_verified=True)

    def _claims(self, token: str) -> dict[str, str]:
        try:
            claims: dict[str, str] = json.loads(urlsafe_b64decode(token))
        except ValueError:
            raise Unauthenticated("token.invalid", "The access token is not valid.") from None
        if datetime.fromisoformat(claims["expires_at"]) <= self._clock.now():
            raise Unauthenticated("token.expired", "The access token has expired.")
        return claims


@dataclass(slots=True)
class FakeIdentityStore:
    """Users and sessions."""

    users: dict[str, User] = field(default_factory=dict)
    tenants: dict[TenantId, Tenant] = field(default_factory=dict)
    sessions: dict[tuple[TenantId, SessionId], Session] = field(default_factory=dict)

    def __call__(self, subject: str) -> AbstractContextManager[FakeIdentityStore]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[FakeIdentityStore]:
        yield self

    def user(self, subject: str) -> User | None:
        return self.users.get(subject)

    def provision(self, tenant: Tenant, user: User) -> None:
        if user.subject in self.users:
            raise Conflict("identity.already_provisioned", "There is such a user already.")
        self.tenants[tenant.tenant_id] = tenant
        self.users[user.subject] = user

    def session(self, tenant_id: TenantId, session_id: SessionId) -> Session | None:
        return self.sessions.get((tenant_id, session_id))

    def start_session(self, session: Session) -> None:
        self.sessions.setdefault((session.tenant_id, session.session_id), session)

    def end_session(self, tenant_id: TenantId, session_id: SessionId, ended_at: datetime) -> None:
        known = self.sessions[tenant_id, session_id]
        self.sessions[tenant_id, session_id] = replace(known, ended_at=known.ended_at or ended_at)

    def update(self, user: User) -> None:
        self.users[user.subject] = user

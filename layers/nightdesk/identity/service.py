"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import logging
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.identity.model import (
    AccessClaims,
    Caller,
    ProfileClaims,
    Role,
    Session,
    SignedIn,
    Tenant,
    TokenSet,
    User,
)
from nightdesk.identity.ports import IdentityProvider, IdentityStore, IdentityUnits, TokenVerifier
from nightdesk.kernel.assets import AssetId, asset_id
from nightdesk.kernel.errors import Conflict, Forbidden, InvalidInput, NightdeskError, Unauthenticated
from nightdesk.kernel.ids import IdFactory, TenantId, UserId
from nightdesk.kernel.instants import Clock

EMAIL_LENGTH_MAX = 254
PASSWORD_LENGTH_MAX = 256
TOKEN_LENGTH_MAX = 8192
_DEFAULT_ASSET = AssetId("USDT")

_log = logging.getLogger(__name__)


class IdentityService:
    """What the session and profile routes call; the only judge of who a caller is."""

    def __init__(
        self,
        *,
        provider: IdentityProvider,
        verifier: TokenVerifier,
        units: IdentityUnits,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._provider = provider
        self._verifier = verifier
        self._units = units
        self._clock = clock
        self._new_id = new_id

    def sign_in(self, email: str, password: str) -> SignedIn:
        """Start a session; a subject seen for the first time gets a tenant of its own.

        Raises:
            Unauthenticated: `session.credentials_wrong`.
            Forbidden: `identity.email_unverified`.
            RateLimited: `session.too_many_attempts`.
            Unavailable: `identity.unavailable`, `database.unavailable`.
        """
        if not 0 < len(email) <= EMAIL_LENGTH_MAX or not 0 < len(password) <= PASSWORD_LENGTH_MAX:
            raise Unauthenticated("session.credentials_wrong", "The e-mail address or the password is wrong.")
        tokens = self._provider.sign_in(email.strip().lower(), password)
        claims = self._verifier.access(tokens.access_token)
        profile = self._verifier.profile(tokens.id_token)
        return self._signed_in(tokens, self._start(claims, profile), claims)

    def refresh(self, refresh_token: str) -> SignedIn:
        """Fresh tokens for a session that has not ended.

        Raises:
            Unauthenticated: `session.ended`, `session.missing`.
            Unavailable: `identity.unavailable`, `database.unavailable`.
        """
        if not 0 < len(refresh_token) <= TOKEN_LENGTH_MAX:
            raise Unauthenticated("session.missing", "There is no session to refresh.")
        tokens = self._provider.refresh(refresh_token)
        claims = self._verifier.access(tokens.access_token)
        return self._signed_in(tokens, self._known(claims), claims)

    def authenticate(self, access_token: str) -> Caller:
        """The caller a bearer token stands for. A session that was ended is refused at once.

        Raises:
            Unauthenticated: `token.invalid`, `token.expired`, `session.ended`, `session.unknown`.
            Unavailable: `identity.unavailable`, `database.unavailable`.
        """
        if not 0 < len(access_token) <= TOKEN_LENGTH_MAX:
            raise Unauthenticated("token.invalid", "The access token is not valid.")
        claims = self._verifier.access(access_token)
        return _caller(self._known(claims), claims)

    def sign_out(self, caller: Caller, refresh_token: str | None = None) -> None:
        """End the caller's session at once, and its refresh token if it is known.

        Raises:
            Unavailable: `database.unavailable`: the session goes on.
        """
        with self._units(caller.user.subject) as store:
            store.user(caller.user.subject)
            store.end_session(caller.tenant_id, caller.session_id, self._clock.now())
        if refresh_token:
            self._revoke(refresh_token)

    def update_profile(self, caller: Caller, *, display_asset: str | None = None, time_zone: str | None = None) -> User:
        """Change what amounts and times are shown in.

        Raises:
            InvalidInput: `asset.malformed`, `profile.time_zone_unknown`.
            Forbidden: `permission.denied`.
        """
        caller.require("update", "Profile")
        user = replace(
            caller.user,
            display_asset=caller.user.display_asset if display_asset is None else asset_id(display_asset),
            time_zone=caller.user.time_zone if time_zone is None else _time_zone(time_zone),
        )
        with self._units(user.subject) as store:
            store.user(user.subject)
            store.update(user)
        return user

    def _start(self, claims: AccessClaims, profile: ProfileClaims) -> User:
        if profile.subject != claims.subject:
            raise Unauthenticated("token.invalid", "The two tokens belong to two people.")
        try:
            return self._start_once(claims, profile)
        except Conflict:  # another first sign-in of the same person won the race
            return self._start_once(claims, profile)

    def _start_once(self, claims: AccessClaims, profile: ProfileClaims) -> User:
        with self._units(claims.subject) as store:
            user = store.user(claims.subject) or self._provision(store, profile)
            store.start_session(
                Session(
                    tenant_id=user.tenant_id,
                    session_id=claims.session_id,
                    user_id=user.user_id,
                    started_at=self._clock.now(),
                )
            )
            return user

    def _provision(self, store: IdentityStore, profile: ProfileClaims) -> User:
        if not profile.email_verified:
            raise Forbidden("identity.email_unverified", "Verify your e-mail address first.")
        now = self._clock.now()
        tenant = Tenant(
            tenant_id=TenantId(self._new_id()), name=profile.email, base_asset=_DEFAULT_ASSET, created_at=now
        )
        user = User(
            user_id=UserId(self._new_id()),
            tenant_id=tenant.tenant_id,
            subject=profile.subject,
            email=profile.email,
            role=Role.OWNER,
            base_asset=tenant.base_asset,
            display_asset=tenant.base_asset,
            time_zone="UTC",
            created_at=now,
        )
        store.provision(tenant, user)
        return user

    def _known(self, claims: AccessClaims) -> User:
        with self._units(claims.subject) as store:
            user = store.user(claims.subject)
            session = store.session(user.tenant_id, claims.session_id) if user else None
        if user is None or session is None:
            raise Unauthenticated("session.unknown", "Sign in first.")
        if session.ended_at is not None:
            raise Unauthenticated("session.ended", "The session has ended. Sign in again.")
        return user

    def _signed_in(self, tokens: TokenSet, user: User, claims: AccessClaims) -> SignedIn:
        return SignedIn(
            access_token=tokens.access_token, refresh_token=tokens.refresh_token, caller=_caller(user, claims)
        )

    def _revoke(self, refresh_token: str) -> None:
        # The ended session is refused whether or not the provider heard of it.
        try:
            self._provider.revoke(refresh_token)
        except NightdeskError as error:
            _log.warning("refresh token not revoked at the provider: %s", error.code)


def _caller(user: User, claims: AccessClaims) -> Caller:
    return Caller(user=user, session_id=claims.session_id, expires_at=claims.expires_at)


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("profile.time_zone_unknown", f"{name[:40]!r} is not the name of a time zone.") from None

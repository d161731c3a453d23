"""Tokens of a Cognito user pool, verified by its published keys.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
(2026-11): signature by `kid`, `iss`, `token_use`, `client_id` of access tokens, `aud` of identity tokens, `exp`.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt import PyJWK, PyJWKClient
from jwt.exceptions import ExpiredSignatureError, InvalidTokenError, PyJWKClientError, PyJWKSetError

from nightdesk.identity.model import AccessClaims, ProfileClaims
from nightdesk.kernel.errors import Unauthenticated, Unavailable
from nightdesk.kernel.ids import SessionId
from nightdesk.kernel.instants import Clock, from_ms

ALGORITHM: Final = "RS256"
LEEWAY_S: Final = 5
FETCH_TIMEOUT_S: Final = 5
KEYS_FRESH: Final = timedelta(hours=6)
FETCH_PAUSE: Final = timedelta(seconds=10)

_REQUIRED: Final = ["exp", "iat", "iss", "sub", "token_use"]
_log = logging.getLogger(__name__)


class CognitoTokenVerifier:
    """Verifies tokens without asking anybody, once the keys are known."""

    def __init__(self, *, jwks_url: str, issuer: str, client_id: str, clock: Clock) -> None:
        self._keys = _Keys(jwks_url, clock)
        self._issuer = issuer
        self._client_id = client_id

    def access(self, token: str) -> AccessClaims:
        """What the access token says.

        Raises:
            Unauthenticated: `token.invalid` or `token.expired`.
            Unavailable: `identity.unavailable`.
        """
        claims = self._verified(token, "access", audience=None)
        if claims.get("client_id") != self._client_id:
            raise _invalid()
        return AccessClaims(
            subject=str(claims["sub"]), session_id=_session_id(claims), expires_at=from_ms(int(claims["exp"]) * 1000)
        )

    def profile(self, token: str) -> ProfileClaims:
        """What the identity token says.

        Raises:
            Unauthenticated: `token.invalid` or `token.expired`.
            Unavailable: `identity.unavailable`.
        """
        claims = self._verified(token, "id", audience=self._client_id)
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise _invalid()
        return ProfileClaims(
            subject=str(claims["sub"]), email=email.lower(), email_verified=claims.get("email_verified") is True
        )

    def _verified(self, token: str, use: str, audience: str | None) -> dict[str, Any]:
        try:
            key = self._keys.get(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=audience,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED, "verify_aud": audience is not None},
            )
        except ExpiredSignatureError:
            raise Unauthenticated("token.expired", "The access token has expired.") from None
        except InvalidTokenError:
            raise _invalid() from None
        if claims["token_use"] != use:
            raise _invalid()
        return claims


class _Keys:
    """The pool's published keys; an unknown name makes them be fetched again, but not in a hurry."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._client = PyJWKClient(url, cache_keys=False, cache_jwk_set=False, timeout=FETCH_TIMEOUT_S)
        self._clock = clock
        self._known: dict[str, PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._turn = threading.Lock()

    def get(self, name: object) -> PyJWK:
        if not isinstance(name, str):
            raise _invalid()
        with self._turn:
            if self._is_due(name):
                self._fetch()
            if name not in self._known:
                raise _invalid()
            return self._known[name]

    def _is_due(self, name: str) -> bool:
        if self._fetched_at is None:
            return True
        age = self._clock.now() - self._fetched_at
        return age > (FETCH_PAUSE if name not in self._known else KEYS_FRESH)

    def _fetch(self) -> None:
        try:
            keys = self._client.get_signing_keys()
        except (PyJWKClientError, PyJWKSetError):
            if not self._known:
                raise Unavailable("identity.unavailable", "Tokens can't be checked at the moment.") from None
            _log.warning("keys of the user pool not fetched; the known ones go on")
            return
        self._known = {key.key_id: key for key in keys if key.key_id}
        self._fetched_at = self._clock.now()


def _session_id(claims: dict[str, Any]) -> SessionId:
    """The same for every token of one sign-in, refreshed or not."""
    origin = claims.get("origin_jti")
    if isinstance(origin, str) and origin:
        return SessionId(origin)
    # Pools without token revocation: the moment of the sign-in stays the same when tokens are refreshed.
    return SessionId(hashlib.sha256(f"{claims['sub']}:{claims.get('auth_time')}".encode()).hexdigest())


def _invalid() -> Unauthenticated:
    return Unauthenticated("token.invalid", "The access token is not valid.")

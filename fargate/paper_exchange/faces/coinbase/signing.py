"""Who signed: a JSON Web Token of the key, ES256, for one address and two minutes.

Source: https://docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.types import Options

from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store.accounts import AccountStore
from fargate.paper_exchange.faces.coinbase.errors import unauthorized
from fargate.paper_exchange.faces.coinbase.names import VENUE
from fargate.paper_exchange.faces.keys import holder
from fargate.paper_exchange.faces.rest import Request

LIFE_MAX_S: Final = 120
_SKEW_S: Final = 5
_ISSUERS: Final = frozenset({"cdp", "coinbase-cloud"})
_UNTIMED: Final[Options] = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""Times are checked here, against the injected clock."""


def new_key() -> tuple[str, str]:
    """A key's full name and its private key in PEM."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return f"organizations/{uuid4()}/apiKeys/{uuid4()}", pem.decode()


class Tokens:
    """Checks tokens."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts
        self._public: dict[str, ec.EllipticCurvePublicKey] = {}

    def signer(self, request: Request, now_ms: int) -> Account:
        """Who signed the request.

        Raises:
            CoinbaseError: 401, the token is missing, another's, of another time or for another address.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account, claims = self.read(token if scheme == "Bearer" else "", now_ms)
        if claims.get("uri") != f"{request.method} {request.host}{request.path}":
            raise unauthorized()
        return account

    def read(self, token: str, now_ms: int) -> tuple[Account, Mapping[str, Any]]:
        """Whose token it is and what it says.

        Raises:
            CoinbaseError: 401, it doesn't count.
        """
        try:
            key = jwt.get_unverified_header(token).get("kid")
            account = holder(self._accounts, VENUE, key)
            if account is None:
                raise unauthorized()
            claims = jwt.decode(token, self._key_of(account), algorithms=["ES256"], options=_UNTIMED)
        except jwt.PyJWTError:
            raise unauthorized() from None
        if claims.get("sub") != account.key or claims.get("iss") not in _ISSUERS or not _timely(claims, now_ms // 1000):
            raise unauthorized()
        return account, claims

    def _key_of(self, account: Account) -> ec.EllipticCurvePublicKey:
        if account.key not in self._public:
            private = serialization.load_pem_private_key(account.secret.encode(), None)
            assert isinstance(private, ec.EllipticCurvePrivateKey)  # noqa: S101 - made above
            self._public[account.key] = private.public_key()
        return self._public[account.key]


def _timely(claims: Mapping[str, Any], now_s: int) -> bool:
    begins, ends = claims.get("nbf"), claims.get("exp")
    if not isinstance(begins, int) or not isinstance(ends, int):
        return False
    return begins <= now_s + _SKEW_S and ends >= now_s and ends - begins <= LIFE_MAX_S

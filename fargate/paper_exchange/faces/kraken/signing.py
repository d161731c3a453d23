"""Who signed: HMAC-SHA-512 over the path and the SHA-256 of nonce and body; every nonce above the last.

Source: https://docs.kraken.com/api/docs/guides/spot-rest-auth, 2026-11.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512
from secrets import token_bytes

from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.faces.keys import holder, token
from fargate.paper_exchange.faces.kraken.errors import KrakenError
from fargate.paper_exchange.faces.kraken.names import VENUE
from fargate.paper_exchange.faces.nonces import Nonces
from fargate.paper_exchange.faces.rest import Request


def new_key() -> tuple[str, str]:
    """A key of 56 characters and a secret of 64 bytes in base 64."""
    return token(56), b64encode(token_bytes(64)).decode()


class Signatures:
    """Checks signatures and nonces."""

    def __init__(self, store: Store) -> None:
        self._accounts, self._nonces = store.accounts, Nonces(store.settings)

    def signer(self, request: Request, params: Mapping[str, str]) -> Account:
        """Who signed the request.

        Raises:
            KrakenError: The key is unknown, the signature is another's, or the nonce did not rise.
        """
        account = holder(self._accounts, VENUE, request.headers.get("api-key"))
        if account is None:
            raise KrakenError("EAPI:Invalid key")
        nonce = params.get("nonce", "")
        expected = sign(account.secret, request.path, nonce, request.body)
        if not hmac.compare_digest(expected.encode(), request.headers.get("api-sign", "").encode()):
            raise KrakenError("EAPI:Invalid signature")
        if not self._nonces.use(account.key, nonce):
            raise KrakenError("EAPI:Invalid nonce")
        return account


def sign(secret: str, path: str, nonce: str, body: str) -> str:
    """The signature of a request."""
    message = path.encode() + sha256((nonce + body).encode()).digest()
    return b64encode(hmac.new(b64decode(secret), message, sha512).digest()).decode()

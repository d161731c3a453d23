"""Who signed: HMAC-SHA-384 over path, nonce and body; every nonce above the last, over REST and websockets together.

Source: https://docs.bitfinex.com/docs/rest-auth and …/docs/ws-auth, 2026-11.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha384
from typing import Any

from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.faces.bitfinex.errors import KEY, NONCE, BitfinexError
from fargate.paper_exchange.faces.bitfinex.names import VENUE
from fargate.paper_exchange.faces.keys import holder, token
from fargate.paper_exchange.faces.nonces import Nonces
from fargate.paper_exchange.faces.rest import Request

_NONCE_DIGITS_MAX = 16
"""A nonce is below 2^53."""


def new_key() -> tuple[str, str]:
    """A key and secret of 43 letters and digits each."""
    return token(43), token(43)


class Signatures:
    """Checks signatures and nonces."""

    def __init__(self, store: Store) -> None:
        self._accounts, self._nonces = store.accounts, Nonces(store.settings)

    def signer(self, request: Request) -> Account:
        """Who signed the request.

        Raises:
            BitfinexError: The key or digest is wrong, or the nonce did not rise.
        """
        nonce = request.headers.get("bfx-nonce", "")
        signed = f"/api{request.path}{nonce}{request.body}"
        key, signature = request.headers.get("bfx-apikey", ""), request.headers.get("bfx-signature", "")
        return self._check(key, signed, signature, nonce)

    def socket_signer(self, message: Mapping[str, Any]) -> Account:
        """Who signed an `auth` event.

        Raises:
            BitfinexError: The key or digest is wrong, or the nonce did not rise.
        """
        key, nonce, signed, signature = (
            str(message.get(name, "")) for name in ("apiKey", "authNonce", "authPayload", "authSig")
        )
        return self._check(key, signed, signature, nonce)

    def _check(self, key: str, signed: str, signature: str, nonce: str) -> Account:
        account = holder(self._accounts, VENUE, key)
        if account is None:
            raise BitfinexError(KEY, "apikey: invalid")
        expected = hmac.new(account.secret.encode(), signed.encode(), sha384).hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise BitfinexError(KEY, "apikey: digest invalid")
        if not self._nonces.use(account.key, nonce, _NONCE_DIGITS_MAX):
            raise BitfinexError(NONCE, "nonce: small")
        return account

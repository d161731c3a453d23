"""Envelope encryption: every credential under a data key of its own, that key wrapped by a `KeyWrapper`.

The ciphertext is bound to its tenant and account as associated data, so a row copied to another account doesn't open.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nightdesk.accounts.custody import KeyWrapper, SealedCredential
from nightdesk.accounts.model import AccountRef, Credential
from nightdesk.kernel.errors import Broken

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class EnvelopeVault:
    """Seals with AES-256-GCM."""

    def __init__(self, wrapper: KeyWrapper) -> None:
        self._wrapper = wrapper

    def seal(self, account: AccountRef, credential: Credential, sealed_at: datetime) -> SealedCredential:
        """The credential, bound to its account."""
        context = _context(account)
        data_key, wrapped_key = self._wrapper.new_key(context)
        nonce = secrets.token_bytes(NONCE_BYTES)
        parts = {"key": credential.key, "secret": credential.secret, "ip_bound": credential.ip_bound}
        plain = json.dumps(parts).encode()
        return SealedCredential(
            wrapped_key=wrapped_key,
            key_source=self._wrapper.source,
            nonce=nonce,
            ciphertext=AESGCM(data_key).encrypt(nonce, plain, associated_data(context)),
            sealed_at=sealed_at,
        )

    def open(self, account: AccountRef, sealed: SealedCredential) -> Credential:
        """The credential.

        Raises:
            Broken: `vault.tampered`: it was sealed for another account, or changed.
            Unavailable: `vault.unavailable`: the wrapping key can't be asked.
        """
        context = _context(account)
        data_key = self._wrapper.unwrap(sealed.wrapped_key, context)
        try:
            plain = AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, associated_data(context))
        except InvalidTag:
            raise tampered() from None
        parts = json.loads(plain)
        return Credential(parts["key"], parts["secret"], parts.get("ip_bound"))  # older ones do not say


def associated_data(context: dict[str, str]) -> bytes:
    """The context's one byte form."""
    return json.dumps(context, sort_keys=True, separators=(",", ":")).encode()


def tampered() -> Broken:
    """A credential that doesn't open."""
    return Broken("vault.tampered", "A sealed credential does not open: it was changed, or belongs elsewhere.")


def _context(account: AccountRef) -> dict[str, str]:
    return {"tenant": str(account.tenant_id), "account": str(account.account_id)}

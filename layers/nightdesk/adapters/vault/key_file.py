"""A wrapping key in a file that only its owner may read: the local stand-in for KMS."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nightdesk.adapters.vault.sealing import KEY_BYTES, NONCE_BYTES, associated_data, tampered
from nightdesk.kernel.errors import Broken

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class FileKeyWrapper:
    """Wraps data keys with AES-256-GCM under the file's key; the context is associated data."""

    def __init__(self, path: Path) -> None:
        self._key = _read(path)

    @property
    def source(self) -> str:
        """`file:` and the start of the key's SHA-256."""
        return f"file:{hashlib.sha256(self._key).hexdigest()[:16]}"

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A fresh data key, and nonce and ciphertext of it."""
        data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        return data_key, nonce + AESGCM(self._key).encrypt(nonce, data_key, associated_data(context))

    def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The data key.

        Raises:
            Broken: `vault.tampered`.
        """
        try:
            return AESGCM(self._key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], associated_data(context))
        except (InvalidTag, ValueError):
            raise tampered() from None


def make_key_file(path: Path) -> None:
    """Write a fresh key to a new file with mode 0600.

    Raises:
        FileExistsError: There is a file; a key is never overwritten.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise Broken("vault.key_file_open", "The vault's key file may be read by others; set its mode to 0600.")
        key = file.read()
    if len(key) != KEY_BYTES:
        raise Broken("vault.key_file_malformed", f"The vault's key file must hold {KEY_BYTES} bytes.")
    return key

"""RSA signatures checked with nothing but the standard library, so that an auditor needs only Python.

Source: RFC 8017, RSASSA-PKCS1-v1_5 with SHA-256 (section 8.2.2; the digest's prefix is that of section 9.2, note 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

BITS_MIN: Final = 2048
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_PADDING_MIN: Final = 8


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key's modulus and exponent; its text is both in hexadecimal digits, `<modulus>:<exponent>`."""

    modulus: int
    exponent: int

    def __str__(self) -> str:
        return f"{self.modulus:x}:{self.exponent:x}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key's text, to be compared with what was published elsewhere."""
        return sha256(str(self).encode()).hexdigest()

    def signed(self, document: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of this document."""
        length = (self.modulus.bit_length() + 7) // 8
        if self.modulus.bit_length() < BITS_MIN or len(signature) != length:
            return False
        found = pow(int.from_bytes(signature), self.exponent, self.modulus).to_bytes(length)
        return compare_digest(found, _encoded(document, length))


def public_key(text: str) -> PublicKey:
    """The key that a text means.

    Raises:
        ValueError: It means none.
    """
    modulus, _, exponent = text.partition(":")
    return PublicKey(int(modulus, 16), int(exponent, 16))


def _encoded(document: bytes, length: int) -> bytes:
    digest = _DIGEST_INFO + sha256(document).digest()
    padding = b"\xff" * max(length - len(digest) - 3, _PADDING_MIN)
    return b"\x00\x01" + padding + b"\x00" + digest

r"""Coinbase's keys: a name and a private key, in whichever form it was copied.

A private key travels as PEM. Forms that people paste have lost their line breaks, or hold them as `\n` as the file
that Coinbase offers for download does; read once and written again, all become the one form that ccxt signs with.

Source: https://docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication, 2026-11.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import Credential

_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_LINE: Final = 64


def secrets(credential: Credential) -> dict[str, str]:
    """What ccxt signs with.

    Raises:
        InvalidInput: `accounts.key_wrong`: it is no private key of the curve that Coinbase takes.
    """
    return {"apiKey": credential.key.strip(), "secret": _private_key(credential.secret)}


def _private_key(text: str) -> str:
    found = _PEM.search(text.replace("\\n", "\n"))
    if found is None:
        raise key_wrong()
    body = "".join(found[2].split())
    lines = "\n".join(body[start : start + _LINE] for start in range(0, len(body), _LINE))
    pem = f"-----BEGIN {found[1]}-----\n{lines}\n-----END {found[1]}-----\n"
    try:
        private = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise key_wrong() from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise key_wrong()
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()

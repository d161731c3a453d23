"""Keys in the forms in which people paste them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange.keys import pin_of, secrets_of
from nightdesk.balancer.model import Pin
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput

NAME = "organizations/1/apiKeys/2"
COINBASE = VenueId("coinbase")
PRIVATE = ec.generate_private_key(ec.SECP256R1())
_NONE = serialization.NoEncryption()


def pem(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = PRIVATE,
    form: serialization.PrivateFormat = serialization.PrivateFormat.TraditionalOpenSSL,
) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, _NONE).decode()


@pytest.mark.parametrize(
    "pasted",
    [
        pem(),
        pem().replace("\n", ""),
        pem().replace("\n", "\\n"),
        pem().replace("\n", " "),
        f"  {pem()}\n",
        pem(form=serialization.PrivateFormat.PKCS8),
    ],
    ids=["as it is", "one line", "as in the file", "with spaces", "with space around", "PKCS 8"],
)
def test_a_private_key_in_any_form(pasted: str) -> None:
    assert secrets_of(COINBASE, Credential(f" {NAME} ", pasted)) == {"apiKey": NAME, "secret": pem()}


@pytest.mark.parametrize(
    "pasted",
    [
        "secret",
        "-----BEGIN EC PRIVATE KEY-----AAAA-----END EC PRIVATE KEY-----",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.PKCS8),
    ],
    ids=["none", "broken", "another curve", "another kind"],
)
def test_what_is_no_key_of_coinbase_is_refused_before_anything_is_sent(pasted: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        secrets_of(COINBASE, Credential(NAME, pasted))
    assert refusal.value.code == "accounts.key_wrong"


def test_other_venues_take_key_and_secret_as_they_are() -> None:
    assert secrets_of(VenueId("htx"), Credential("k", "s")) == {"apiKey": "k", "secret": "s"}


@pytest.mark.parametrize(
    ("venue", "is_bound", "expected"),
    [
        ("htx", None, Pin.SOFT),
        ("htx", True, Pin.HARD),
        ("htx", False, Pin.FREE),
        ("coinbase", False, Pin.SOFT),
        ("bitfinex", False, Pin.SOFT),
    ],
)
def test_a_key_of_a_venue_that_keeps_silent_stays_where_it_was(
    venue: str, *, is_bound: bool | None, expected: Pin
) -> None:
    assert pin_of(VenueId(venue), Credential("k", "s", is_bound)) is expected


@pytest.mark.parametrize(
    ("venue", "key", "secret"),
    [("kraken", "k", "a"), ("kraken", "k", "five5"), ("htx", "ключ", "s"), ("binance", "k", "sécret")],
)
def test_what_no_venue_could_sign_with_is_refused_before_it_is_tried(venue: str, key: str, secret: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        secrets_of(VenueId(venue), Credential(key, secret))
    assert refusal.value.code == "accounts.key_wrong"
    assert refusal.value.__cause__ is None


def test_a_secret_of_kraken_is_base64() -> None:
    assert secrets_of(VenueId("kraken"), Credential("k", "c2VjcmV0")) == {"apiKey": "k", "secret": "c2VjcmV0"}

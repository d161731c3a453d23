"""A credential as a client of ccxt takes it, and how its requests keep to an egress."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange.venues import bitfinex, coinbase, kraken
from nightdesk.balancer.model import Pin
from nightdesk.kernel.assets import VenueId


def _kraken_secrets(credential: Credential) -> dict[str, str]:
    """A secret of Kraken is base64, and is decoded to sign."""
    try:
        base64.b64decode(credential.secret)
    except ValueError:
        raise key_wrong() from None
    return {"apiKey": credential.key, "secret": credential.secret}


_FORMS: Final[Mapping[VenueId, Callable[[Credential], dict[str, str]]]] = {
    coinbase.VENUE: coinbase.secrets,
    kraken.VENUE: _kraken_secrets,
}
_SILENT: Final = frozenset({bitfinex.VENUE, coinbase.VENUE})
"""Venues that bind keys to addresses where the user asks for it, and don't tell of it."""


def secrets_of(venue: VenueId, credential: Credential) -> dict[str, str]:
    """What a client signs with.

    Raises:
        InvalidInput: `accounts.key_wrong`: it can't be a secret of this venue.
    """
    if not (credential.key.isascii() and credential.secret.isascii()):
        raise key_wrong()  # it would fail only when it signs
    made = _FORMS.get(venue)
    return made(credential) if made else {"apiKey": credential.key, "secret": credential.secret}


def pin_of(venue: VenueId, credential: Credential) -> Pin:
    """How the credential's requests keep to an egress; the first that is used is where they stay."""
    if credential.ip_bound is None or (venue in _SILENT and not credential.ip_bound):
        return Pin.SOFT
    return Pin.HARD if credential.ip_bound else Pin.FREE

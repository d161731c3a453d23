"""The errors of accounts, by code; each message is one sentence for a person."""

from __future__ import annotations

from typing import Final

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound

KEY_WRONG: Final = "accounts.key_wrong"
KEY_MAY_WITHDRAW: Final = "accounts.key_may_withdraw"
KEY_CANNOT_READ: Final = "accounts.key_cannot_read"
NOT_CONNECTED: Final = "accounts.not_connected"
DISCONNECTED: Final = "accounts.disconnected"

CREDENTIAL_CODES: Final = frozenset({KEY_WRONG, KEY_MAY_WITHDRAW, KEY_CANNOT_READ, NOT_CONNECTED})
"""Errors that only the user can mend, by connecting a good key: the account is failing until then."""


def venue_unknown(venue: str) -> InvalidInput:
    """No such venue, or none that Nightdesk can talk to."""
    return InvalidInput("accounts.venue_unknown", f"{venue[:40]!r} is not a venue that can be connected.")


def key_wrong() -> InvalidInput:
    """The venue does not accept the key and secret."""
    return InvalidInput(
        KEY_WRONG, "The venue does not accept this key and secret, or not from this address, or not for reading."
    )


def key_may_withdraw() -> InvalidInput:
    """The key could take the money away."""
    return InvalidInput(
        KEY_MAY_WITHDRAW, "This key may withdraw. Make a key at the venue that may not, and connect that one."
    )


def key_cannot_read() -> InvalidInput:
    """The key may not even read."""
    return InvalidInput(KEY_CANNOT_READ, "This key may not read the account. Allow reading at the venue.")


def not_connected() -> Conflict:
    """There is no credential of the account."""
    return Conflict(NOT_CONNECTED, "The account has no key. Connect it again.")


def already_connected() -> Conflict:
    """The same key is connected already."""
    return Conflict("accounts.already_connected", "An account with this key is connected already.")


def not_found() -> NotFound:
    """No such account for this tenant."""
    return NotFound("accounts.not_found", "There is no such account.")

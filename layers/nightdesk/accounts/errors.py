"""The errors of accounts, by code; each message is one sentence for a person."""

from __future__ import annotations

from typing import Final

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable

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


def manual() -> Conflict:
    """The account is fed by files only."""
    return Conflict("accounts.manual", "This account has no key: it is fed by files.")


def already_connected() -> Conflict:
    """The same key is connected already."""
    return Conflict("accounts.already_connected", "An account with this key is connected already.")


def not_found() -> NotFound:
    """No such account for this tenant."""
    return NotFound("accounts.not_found", "There is no such account.")


def order_too_late() -> Unavailable:
    """An order came to the gateway after its time; it was not sent."""
    return Unavailable("orders.too_late", "The order came to the gateway too late and was not sent.")


def key_of_another_account() -> Conflict:
    """The new key belongs to another account at the venue."""
    return Conflict(
        "accounts.key_of_another_account",
        "This key is of another account at the venue. Connect it as an account of its own.",
    )


def key_owner_unknown() -> Conflict:
    """Nobody can tell whether the new key is of the same account."""
    return Conflict(
        "accounts.key_owner_unknown",
        "The venue does not tell whether this key is of the same account. Confirm that it is, and send it again.",
    )

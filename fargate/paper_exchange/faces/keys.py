"""New keys and secrets, and whose a key is."""

from __future__ import annotations

import string
from secrets import choice

from fargate.paper_exchange.engine.errors import UnknownAccount
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store.accounts import AccountStore

LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def token(length: int, alphabet: str = LETTERS_AND_DIGITS) -> str:
    """Random characters."""
    return "".join(choice(alphabet) for _ in range(length))


def holder(accounts: AccountStore, venue: str, key: str | None) -> Account | None:
    """The venue's account of a key, or None where there is none."""
    try:
        account = accounts.by_key(key or "")
    except UnknownAccount:
        return None
    return account if account.venue == venue else None

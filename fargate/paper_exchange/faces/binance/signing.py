"""Who signed a request: key, clock window, HMAC-SHA-256.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security, November 2025.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from fargate.paper_exchange.engine.errors import UnknownAccount
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store.accounts import AccountStore
from fargate.paper_exchange.faces.binance.errors import BinanceError, key_malformed, key_refused, missing

_KEY = re.compile(r"[A-Za-z0-9]{64}")
_SIGNATURE = re.compile(r"(^|&)signature=([^&]*)")
_WINDOW_DEFAULT_MS = 5_000
_WINDOW_MAX_MS = 60_000
_AHEAD_MAX_MS = 1_000
VENUE = "binance"


def account_of(accounts: AccountStore, key: str | None) -> Account:
    """The account of a key.

    Raises:
        BinanceError: -2014 for what is no key, -2015 for an unknown one.
    """
    if not key or not _KEY.fullmatch(key):
        raise key_malformed()
    try:
        account = accounts.by_key(key)
    except UnknownAccount:
        raise key_refused() from None
    if account.venue != VENUE:
        raise key_refused()
    return account


def check_window(params: Mapping[str, str], now_ms: int) -> None:
    """Refuse what was not signed just now.

    Raises:
        BinanceError: -1021 outside the window, -1131 for too wide a window, -1102 without a timestamp.
    """
    at_ms, window_ms = _number(params, "timestamp"), _WINDOW_DEFAULT_MS
    if "recvWindow" in params:
        window_ms = _number(params, "recvWindow")
    if window_ms > _WINDOW_MAX_MS:
        raise BinanceError(-1131, "recvWindow must be less than 60000.")
    if at_ms >= now_ms + _AHEAD_MAX_MS:
        raise BinanceError(-1021, f"Timestamp for this request was {_AHEAD_MAX_MS}ms ahead of the server's time.")
    if now_ms - at_ms > window_ms:
        raise BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")


def check_signature(account: Account, query: str, body: str) -> None:
    """Refuse what the account's secret did not sign: the raw query and body, without the signature itself.

    Raises:
        BinanceError: -1102 without a signature, -1022 with a wrong one.
    """
    found = _SIGNATURE.search(query) or _SIGNATURE.search(body)
    if found is None or not found[2]:
        raise missing("signature")
    verify(account, _SIGNATURE.sub("", query) + _SIGNATURE.sub("", body), found[2])


def verify(account: Account, payload: str, signature: str) -> None:
    """Compare signatures in constant time.

    Raises:
        BinanceError: -1022, it is not the account's.
    """
    expected = hmac.new(account.secret.encode(), payload.encode(), sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.lower().encode()):
        raise BinanceError(-1022, "Signature for this request is not valid.")


def _number(params: Mapping[str, str], name: str) -> int:
    text = params.get(name, "")
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - more digits than any instant has
        raise missing(name)
    return int(text)

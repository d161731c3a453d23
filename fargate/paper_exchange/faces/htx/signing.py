"""Who signed: HMAC-SHA-256 over method, host, path and the sorted query, within five minutes.

The host is inside the signature, so a client that is led elsewhere must keep the real address.

Source: https://huobiapi.github.io/docs/spot/v1/en/#authentication (…#websocket-authentication), 2026-11.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.engine.store.accounts import AccountStore
from fargate.paper_exchange.faces.htx.errors import unsigned
from fargate.paper_exchange.faces.htx.names import VENUE
from fargate.paper_exchange.faces.keys import holder, token
from fargate.paper_exchange.faces.rest import Request
from nightdesk.kernel.instants import to_ms

_SKEW_MAX_MS = 300_000
_HEX = "0123456789abcdef"
_SOCKET_FIELDS = ("accessKey", "signatureMethod", "signatureVersion", "timestamp")


def new_key() -> tuple[str, str]:
    """A key and secret in four groups each."""
    return _grouped(), _grouped()


def _grouped() -> str:
    return "-".join(token(length, _HEX) for length in (8, 8, 8, 5))


class Signatures:
    """Checks signatures and their times."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    def signer(self, request: Request, now_ms: int) -> Account:
        """Who signed the request.

        Raises:
            HtxError: The key is unknown, the signature is another's, or its time has passed.
        """
        sent = {name: values[0] for name, values in parse_qs(request.query).items()}
        signed = sorted(part for part in request.query.split("&") if not part.startswith("Signature="))
        payload = "\n".join((request.method, request.host, request.path, "&".join(signed)))
        _require_method(sent.get("SignatureMethod"), sent.get("SignatureVersion"), "2")
        _require_now(sent.get("Timestamp", ""), now_ms)
        return self._check(sent.get("AccessKeyId", ""), payload, sent.get("Signature", ""))

    def socket_signer(self, params: Mapping[str, Any], host: str, path: str, now_ms: int) -> Account:
        """Who signed an `auth` request of a websocket.

        Raises:
            HtxError: The key is unknown, the signature is another's, or its time has passed.
        """
        sent = {name: str(value) for name, value in params.items()}
        query = urlencode({name: sent.get(name, "") for name in _SOCKET_FIELDS})
        payload = f"GET\n{host}\n{path}\n{query}"
        _require_method(sent.get("signatureMethod"), sent.get("signatureVersion"), "2.1")
        _require_now(sent.get("timestamp", ""), now_ms)
        return self._check(sent.get("accessKey", ""), payload, sent.get("signature", ""))

    def _check(self, key: str, payload: str, signature: str) -> Account:
        account = holder(self._accounts, VENUE, key)
        if account is None:
            raise unsigned("Incorrect Access key [Access key错误]")
        expected = b64encode(hmac.new(account.secret.encode(), payload.encode(), sha256).digest())
        if not hmac.compare_digest(expected, signature.encode()):
            raise unsigned("Verification failure [校验失败]")
        return account


def _require_method(method: str | None, version: str | None, expected: str) -> None:
    if method != "HmacSHA256" or version != expected:
        raise unsigned("Incorrect submission method [提交方式错误]")


def _require_now(text: str, now_ms: int) -> None:
    try:
        at_ms = to_ms(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC))
    except ValueError:
        raise unsigned("Invalid timestamp [时间戳错误]") from None
    if abs(now_ms - at_ms) > _SKEW_MAX_MS:
        raise unsigned("Invalid timestamp [时间戳错误]")

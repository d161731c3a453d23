"""What the sender does when it is asked directly: seal, test and forget addresses, tell the key for web push."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from pydantic import ValidationError

from nightdesk.alerts.messages import ChannelSender, of_test
from nightdesk.alerts.model import ChannelId, ChannelKind
from nightdesk.alerts.sealing import Address, AddressUnits, AddressVault
from nightdesk.contracts.alert_messages import (
    SENDER_REQUEST,
    ForgetRequest,
    PushKeyRequest,
    SealRequest,
    SenderRequest,
    TestRequest,
)
from nightdesk.contracts.failures import failure_of
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock

PARTS: Final[Mapping[ChannelKind, frozenset[str]]] = {
    ChannelKind.EMAIL: frozenset({"address"}),
    ChannelKind.TELEGRAM: frozenset({"bot_token", "chat_id"}),
    ChannelKind.DISCORD: frozenset({"url"}),
    ChannelKind.WEBHOOK: frozenset({"url", "secret"}),
    ChannelKind.WEB_PUSH: frozenset({"endpoint", "p256dh", "auth"}),
}
_URLS: Final = ("url", "endpoint")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """What holds addresses.

    Attributes:
        check_url: Raises where a URL must not be sent to.
        push_key: The public key for web push.
    """

    addresses: AddressUnits
    vault: AddressVault
    senders: Mapping[ChannelKind, ChannelSender]
    check_url: Callable[[str], None]
    push_key: Callable[[], str]
    clock: Clock


def answer(custody: Custody, event: object) -> dict[str, Any]:
    """What the operation gives, or why not; never an exception with an address in it."""
    try:
        result = _perform(custody, _parse(event))
    except NightdeskError as error:
        _log.warning("operation refused", extra={"error_code": error.code})
        return {"ok": False, "error": failure_of(error)}
    return {"ok": True, "result": result}


def _parse(event: object) -> SenderRequest:
    try:
        return SENDER_REQUEST.validate_python(event)
    except ValidationError:  # its text could show what was sent
        raise InvalidInput("sender.request_malformed", "The request to the sender is malformed.") from None


def _perform(custody: Custody, request: SenderRequest) -> dict[str, Any]:
    match request:
        case SealRequest():
            _seal(custody, request)
            return {}
        case TestRequest():
            return {"shows_code": _test(custody, request)}
        case ForgetRequest():
            with custody.addresses(TenantId(request.tenant_id)) as store:
                store.delete(TenantId(request.tenant_id), ChannelId(request.channel_id))
            return {}
        case PushKeyRequest():
            return {"public_key": custody.push_key()}
        case _:
            assert_never(request)


def _seal(custody: Custody, request: SealRequest) -> None:
    tenant_id, channel_id = TenantId(request.tenant_id), ChannelId(request.channel_id)
    parts = {name: value.get_secret_value() for name, value in request.parts.items()}
    if parts.keys() != PARTS[request.kind] or not all(parts.values()):
        raise InvalidInput("channel.address_malformed", "Something of the channel's address is missing.")
    for name in _URLS:
        if name in parts:
            custody.check_url(parts[name])
    sealed = custody.vault.seal(tenant_id, channel_id, Address(request.kind, parts), custody.clock.now())
    with custody.addresses(tenant_id) as store:
        store.put(tenant_id, channel_id, sealed)


def _test(custody: Custody, request: TestRequest) -> bool:
    tenant_id, channel_id = TenantId(request.tenant_id), ChannelId(request.channel_id)
    with custody.addresses(tenant_id) as store:
        sealed = store.get(tenant_id, channel_id)
    if sealed is None:
        raise NotFound("channel.gone", "The channel's address is not known.")
    address = custody.vault.open(tenant_id, channel_id, sealed)
    message = of_test(f"test-{channel_id}-{request.code}", request.code, custody.clock.now())
    return custody.senders[address.kind].send(address, message).shows_code

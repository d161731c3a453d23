"""Setting up channels: their addresses go to the sender at once, a test message proves that they arrive."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from nightdesk.alerts.model import Category, Channel, ChannelId, ChannelKind, ChannelState, Severity
from nightdesk.alerts.ports import AlertUnits
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

CHANNELS_MAX: Final = 20
CODE_LASTS: Final = timedelta(minutes=15)
CODE_TRIES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be changed of a channel; None stays as it is."""

    name: str | None = None
    takes_from: Severity | None = None
    categories: frozenset[Category] | None = None
    only_escalated: bool | None = None
    canary_every_s: int | None = None
    paused: bool | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test message; a program that answered with the code has proven that it arrived."""

    shows_code: bool


class SenderGate(Protocol):
    """The one function that may open addresses."""

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, correlation_id: CorrelationId) -> None:
        """Check that the address could be sent to, and keep it sealed.

        Raises:
            InvalidInput: `channel.address_malformed`, `outbound.url_refused`.
            Forbidden: `outbound.address_refused`.
            Unavailable: `sender.unavailable`.
        """
        ...

    def test(self, tenant_id: TenantId, channel_id: ChannelId, code: str, correlation_id: CorrelationId) -> Tested:
        """Send a test message with the code now; raises what the channel says, in our words."""
        ...

    def forget(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        """Forget the channel's address."""
        ...

    def push_key(self, correlation_id: CorrelationId) -> str:
        """The public key that browsers subscribe with: base64url of the uncompressed point."""
        ...


class ChannelService:
    """What a user does with channels."""

    def __init__(
        self,
        *,
        units: AlertUnits,
        gate: SenderGate,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_code: Callable[[], str],
    ) -> None:
        self._units = units
        self._gate = gate
        self._clock = clock
        self._new_id = new_id
        self._new_code = new_code

    def list(self, tenant_id: TenantId) -> tuple[Channel, ...]:
        """Every channel, the oldest first."""
        with self._units(tenant_id) as unit:
            return unit.channels.channels(tenant_id)

    def get(self, tenant_id: TenantId, channel_id: ChannelId) -> Channel:
        """One channel.

        Raises:
            NotFound: `channel.not_found`.
        """
        with self._units(tenant_id) as unit:
            found = unit.channels.channel(tenant_id, channel_id)
        if found is None or found.state is ChannelState.REMOVED:
            raise NotFound("channel.not_found", "There is no such channel.")
        return found

    def add(
        self, tenant_id: TenantId, name: str, address: Address, *, wishes: Wishes, correlation_id: CorrelationId
    ) -> Channel:
        """Seal the address and keep the channel; it is used once it is verified.

        Raises:
            Conflict: `channel.too_many`.
            InvalidInput, Forbidden, Unavailable: As `SenderGate.seal`.
        """
        if len(self.list(tenant_id)) >= CHANNELS_MAX:
            raise Conflict("channel.too_many", f"There may be {CHANNELS_MAX} channels at most.")
        channel = Channel(
            tenant_id=tenant_id,
            channel_id=ChannelId(self._new_id()),
            kind=address.kind,
            name=name,
            hint=hint_of(address),
            state=ChannelState.UNVERIFIED,
            created_at=self._clock.now(),
        )
        self._gate.seal(tenant_id, channel.channel_id, address, correlation_id)
        return self._put(_wished(channel, wishes))

    def change(self, tenant_id: TenantId, channel_id: ChannelId, wishes: Wishes) -> Channel:
        """Change what the wishes say.

        Raises:
            NotFound: `channel.not_found`.
        """
        return self._put(_wished(self.get(tenant_id, channel_id), wishes))

    def remove(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        """Forget its address, and send nothing by it any more.

        Raises:
            NotFound: `channel.not_found`.
        """
        channel = self.get(tenant_id, channel_id)
        self._gate.forget(tenant_id, channel.channel_id, correlation_id)
        with self._units(tenant_id) as unit:
            unit.channels.remove_channel(tenant_id, channel_id)

    def test(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> Channel:
        """Send a test message with a code; a program that answers with the code verifies itself.

        Raises:
            NotFound: `channel.not_found`.
            NightdeskError: What the channel said.
        """
        self.get(tenant_id, channel_id)
        code = self._new_code()
        with self._units(tenant_id) as unit:
            unit.codes.put_code(tenant_id, channel_id, _hash(channel_id, code), self._clock.now() + CODE_LASTS)
        tested = self._gate.test(tenant_id, channel_id, code, correlation_id)
        return self.verify(tenant_id, channel_id, code) if tested.shows_code else self.get(tenant_id, channel_id)

    def verify(self, tenant_id: TenantId, channel_id: ChannelId, code: str) -> Channel:
        """Use the channel from now on, for the code proves that test messages arrive.

        Raises:
            NotFound: `channel.not_found`.
            InvalidInput: `channel.code_wrong`, `channel.code_expired`.
        """
        channel, now = self.get(tenant_id, channel_id), self._clock.now()
        with self._units(tenant_id) as unit:
            kept = unit.codes.try_code(tenant_id, channel_id, now)
        if kept is None or kept[1] > CODE_TRIES_MAX:
            raise InvalidInput("channel.code_expired", "There is no code to compare with any more; send a new test.")
        if not hmac.compare_digest(kept[0], _hash(channel_id, code.strip())):
            raise InvalidInput("channel.code_wrong", "This is not the code of the last test message.")
        verified = replace(channel, state=ChannelState.VERIFIED, state_code=None, verified_at=now, failing_since=None)
        return self._put(verified)

    def push_key(self, correlation_id: CorrelationId) -> str:
        """The public key that browsers subscribe with."""
        return self._gate.push_key(correlation_id)

    def _put(self, channel: Channel) -> Channel:
        with self._units(channel.tenant_id) as unit:
            unit.channels.put_channel(channel)
        return channel


def hint_of(address: Address) -> str:
    """What may be shown of an address: enough to recognise it, too little to use it."""
    parts = address.parts
    match address.kind:
        case ChannelKind.EMAIL:
            name, _, host = parts["address"].partition("@")
            return f"{name[:1]}…@{host}"
        case ChannelKind.TELEGRAM:
            return f"chat …{parts['chat_id'][-4:]}"
        case ChannelKind.DISCORD:
            return f"webhook {parts['url'].split('/')[-2][:4]}…"
        case ChannelKind.WEBHOOK:
            return _host(parts["url"])
        case ChannelKind.WEB_PUSH:
            return _host(parts["endpoint"])


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


def _wished(channel: Channel, wishes: Wishes) -> Channel:
    said = {
        "name": wishes.name,
        "takes_from": wishes.takes_from,
        "categories": wishes.categories,
        "only_escalated": wishes.only_escalated,
        "canary_every_s": wishes.canary_every_s,
    }
    changed = replace(channel, **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]
    if wishes.paused and channel.is_usable:
        return replace(changed, state=ChannelState.PAUSED)
    if wishes.paused is False and channel.state is ChannelState.PAUSED:
        return replace(changed, state=ChannelState.VERIFIED)
    return changed


def _hash(channel_id: ChannelId, code: str) -> bytes:
    return hashlib.sha256(f"{channel_id}:{code}".encode()).digest()

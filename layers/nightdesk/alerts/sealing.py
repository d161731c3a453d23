"""What a channel is reached by: in clear only in the sender's memory, sealed everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from nightdesk.alerts.model import ChannelId, ChannelKind
from nightdesk.kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel leads and what opens it, in clear; no text of it shows either.

    Attributes:
        parts: email: `address`; telegram: `bot_token`, `chat_id`; discord: `url`; webhook: `url`, `secret`;
            web_push: `endpoint`, `p256dh`, `auth`.
    """

    kind: ChannelKind
    parts: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedAddress:
    """An address that only the holder of the wrapping key can open."""

    wrapped_key: bytes = field(repr=False)
    key_source: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    sealed_at: datetime


class AddressVault(Protocol):
    """Seals and opens addresses, each bound to its tenant and channel."""

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, sealed_at: datetime) -> SealedAddress:
        """The address, sealed.

        Raises:
            Unavailable: `vault.unavailable`.
        """
        ...

    def open(self, tenant_id: TenantId, channel_id: ChannelId, sealed: SealedAddress) -> Address:
        """The address.

        Raises:
            Broken: `vault.tampered`: it was sealed for another channel, or changed.
            Unavailable: `vault.unavailable`.
        """
        ...


class AddressStore(Protocol):
    """Sealed addresses, within one transaction of one tenant."""

    def get(self, tenant_id: TenantId, channel_id: ChannelId) -> SealedAddress | None:
        """The channel's."""
        ...

    def put(self, tenant_id: TenantId, channel_id: ChannelId, sealed: SealedAddress) -> None:
        """Keep it in place of any other."""
        ...

    def delete(self, tenant_id: TenantId, channel_id: ChannelId) -> None:
        """Forget it."""
        ...


class AddressUnits(Protocol):
    """Opens transactions of a tenant on sealed addresses."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[AddressStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...

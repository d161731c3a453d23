"""Envelope encryption of channels' addresses: as venue credentials are sealed, in a context of their own.

Each address is sealed under a data key of its own and bound to tenant and channel, so a row copied to another channel
doesn't open, and neither does a venue's credential where an address is expected.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nightdesk.accounts.custody import KeyWrapper
from nightdesk.adapters.vault.sealing import NONCE_BYTES, associated_data, tampered
from nightdesk.alerts.model import ChannelId, ChannelKind
from nightdesk.alerts.sealing import Address, SealedAddress
from nightdesk.kernel.ids import TenantId


class EnvelopeAddressVault:
    """`AddressVault` with AES-256-GCM."""

    def __init__(self, wrapper: KeyWrapper) -> None:
        self._wrapper = wrapper

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, sealed_at: datetime) -> SealedAddress:
        """The address, bound to its channel.

        Raises:
            Unavailable: `vault.unavailable`.
        """
        context = _context(tenant_id, channel_id)
        data_key, wrapped_key = self._wrapper.new_key(context)
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = json.dumps({"kind": address.kind.value, "parts": dict(address.parts)}).encode()
        return SealedAddress(
            wrapped_key=wrapped_key,
            key_source=self._wrapper.source,
            nonce=nonce,
            ciphertext=AESGCM(data_key).encrypt(nonce, plain, associated_data(context)),
            sealed_at=sealed_at,
        )

    def open(self, tenant_id: TenantId, channel_id: ChannelId, sealed: SealedAddress) -> Address:
        """The address.

        Raises:
            Broken: `vault.tampered`.
            Unavailable: `vault.unavailable`.
        """
        context = _context(tenant_id, channel_id)
        data_key = self._wrapper.unwrap(sealed.wrapped_key, context)
        try:
            plain = AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, associated_data(context))
        except InvalidTag:
            raise tampered() from None
        said = json.loads(plain)
        return Address(ChannelKind(said["kind"]), said["parts"])


def _context(tenant_id: TenantId, channel_id: ChannelId) -> dict[str, str]:
    return {"tenant": str(tenant_id), "channel": str(channel_id)}

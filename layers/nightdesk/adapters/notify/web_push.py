"""Web push to browsers: encrypted for the one browser, signed with the desk's own key (VAPID).

Source: RFC 8030 (TTL, Urgency, Topic), RFC 8291 (aes128gcm), RFC 8292 (VAPID), 2026-11. A push service keeps one
message of a topic, and the browser replaces a notification of the same tag, so the same identity is shown once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import ValidationError
from webpush import WebPush, WebPushMessage, WebPushSubscription

from nightdesk.adapters.notify.outbound import Outbound, Request
from nightdesk.adapters.notify.refusals import accept
from nightdesk.alerts.messages import Message, Receipt
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant

KEPT_S: Final = {"info": 4 * 3600, "warning": 24 * 3600, "critical": 24 * 3600}
URGENCY: Final = {"info": "normal", "warning": "high", "critical": "high"}
TEXT_MAX: Final = 1500  # push services take 4 KiB, encrypted
CANARY_KEPT_S: Final = 60
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


class PushKey:
    """The desk's key pair, derived from a secret text so that nothing else has to be made and kept."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(hashes.SHA256(), 48, salt=None, info=b"nightdesk.web_push.v1").derive(secret.encode())
        self._private = ec.derive_private_key(int.from_bytes(derived) % (_ORDER - 1) + 1, ec.SECP256R1())

    @property
    def public(self) -> str:
        """What browsers subscribe with: base64url of the uncompressed point."""
        return encoded(self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def signer(self, contact: str) -> WebPush:
        """What encrypts and signs; push services may write to the contact."""
        private = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return WebPush(private_key=private, public_key=public, subscriber=contact)


class WebPushSender:
    """`ChannelSender` for browsers."""

    def __init__(self, outbound: Outbound, signer: WebPush) -> None:
        self._outbound = outbound
        self._signer = signer

    def send(self, address: Address, message: Message) -> Receipt:
        """Have the browser show a notification."""
        shown: dict[str, object] = {
            "id": message.identity,
            "title": message.title,
            "text": message.text[:TEXT_MAX],
            "severity": message.severity.value,
            "link": message.link or "/alerts",
            "raised_at": format_instant(message.raised_at),
        }
        severity = message.severity.value
        return self._push(address, shown, message.identity, kept_s=KEPT_S[severity], urgency=URGENCY[severity])

    def probe(self, address: Address, identity: str) -> None:
        """Wake the browser for a notification that it takes away at once."""
        self._push(address, {"id": identity, "canary": True}, "canary", kept_s=CANARY_KEPT_S, urgency="low")

    def _push(self, address: Address, shown: dict[str, object], identity: str, *, kept_s: int, urgency: str) -> Receipt:
        message = self._message(address, shown)
        headers = {
            "TTL": str(kept_s),
            "Urgency": urgency,
            "Topic": encoded(hashlib.sha256(identity.encode()).digest())[:32],
            "Content-Encoding": message.headers["content-encoding"],
            "Content-Type": "application/octet-stream",
            "Authorization": message.headers["authorization"],
        }
        request = Request(url=address.parts["endpoint"], body=message.encrypted, headers=headers)
        return Receipt(accept(self._outbound.send(request)).headers.get("location"))

    def _message(self, address: Address, shown: dict[str, object]) -> WebPushMessage:
        parts = address.parts
        keys = {"p256dh": parts["p256dh"], "auth": parts["auth"]}
        try:
            subscription = WebPushSubscription.model_validate({"endpoint": parts["endpoint"], "keys": keys})
            return self._signer.get(json.dumps(shown, separators=(",", ":")), subscription)
        except (ValidationError, ValueError, binascii.Error):
            raise InvalidInput("channel.address_malformed", "The browser's subscription can't be used.") from None


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

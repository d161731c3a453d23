"""Signed webhooks: what alerts and the rules' webhook action share.

The receiver verifies `X-Nightdesk-Signature: t=<unix seconds>,v1=<hex>` where hex is
HMAC-SHA256(secret, "<t>.<identity>." + body), refuses an old `t`, and drops a second message of the same
`X-Nightdesk-Delivery` (the identity): a webhook whose answer was lost is sent again.

Use::

    SignedWebhook(Outbound(OutboundRoute.parse(settings.notify_route)), SystemClock()).send(
        OutboundEvent(url=…, secret=…, name="rule.action.v1", identity=str(run_id), payload={…})
    )
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from nightdesk.adapters.notify.outbound import Answer, Outbound, Request
from nightdesk.adapters.notify.refusals import accept
from nightdesk.kernel.instants import Clock, to_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundEvent:
    """What a webhook is told.

    Attributes:
        secret: The receiver has it too.
        name: Past tense with a version: `alert.raised.v1`.
        identity: The same whenever the same event is sent again.
        payload: What JSON can hold; decimal numbers as strings.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    name: str
    identity: str
    payload: Mapping[str, object]


class SignedWebhook:
    """Sends events, signed."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    def check(self, url: str) -> None:
        """Pass if the URL may be sent to; raises as `Outbound.check` does."""
        self._outbound.check(url)

    def send(self, event: OutboundEvent) -> Answer:
        """The answer of a receiver that took it.

        Raises:
            InvalidInput: `outbound.url_refused`, `channel.refused`, `channel.redirected`: don't send it again.
            Forbidden: `outbound.address_refused`.
            TooLarge: `outbound.too_large`.
            RateLimited: `channel.rate_limited`.
            Unavailable: `outbound.name_unknown`, `outbound.unreachable`, `channel.unavailable`: not taken.
            OutcomeUnknown: `outbound.no_answer`: send the same identity again.
        """
        body = json.dumps({"event": event.name, "id": event.identity, **event.payload}, separators=(",", ":")).encode()
        at_s = to_ms(self._clock.now()) // 1000
        headers = {
            "Content-Type": "application/json",
            "X-Nightdesk-Event": event.name,
            "X-Nightdesk-Delivery": event.identity,
            "X-Nightdesk-Signature": f"t={at_s},v1={signature(event.secret, at_s, event.identity, body)}",
        }
        return accept(self._outbound.send(Request(url=event.url, body=body, headers=headers)))


def signature(secret: str, at_s: int, identity: str, body: bytes) -> str:
    """HMAC-SHA256 in hexadecimal digits over time, identity and body."""
    return hmac.new(secret.encode(), f"{at_s}.{identity}.".encode() + body, hashlib.sha256).hexdigest()

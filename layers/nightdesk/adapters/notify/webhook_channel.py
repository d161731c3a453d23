"""A user's own program, by signed webhooks."""

from __future__ import annotations

from nightdesk.adapters.notify.outbound_webhook import OutboundEvent, SignedWebhook
from nightdesk.alerts.messages import Message, Receipt
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.instants import format_instant


class WebhookSender:
    """`ChannelSender` for programs; they drop a second message of the same identity."""

    def __init__(self, webhook: SignedWebhook) -> None:
        self._webhook = webhook

    def send(self, address: Address, message: Message) -> Receipt:
        """Tell the program; one that answers with the code of a test has proven that it reads."""
        payload: dict[str, object] = {
            "title": message.title,
            "text": message.text,
            "severity": message.severity.value,
            "category": message.category,
            "facts": dict(message.facts),
            "link": message.link,
            "raised_at": format_instant(message.raised_at),
            **({"code": message.code} if message.code else {}),
        }
        answer = self._webhook.send(_event(address, message.name, message.identity, payload))
        shows_code = message.code is not None and message.code.encode() in answer.body
        return Receipt(answer.headers.get("x-request-id"), shows_code=shows_code)

    def probe(self, address: Address, identity: str) -> None:
        """Tell it that this is a canary."""
        self._webhook.send(_event(address, "channel.canary.v1", identity, {}))


def _event(address: Address, name: str, identity: str, payload: dict[str, object]) -> OutboundEvent:
    return OutboundEvent(
        url=address.parts["url"], secret=address.parts["secret"], name=name, identity=identity, payload=payload
    )

"""Discord, by a webhook of a channel there.

Source: Discord developer documentation, Webhook resource (2026-11): `POST {url}?wait=true` answers the message,
`GET {url}` describes the webhook; 429 carries `retry_after` in seconds; `content` has 2,000 characters at most.
"""

from __future__ import annotations

import json
from typing import Final

from nightdesk.adapters.notify.outbound import Answer, Outbound, Request
from nightdesk.adapters.notify.plain_text import full_text
from nightdesk.adapters.notify.refusals import accept
from nightdesk.alerts.messages import Message, Receipt
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import InvalidInput

PREFIXES: Final = ("https://discord.com/api/webhooks/", "https://discordapp.com/api/webhooks/")
TEXT_MAX: Final = 2000
_SILENT: Final = 1 << 12  # SUPPRESS_NOTIFICATIONS


class DiscordSender:
    """`ChannelSender` for Discord; its webhooks offer no way to send twice and be shown once."""

    def __init__(self, outbound: Outbound, origin: str) -> None:
        self._outbound = outbound
        self._origin = origin

    def send(self, address: Address, message: Message) -> Receipt:
        """Write to the channel; nobody is mentioned, whatever the text says."""
        body: dict[str, object] = {
            "content": full_text(message, self._origin)[:TEXT_MAX],
            "allowed_mentions": {"parse": []},
            "flags": _SILENT if message.severity.value == "info" else 0,
        }
        request = Request(
            url=f"{_url(address)}?wait=true",
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        return Receipt(_message_id(accept(self._outbound.send(request))))

    def probe(self, address: Address, identity: str) -> None:
        """Ask for the webhook: it proves that it is there and its token holds, and writes nothing."""
        del identity
        accept(self._outbound.send(Request(url=_url(address), method="GET")))


def _url(address: Address) -> str:
    url = address.parts["url"]
    if not url.startswith(PREFIXES):
        raise InvalidInput("channel.address_malformed", "This is no address of a Discord webhook.")
    return url


def _message_id(answer: Answer) -> str | None:
    try:
        return str(json.loads(answer.body)["id"])
    except (ValueError, KeyError, TypeError):
        return None

"""Telegram, by a bot of the user's own.

Source: Telegram Bot API, https://core.telegram.org/bots/api (2026-11): `sendMessage`, `sendChatAction`;
errors `{"ok": false, "error_code", "description", "parameters": {"retry_after"}}`. Text has 4,096 characters at most.
"""

from __future__ import annotations

import json
from typing import Any, Final

from nightdesk.adapters.notify.outbound import Answer, Outbound, Request
from nightdesk.adapters.notify.plain_text import full_text
from nightdesk.adapters.notify.refusals import accept
from nightdesk.alerts.messages import Message, Receipt
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import RateLimited

HOST: Final = "api.telegram.org"
TEXT_MAX: Final = 4096


class TelegramSender:
    """`ChannelSender` for Telegram; the service offers no way to send twice and be shown once."""

    def __init__(self, outbound: Outbound, origin: str) -> None:
        self._outbound = outbound
        self._origin = origin

    def send(self, address: Address, message: Message) -> Receipt:
        """Write to the chat."""
        text = full_text(message, self._origin)[:TEXT_MAX]
        body = {"text": text, "disable_notification": message.severity.value == "info"}
        answer = self._call(address, "sendMessage", body)
        return Receipt(_message_id(answer))

    def probe(self, address: Address, identity: str) -> None:
        """Show "typing" in the chat: it proves token, chat and the right to write, and leaves nothing behind."""
        del identity
        self._call(address, "sendChatAction", {"action": "typing"})

    def _call(self, address: Address, method: str, body: dict[str, Any]) -> Answer:
        request = Request(
            url=f"https://{HOST}/bot{address.parts['bot_token']}/{method}",
            body=json.dumps({"chat_id": address.parts["chat_id"], **body}).encode(),
            headers={"Content-Type": "application/json"},
        )
        answer = self._outbound.send(request)
        if answer.status == 429:  # noqa: PLR2004 - HTTP
            raise RateLimited("channel.rate_limited", "Telegram takes no more for now.", retry_after_s=_pause(answer))
        return accept(answer)


def _pause(answer: Answer) -> float:
    try:
        return float(json.loads(answer.body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 5.0


def _message_id(answer: Answer) -> str | None:
    try:
        return str(json.loads(answer.body)["result"]["message_id"])
    except (ValueError, KeyError, TypeError):
        return None

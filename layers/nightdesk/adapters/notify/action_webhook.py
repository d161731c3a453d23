"""The webhook action: a firing as JSON, signed with the tenant's own secret, to an address of the user's."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from nightdesk.adapters.notify.outbound_webhook import OutboundEvent, SignedWebhook
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.actions import CallWebhook

EVENT = "rule.fired.v1"


class ActionWebhooks:
    """`WebhookCaller`.

    Args:
        server_secret: What tenants' secrets are made of; read when it is first needed.
    """

    def __init__(self, webhook: SignedWebhook, server_secret: Callable[[], bytes]) -> None:
        self._webhook = webhook
        self._server_secret = server_secret

    def call(self, due: ActionsDue, action: CallWebhook, identity: str) -> None:
        """Post it; the same identity is the same message. Raises as `SignedWebhook.send` does."""
        secret = secret_of(self._server_secret(), due.tenant_id)
        self._webhook.send(
            OutboundEvent(url=action.url, secret=secret, name=EVENT, identity=identity, payload=payload_of(due))
        )


def secret_of(server_secret: bytes, tenant_id: TenantId) -> str:
    """The secret that the tenant's receivers verify with."""
    return hmac.new(server_secret, f"actions:{tenant_id}".encode(), hashlib.sha256).hexdigest()


def payload_of(due: ActionsDue) -> dict[str, object]:
    """What a receiver is told of a firing."""
    return {
        "rule_set_id": str(due.rule_set_id),
        "rule_set": due.rule_set,
        "version": due.rule_set_version,
        "firing_id": str(due.firing_id),
        "fired_at": format_instant(due.fired_at),
        "reason": due.reason,
    }

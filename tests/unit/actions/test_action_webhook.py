from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from nightdesk.adapters.notify.action_webhook import ActionWebhooks, secret_of
from nightdesk.adapters.notify.outbound_webhook import OutboundEvent, SignedWebhook
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.actions import CallWebhook
from tests.builders.action_world import FIRING, TENANT, due_of


@dataclass(slots=True)
class Sender:
    """Keeps what would be sent."""

    sent: list[OutboundEvent] = field(default_factory=list)

    def send(self, event: OutboundEvent) -> None:
        self.sent.append(event)


def test_a_firing_is_posted_under_its_intent_and_signed_with_the_tenants_own_secret() -> None:
    sender = Sender()
    webhooks = ActionWebhooks(cast("SignedWebhook", sender), lambda: b"server")
    webhooks.call(due_of(), CallWebhook(url="https://hooks.example/x"), "firing:1:0:1:act")
    (event,) = sender.sent
    assert (event.url, event.identity) == ("https://hooks.example/x", "firing:1:0:1:act")
    assert event.secret == secret_of(b"server", TENANT) != secret_of(b"server", TenantId(UUID(int=2)))
    assert event.payload["firing_id"] == str(FIRING)
    assert event.payload["reason"] == "Value fell 10 % below its best."

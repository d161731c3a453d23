"""The event bus in EventBridge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nightdesk.accounts.publishing import WaitingEvent
from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.events import EventDetail

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE: Final = "nightdesk"
BATCH_MAX: Final = 10


class EventBridgeBus:
    """Publishes to one bus, ten events a call."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Sequence[WaitingEvent]) -> Sequence[UUID]:
        """Publish the events, at least once each; those that arrived.

        Raises:
            Unavailable: `events.unavailable`: the bus stopped answering.
        """
        arrived: list[UUID] = []
        for start in range(0, len(events), BATCH_MAX):
            arrived += self._put(events[start : start + BATCH_MAX])
        return arrived

    def _put(self, events: Sequence[WaitingEvent]) -> list[UUID]:
        with unavailable("events.unavailable", "The event bus"):
            answer = self._client.put_events(Entries=[self._entry(waiting) for waiting in events])
        results = zip(events, answer["Entries"], strict=True)
        return [waiting.event_id for waiting, result in results if "ErrorCode" not in result]

    def _entry(self, waiting: WaitingEvent) -> PutEventsRequestEntryTypeDef:
        detail = EventDetail(
            event_id=waiting.event_id,
            tenant_id=waiting.tenant_id,
            correlation_id=waiting.correlation_id,
            created_at=waiting.created_at,
            payload=dict(waiting.event.payload),
        )
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": waiting.event.name,
            "Detail": detail.model_dump_json(),
            "Time": waiting.created_at,
        }

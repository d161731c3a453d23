"""What is told on the event bus and over Valkey."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class EventDetail(_Shape):
    """`detail` of an event on the bus `nightdesk`; its `detail-type` is the event's name.

    Names: account.connected.v1, account.disconnected.v1, import.progressed.v1, ledger.recorded.v1.
    """

    event_id: UUID
    tenant_id: UUID
    correlation_id: str
    created_at: datetime
    payload: dict[str, str | int | None]


class ImportProgressed(_Shape):
    """On Valkey's `import.<account_id>`: how an import goes; the fields of the API's ImportProgress, and the tenant."""

    tenant_id: UUID
    import_id: UUID
    account_id: UUID
    state: str
    stage: str | None
    rows_recorded: int
    rows_duplicate: int
    rows_skipped: int
    streams_done: int
    streams_total: int
    progress_ratio: float
    eta_s: float | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None

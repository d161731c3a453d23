"""Messages on the queues."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    tenant_id: UUID
    account_id: UUID
    correlation_id: str = Field(max_length=64)


class ImportRequested(_Message):
    """On `accounts-import`: take this import, or go on with it."""

    import_id: UUID


class RefreshRequested(_Message):
    """On `accounts-refresh`: ask the venue for balances and prices."""

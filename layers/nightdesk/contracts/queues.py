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


class FileImportRequested(_Message):
    """On `files-import`: take this file, or go on with it."""

    file_id: UUID


class RefreshRequested(_Message):
    """On `accounts-refresh`: ask the venue for balances and prices."""


class RangeRequested(BaseModel):
    """On `candles-backfill`, fair by venue: take this range of a market's history, or go on with it."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    range_id: int = Field(ge=1)
    venue: str = Field(max_length=40)
    correlation_id: str = Field(max_length=64)


class ActionsRequested(BaseModel):
    """On `actions.fifo`, in order within the rule set: do what is left of this firing's actions."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    tenant_id: UUID
    rule_set_id: UUID
    firing_id: UUID
    correlation_id: str = Field(max_length=64)


class CandidateTold(BaseModel):
    """On `rules-evaluate`: judge this candidate."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    tenant_id: UUID
    rule_set_id: UUID
    candidate_id: UUID
    correlation_id: str = Field(max_length=64)

"""Messages on the queue `alerts`, and what the sender is asked directly."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from nightdesk.alerts.model import ChannelKind, Work, WorkKind
from nightdesk.kernel.ids import CorrelationId, TenantId


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AlertWork(BaseModel):
    """On `alerts`: deliver, send a digest, look whether one must escalate, try a channel out, look after all.

    Attributes:
        subject: The delivery, channel, alert or canary; nothing to look.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    kind: WorkKind
    tenant_id: UUID | None = None
    subject: UUID | None = None
    correlation_id: str = Field(max_length=64)

    def as_work(self) -> Work:
        """What the domain calls it."""
        return Work(
            kind=self.kind,
            tenant_id=TenantId(self.tenant_id) if self.tenant_id else None,
            subject=self.subject,
            correlation_id=CorrelationId(self.correlation_id),
        )


class _Asked(_Shape):
    tenant_id: UUID
    channel_id: UUID
    correlation_id: str = Field(max_length=64)


class SealRequest(_Asked):
    """Check an address and keep it sealed."""

    operation: Literal["seal"]
    kind: ChannelKind
    parts: dict[str, SecretStr]


class TestRequest(_Asked):
    """Send a test message with a code."""

    __test__ = False

    operation: Literal["test"]
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class ForgetRequest(_Asked):
    """Forget an address."""

    operation: Literal["forget"]


class PushKeyRequest(_Shape):
    """Tell the public key that browsers subscribe with."""

    operation: Literal["push_key"]
    correlation_id: str = Field(max_length=64)


SenderRequest = Annotated[SealRequest | TestRequest | ForgetRequest | PushKeyRequest, Field(discriminator="operation")]
SENDER_REQUEST: TypeAdapter[SenderRequest] = TypeAdapter(SenderRequest)


class SenderFailure(_Shape):
    """An error of ours."""

    kind: str
    code: str
    message: str
    retry_after_s: float | None = None


class SenderAnswer(_Shape):
    """What the sender answers, always."""

    ok: bool
    result: dict[str, Any] = Field(default_factory=dict)
    error: SenderFailure | None = None

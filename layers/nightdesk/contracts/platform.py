"""What whoever runs the platform may order of `orders_reconcile`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HaltPlatform(_Order):
    """Stop everybody's trading."""

    operation: Literal["halt"]
    reason: str = Field(min_length=1, max_length=200)
    allow_reducing: bool = False
    cancel_orders: bool = False


class ResumePlatform(_Order):
    """Let everybody trade again who is not halted himself."""

    operation: Literal["resume"]


PlatformOrder = Annotated[HaltPlatform | ResumePlatform, Field(discriminator="operation")]
PLATFORM_ORDER: TypeAdapter[PlatformOrder] = TypeAdapter(PlatformOrder)

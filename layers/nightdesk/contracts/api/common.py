"""What all shapes of the API share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

DecimalText = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["0.00000012"]}
    ),
]
"""An exact number as plain decimal text: no exponent, no trailing zeros."""

InstantText = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2019-10-11T00:00:11.620000Z"]})
]
"""An instant in UTC."""

HashText = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
"""SHA-256 in hexadecimal digits."""

Ratio = Annotated[float, Field(ge=0, le=1)]


class RequestShape(BaseModel):
    """What a caller sends: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Shape(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class ProblemField(Shape):
    """What is wrong with one part of the request."""

    path: str
    message: str


class ProblemShape(Shape):
    """An error (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    retry_after_s: float | None = None
    errors: list[ProblemField] | None = None


class AmountShape(Shape):
    """So much of an asset."""

    amount: DecimalText
    asset: str


class CheckShape(Shape):
    """Whether a part answers, and how fast."""

    ok: bool
    latency_ms: float | None


class HealthShape(Shape):
    """Whether the desk works."""

    status: str
    version: str
    checks: dict[str, CheckShape]


class VenueShape(Shape):
    """An exchange that can be connected, and what it needs."""

    venue: str
    name: str
    needs: list[str]


class VenueList(Shape):
    """Every venue."""

    items: list[VenueShape]

"""Signing in, and who is signed in."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from nightdesk.contracts.api.common import InstantText, RequestShape, Shape


class SignIn(RequestShape):
    """Credentials."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class UserShape(Shape):
    """The user who is signed in.

    Attributes:
        permissions: CASL rules, the same that the server applies.
    """

    user_id: UUID
    email: str
    tenant_id: UUID
    role: str
    base_asset: str
    display_asset: str
    time_zone: str
    permissions: list[dict[str, Any]]


class SessionShape(Shape):
    """A running session; the refresh token travels only in its cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a password
    expires_at: InstantText
    user: UserShape


class ProfileChange(RequestShape):
    """What a user may change about themselves; what is left out stays."""

    display_asset: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,12}$")] | None = None
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] | None = (
        None
    )

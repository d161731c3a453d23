"""What is asked of the exchange gateway about keys, and how that is put in words and back.

No answer holds a key or the venue's own name for an account.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from nightdesk.accounts.keys import KeyTest, Probe, RevokedKey, Right, Rotation, Verdict
from nightdesk.accounts.model import KeyPermissions
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant

KEY_OPERATIONS = ("rotate", "test_key", "revoke_all")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _AccountRequest(_Shape):
    tenant_id: UUID
    account_id: UUID
    venue: str = Field(max_length=40)
    correlation_id: str = Field(max_length=64)
    asker: str = Field(default="service", max_length=40)


class RotateRequest(_AccountRequest):
    """Check another key of the account and put it in the place of the kept one."""

    operation: Literal["rotate"] = "rotate"
    key: SecretStr = Field(max_length=4096)
    secret: SecretStr = Field(max_length=4096)
    confirmed: bool = False


class TestKeyRequest(_AccountRequest):
    """Try out what the kept key may do."""

    operation: Literal["test_key"] = "test_key"


class RevokeAllRequest(_Shape):
    """Destroy every key of the tenant; or, as a drill, do it and take it back."""

    operation: Literal["revoke_all"] = "revoke_all"
    tenant_id: UUID
    correlation_id: str = Field(max_length=64)
    asker: str = Field(default="service", max_length=40)
    drill: bool


class _PermissionsShape(_Shape):
    may_read: bool
    may_trade: bool
    may_withdraw: bool
    ip_bound: bool | None
    checked_at: datetime


class _ProbeShape(_Shape):
    right: Right
    verdict: Verdict
    asked: str
    code: str | None


class KeyTestShape(_Shape):
    """What a test found."""

    permissions: _PermissionsShape
    probes: tuple[_ProbeShape, ...]
    addresses: tuple[str, ...]
    tested_at: datetime


class RotationShape(_Shape):
    """That another key is kept."""

    test: KeyTestShape
    same_owner: bool | None


class RevokedShape(_Shape):
    """What became of one key."""

    account_id: UUID
    destroyed: bool
    took_ms: float
    code: str | None


KEY_TEST: TypeAdapter[KeyTestShape] = TypeAdapter(KeyTestShape)
ROTATION: TypeAdapter[RotationShape] = TypeAdapter(RotationShape)
REVOKED: TypeAdapter[tuple[RevokedShape, ...]] = TypeAdapter(tuple[RevokedShape, ...])


def test_result(test: KeyTest) -> dict[str, Any]:
    """A test as JSON."""
    permissions = test.permissions
    return {
        "permissions": {
            "may_read": permissions.may_read,
            "may_trade": permissions.may_trade,
            "may_withdraw": permissions.may_withdraw,
            "ip_bound": permissions.ip_bound,
            "checked_at": format_instant(permissions.checked_at),
        },
        "probes": [
            {"right": each.right.value, "verdict": each.verdict.value, "asked": each.asked, "code": each.code}
            for each in test.probes
        ],
        "addresses": list(test.addresses),
        "tested_at": format_instant(test.tested_at),
    }


def test_of(shape: KeyTestShape) -> KeyTest:
    """A test."""
    return KeyTest(
        permissions=KeyPermissions(**shape.permissions.model_dump()),
        probes=tuple(Probe(**probe.model_dump()) for probe in shape.probes),
        addresses=shape.addresses,
        tested_at=shape.tested_at,
    )


def rotation_result(rotation: Rotation) -> dict[str, Any]:
    """A rotation as JSON."""
    return {"test": test_result(rotation.test), "same_owner": rotation.same_owner}


def rotation_of(shape: RotationShape) -> Rotation:
    """A rotation."""
    return Rotation(test=test_of(shape.test), same_owner=shape.same_owner)


def revoked_result(keys: tuple[RevokedKey, ...]) -> list[dict[str, Any]]:
    """What became of keys, as JSON."""
    return [
        {"account_id": str(key.account_id), "destroyed": key.destroyed, "took_ms": key.took_ms, "code": key.code}
        for key in keys
    ]


def revoked_of(shapes: tuple[RevokedShape, ...]) -> tuple[RevokedKey, ...]:
    """What became of keys."""
    return tuple(RevokedKey(AccountId(each.account_id), each.destroyed, each.took_ms, each.code) for each in shapes)

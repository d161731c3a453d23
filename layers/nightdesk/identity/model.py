"""Who asks: users, their tenants, sessions and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from nightdesk.identity.permissions import Rule, may, require, rules_of_role
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import SessionId, TenantId, UserId


class Role(StrEnum):
    """What a user is in the tenant; each role is a list of permission rules."""

    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Whose data it is.

    Attributes:
        base_asset: What its portfolio is valued and its portfolio candles are stored in; never changes.
    """

    tenant_id: TenantId
    name: str
    base_asset: AssetId
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of a tenant.

    Attributes:
        subject: `sub` of the identity provider's tokens.
        base_asset: The tenant's.
        display_asset: What amounts are shown in.
        time_zone: IANA name.
    """

    user_id: UserId
    tenant_id: TenantId
    subject: str
    email: str
    role: Role
    base_asset: AssetId
    display_asset: AssetId
    time_zone: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """From a sign-in to a sign-out, over all refreshed tokens."""

    tenant_id: TenantId
    session_id: SessionId
    user_id: UserId
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What the identity provider hands out at a sign-in or a refresh."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What a verified access token says."""

    subject: str
    session_id: SessionId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileClaims:
    """What a verified identity token says of its person."""

    subject: str
    email: str
    email_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A user with a session that has not ended.

    Attributes:
        expires_at: When the token ends; a websocket must authenticate again by then.
    """

    user: User
    session_id: SessionId
    expires_at: datetime

    @property
    def tenant_id(self) -> TenantId:
        """The tenant every query of this caller names."""
        return self.user.tenant_id

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The permission rules of the caller's role, in CASL's order."""
        return rules_of_role(self.user.role)

    def may(self, action: str, subject: str, fields: Mapping[str, object] | None = None) -> bool:
        """Whether the caller may do the action on the subject."""
        return may(self.rules, action, subject, fields)

    def require(self, action: str, subject: str, fields: Mapping[str, object] | None = None) -> None:
        """Pass if the caller may do the action on the subject.

        Raises:
            Forbidden: `permission.denied`.
        """
        require(self.rules, action, subject, fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session's fresh tokens and who they belong to.

    Attributes:
        refresh_token: Goes into the cookie; None when the provider kept the one it had.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    caller: Caller

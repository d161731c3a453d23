"""Accounts at venues and their imports."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from nightdesk.contracts.api.common import InstantText, Ratio, RequestShape, Shape


class ConnectAccount(RequestShape):
    """A key of the user's at a venue. The secret is sealed at once and never answered."""

    venue: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
    key: Annotated[SecretStr, Field(min_length=1, max_length=512)]
    secret: Annotated[SecretStr, Field(min_length=1, max_length=4096)]
    label: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")
    ]


class PermissionsShape(Shape):
    """What the venue lets the key do."""

    may_read: bool
    may_trade: bool
    may_withdraw: bool
    ip_bound: bool | None
    checked_at: InstantText | None


class ImportProgressShape(Shape):
    """How far the import of an account's history is.

    Attributes:
        progress_ratio: 0 to 1.
        eta_s: Seconds to go at the rate so far, once it is known.
    """

    import_id: UUID
    account_id: UUID
    state: Literal["queued", "running", "done", "failed"]
    stage: str | None
    rows_recorded: int
    rows_duplicate: int
    rows_skipped: int
    streams_done: int
    streams_total: int
    progress_ratio: Ratio
    eta_s: float | None
    queued_at: InstantText
    started_at: InstantText | None
    finished_at: InstantText | None
    error_code: str | None
    error_message: str | None


class MissingHistoryShape(Shape):
    """The range that no venue tells and no file has told yet: a file of it is to be asked for."""

    begins_at: InstantText
    ends_at: InstantText


class AccountShape(Shape):
    """An account at a venue.

    Attributes:
        key_hint: The key's last four characters.
        history_since: The venue told every trade from then on; null: from the beginning.
        history_missing: What was before and is not known; null where nothing can be missing.
    """

    account_id: UUID
    venue: str
    label: str
    state: Literal["checking", "active", "failing", "disconnected", "manual"]
    state_code: str | None
    key_hint: str | None
    permissions: PermissionsShape | None
    created_at: InstantText
    refreshed_at: InstantText | None
    history_since: InstantText | None
    history_missing: MissingHistoryShape | None
    import_: Annotated[ImportProgressShape | None, Field(alias="import")]


class AccountList(Shape):
    """Every account of the tenant, newest last."""

    items: list[AccountShape]


class WebhookShape(Shape):
    """Where the user's own bots may report trades.

    Attributes:
        path: Path of the webhook on this origin, its token in it: only answered when made.
        signing_secret: Signs the raw body with HMAC-SHA256: only answered when made.
    """

    account_id: UUID
    created_at: InstantText
    last_used_at: InstantText | None
    path: str | None = None
    signing_secret: str | None = None

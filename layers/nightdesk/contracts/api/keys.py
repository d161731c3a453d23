"""Keys of accounts: what a thief could do with one, who used it, others in their place, all of them revoked."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from nightdesk.contracts.api.common import AmountShape, InstantText, RequestShape, Shape


class RotateKey(RequestShape):
    """Another key of the same account at the venue. The secret is sealed at once and never answered.

    Attributes:
        confirmed: It is the same account, says the user, where the venue does not tell.
    """

    key: Annotated[SecretStr, Field(min_length=1, max_length=512)]
    secret: Annotated[SecretStr, Field(min_length=1, max_length=4096)]
    confirmed: bool = False


class RevokeAllKeys(RequestShape):
    """All keys are to be revoked, or the way to it walked.

    Attributes:
        confirmation: `DRILL`, or `REVOKE ALL KEYS`.
    """

    mode: Literal["drill", "real"]
    confirmation: Annotated[str, StringConstraints(max_length=40)]


class RightShape(Shape):
    """Whether a key has a right.

    Attributes:
        said: What the venue says; null where it was not asked yet.
        verdict: What the last harmless request of this kind showed.
        asked: That request; empty where no harmless one would tell.
        code: Why the verdict is untold.
        may: To be reckoned with: said, or shown.
        contradicted: The venue says one thing and does another.
    """

    right: Literal["read", "trade", "withdraw"]
    said: bool | None
    verdict: Literal["allowed", "refused", "untold"]
    asked: str
    code: str | None
    may: bool
    contradicted: bool


class StoredShape(Shape):
    """How the key is kept.

    Attributes:
        cipher: How it is sealed.
        key_source: Which key wraps the key that it is sealed with.
        rotations: How often another key took the place of the one before.
    """

    cipher: str
    key_source: str
    sealed_at: InstantText
    rotations: int
    destroyed_at: InstantText | None


class StakeShape(Shape):
    """What a thief could reach now, in the base asset, by what the venue last reported.

    Attributes:
        seen: Worth of all that the key shows.
        tradable: Of which could be traded away.
        withdrawable: Of which could be taken out.
        unpriced: Assets that have no price and are not counted.
    """

    seen: AmountShape
    tradable: AmountShape
    withdrawable: AmountShape
    unpriced: list[str]
    reported_at: InstantText | None


class KeyUseShape(Shape):
    """Uses of a key within one minute that are alike.

    Attributes:
        asker: The function or service that had it done.
        outcome: `ok`, or an error's code.
        correlation_id: Of the last of them.
    """

    asker: str
    operation: str
    outcome: str
    uses: int
    first_at: InstantText
    last_at: InstantText
    correlation_id: str


class KeyUsePage(Shape):
    """Uses, those last used first."""

    items: list[KeyUseShape]
    next_cursor: str | None


class KeyPageShape(Shape):
    """Where the user deletes the key at the venue."""

    url: str
    path: str


class KeyCardShape(Shape):
    """What is known of an account's key.

    Attributes:
        key_hint: The key's last four characters.
        ip_bound: Whether the venue takes it from listed addresses only; null where it does not say.
        addresses: Those addresses, where the venue names them.
        tested_at: When the rights were last tried out.
        same_owner: After a rotation, whether the venue names the same account for both keys.
    """

    account_id: UUID
    venue: str
    label: str
    state: Literal["checking", "active", "failing", "disconnected", "manual"]
    key_hint: str | None
    rights: list[RightShape]
    ip_bound: bool | None
    addresses: list[str]
    tested_at: InstantText | None
    stored: StoredShape | None
    stake: StakeShape
    last_used_at: InstantText | None
    uses: list[KeyUseShape]
    delete_at: KeyPageShape | None
    same_owner: bool | None = None


class RevokedKeyShape(Shape):
    """What became of one key.

    Attributes:
        destroyed: Its sealed copy is gone; at the venue it lives until it is deleted there.
        delete_at: Where to delete it at the venue.
        code: Why it is not destroyed.
    """

    account_id: UUID
    venue: str
    label: str
    key_hint: str | None
    destroyed: bool
    took_ms: float
    code: str | None
    delete_at: KeyPageShape | None


class RevokeStepShape(Shape):
    """A step: `halt`, `keys`, `imports`."""

    name: str
    took_ms: float
    code: str | None


class KeyDrillShape(Shape):
    """That all keys were revoked, or that it was rehearsed."""

    drill_id: UUID
    mode: Literal["drill", "real"]
    actor: str
    started_at: InstantText
    finished_at: InstantText
    keys: int
    destroyed: int
    halted: bool
    took_ms: float


class RevocationShape(Shape):
    """The same with every step and every key."""

    drill: KeyDrillShape
    steps: list[RevokeStepShape]
    keys: list[RevokedKeyShape]


class KeyDrillPage(Shape):
    """Drills and revocations, the latest first."""

    items: list[KeyDrillShape]
    next_cursor: str | None

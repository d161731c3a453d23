"""What may be known of an account's key without opening it, and what a thief could do with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from nightdesk.accounts.model import KeyPermissions
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId

KEY_LENGTH_HINTED: Final = 12
"""Of a shorter key, four characters would be too much."""


class Right(StrEnum):
    """What a key may be good for."""

    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class Verdict(StrEnum):
    """What came of trying a right out."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A request that changes nothing and is refused to keys without the right.

    Attributes:
        asked: The request, as the venue names it; empty where nothing harmless would tell.
        code: Why the verdict is untold, as a stable code.
    """

    right: Right
    verdict: Verdict
    asked: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTest:
    """What a key may do: as the venue says, and as its answers to harmless requests show.

    Attributes:
        addresses: Those the venue takes it from, where it names them.
        owner: The venue's own name for the account; None where it tells none. Kept as a digest only.
    """

    permissions: KeyPermissions
    probes: tuple[Probe, ...]
    addresses: tuple[str, ...] = ()
    owner: str | None = field(default=None, repr=False)
    tested_at: datetime

    def may(self, right: Right) -> bool:
        """Whether it must be taken to have the right: the venue says so, or a probe went through."""
        said = getattr(self.permissions, f"may_{right.value}")
        return said or any(probe.right is right and probe.verdict is Verdict.ALLOWED for probe in self.probes)

    @property
    def contradicted(self) -> tuple[Right, ...]:
        """Rights of which the venue says one thing and does another."""
        return tuple(probe.right for probe in self.probes if self._contradicts(probe))

    def _contradicts(self, probe: Probe) -> bool:
        said = getattr(self.permissions, f"may_{probe.right.value}")
        return probe.verdict is (Verdict.REFUSED if said else Verdict.ALLOWED)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """How a key is kept.

    Attributes:
        key_source: Which key wraps the data key that it is sealed with: `kms:<arn>`, `file:<fingerprint>`.
        rotations: How often another key took the place of the one before.
        test: What its last test found; None if it was never tested.
        destroyed_at: Since then there is no key.
    """

    key_source: str
    sealed_at: datetime
    rotations: int
    test: KeyTest | None
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """That another key is in the place of an account's.

    Attributes:
        same_owner: Whether the venue names the same account for both; None where it could not be told.
    """

    test: KeyTest
    same_owner: bool | None


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """A key that was destroyed, or would have been.

    Attributes:
        code: Why it was not, as a stable code.
    """

    account_id: AccountId
    destroyed: bool
    took_ms: float
    code: str | None = None


class RevokeMode(StrEnum):
    """Whether keys are to be destroyed, or only the way to it walked."""

    DRILL = "drill"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class RevokeStep:
    """A step of revoking everything.

    Attributes:
        code: Why it failed, as a stable code.
    """

    name: str
    took_ms: float
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDrill:
    """That all keys were revoked, or that it was rehearsed.

    Attributes:
        keys: How many there were.
        destroyed: How many of them are gone.
        halted: Whether trading was stopped.
    """

    drill_id: UUID
    mode: RevokeMode
    actor: str
    started_at: datetime
    finished_at: datetime
    keys: int
    destroyed: int
    halted: bool
    took_ms: float


@dataclass(frozen=True, slots=True)
class Revocation:
    """A drill with what became of every key, and how long each step took."""

    drill: KeyDrill
    steps: tuple[RevokeStep, ...]
    keys: tuple[RevokedKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
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
    first_at: datetime
    last_at: datetime
    correlation_id: str


UsePlace = tuple[datetime, str, str, str]
"""Where in the list of uses: last use, asker, operation, outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPage:
    """Where a user deletes a key at a venue.

    Attributes:
        path: What to click there.
    """

    url: str
    path: str


KEY_PAGES: Final[Mapping[VenueId, KeyPage]] = {
    VenueId("binance"): KeyPage(
        url="https://www.binance.com/en/my/settings/api-management", path="Account → API Management → Delete"
    ),
    VenueId("kraken"): KeyPage(
        url="https://pro.kraken.com/app/settings/api", path="Settings → Connections & API → ⋮ → Delete"
    ),
    VenueId("coinbase"): KeyPage(url="https://portal.cdp.coinbase.com/projects/api-keys", path="API keys → ⋮ → Delete"),
    VenueId("bitfinex"): KeyPage(url="https://setting.bitfinex.com/api", path="API keys → Existing keys → Delete"),
    VenueId("htx"): KeyPage(url="https://www.htx.com/en-us/apikey/", path="API Management → Delete"),
}
"""By venue; seen in November 2026."""


def fingerprint(venue: str, key: str) -> bytes:
    """What tells two keys of a venue apart without being either."""
    return hashlib.sha256(f"{venue}:{key}".encode()).digest()


def owner_digest(account_id: AccountId, owner: str | None) -> bytes | None:
    """The venue's name for an account, as it is kept: comparable within one of our accounts, and nowhere else."""
    return None if owner is None else hashlib.sha256(f"{account_id}:{owner}".encode()).digest()


def hint(key: str) -> str | None:
    """The last four characters of a key that is long enough."""
    return key[-4:] if len(key) >= KEY_LENGTH_HINTED else None

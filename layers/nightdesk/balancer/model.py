"""What the balancer speaks of: limits, requests for a place in them, grants, reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import NewType

from nightdesk.kernel.assets import VenueId

EgressName = NewType("EgressName", str)
"""A way out to the venues with an address of its own."""

KeyPrint = NewType("KeyPrint", str)
"""What stands for a venue key in budgets: never the key itself."""

LimitId = NewType("LimitId", str)


class Priority(IntEnum):
    """Who goes first when not everybody can; lower goes first."""

    ORDER = 0
    STOP = 1
    FILL = 2
    """Reads of what is now: open orders and their fills, balances, prices."""
    HISTORY = 3


class LimitKind(StrEnum):
    """How a venue forgets what was used.

    WINDOW forgets everything at fixed instants of its calendar; DECAY lets a counter sink by so much a second;
    RATE allows so many in any stretch of the period.
    """

    WINDOW = "window"
    DECAY = "decay"
    RATE = "rate"


class Scope(StrEnum):
    """Whom the venue counts by."""

    EGRESS = "egress"
    KEY = "key"


class Pin(IntEnum):
    """How a key is tied to an egress."""

    FREE = 0
    SOFT = 1
    """Prefers the egress it used before; moves when that one is gone or banned."""
    HARD = 2
    """Allowed by the venue from one address only: never moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of a venue.

    Attributes:
        limit: Weight, requests or orders allowed; what is granted never passes `usable`.
        period_ms: Of a WINDOW or RATE; 0 for DECAY.
        decay_milli_per_s: Thousandths that a DECAY counter loses each second.
        guard_ms: How far our clock and the venue's may be apart at the edge of a window.
        header: Lower-case response header that tells what is used, if the venue sends one.
        pooled: Shared by users, so priorities and fair shares apply.
        usable_permille: Part of the limit that is ever granted.
    """

    id: LimitId
    kind: LimitKind
    scope: Scope
    limit: int
    period_ms: int = 0
    decay_milli_per_s: int = 0
    guard_ms: int = 0
    header: str = ""
    pooled: bool = False
    usable_permille: int = 1000

    @property
    def usable(self) -> int:
        """What is granted at most."""
        return self.limit * self.usable_permille // 1000

    @property
    def spare(self) -> int:
        """What nobody ever takes: free also when what was used before a budget was made or lost is not known."""
        return self.limit - self.usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a request takes from a limit."""

    limit: Limit
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a request is to the balancer.

    Attributes:
        mutates: Sending it twice may do something twice; it is never sent again.
        cache_ms: How long an answer may serve others; 0 is never. Only unsigned GETs have one.
        batch: The request for everything that this one asks a part of, if there is one.
    """

    venue: VenueId
    costs: tuple[Cost, ...]
    priority: Priority
    mutates: bool
    signed: bool
    cache_ms: int = 0
    batch: Batch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One call that answers many.

    Attributes:
        url: Asks for all.
        field: Names a row of the answer.
        value: The row that was asked for.
        worth: From how many different rows within `cache_ms` the one call is cheaper.
    """

    url: str
    field: str
    value: str
    worth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLimits:
    """The dated table of a venue.

    Attributes:
        source: Document the figures were read from.
        read_at: When.
        hosts: Host names that belong to the venue; a forwarder sends nowhere else.
        key_headers: Lower-case request headers that carry the key.
    """

    venue: VenueId
    source: str
    read_at: date
    hosts: tuple[str, ...]
    limits: Mapping[LimitId, Limit]
    key_headers: tuple[str, ...] = ()


SHARES_PERMILLE: tuple[int, int, int, int] = (100, 50, 60, 100)
"""Guaranteed part of a pooled limit for each priority, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Asks for a place for one request.

    Attributes:
        tenant: Whose fair share it counts to.
        skew_ms: How far the venue's clock is ahead of the budget's.
        exclude: Egresses that just failed.
        only: The one egress that may serve it, e.g. the forwarder that asks.
    """

    venue: VenueId
    costs: tuple[Cost, ...]
    priority: Priority
    tenant: str
    key: KeyPrint = field(default=KeyPrint(""))
    pin: Pin = Pin.FREE
    exclude: frozenset[EgressName] = frozenset()
    only: EgressName | None = None
    skew_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What was taken from where; `late` in the guard at a window's end."""

    limit: Limit
    subject: str
    cost: int
    slot: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A place: send now, from here.

    Attributes:
        url: Where the forwarder of the egress listens; empty for this process's own address.
    """

    venue: VenueId
    egress: EgressName
    url: str
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No place now; ask again after so long."""

    wait_ms: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a granted request.

    Attributes:
        used: By limit, what the venue says is used.
        ban_ms: Stay away from the venue for so long; 0 is no ban.
        ban_key: The ban is the key's, not the egress's.
        sent: False when the request certainly never left: what it took is given back.
        exhausted: Limits that the venue says are used up.
    """

    grant: Grant
    priority: Priority
    key: KeyPrint = field(default=KeyPrint(""))
    used: Mapping[LimitId, int] = field(default_factory=dict)
    ban_ms: int = 0
    ban_key: bool = False
    sent: bool = True
    exhausted: tuple[LimitId, ...] = ()
    waited_ms: int = 0
    status: int = 0
    skew_ms: int = 0


RESERVED = "-"
"""In place of a URL: an egress that serves only who names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """A way out that has a lease.

    Attributes:
        url: Where its forwarder listens; empty for a process's own address; `RESERVED` for one that is never chosen.
        address: What the venues see.
    """

    name: EgressName
    url: str
    address: str

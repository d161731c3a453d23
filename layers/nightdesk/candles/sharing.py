"""How processes share the markets that they stream: in parts, each streamed by one of them. Knows no network."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

from nightdesk.kernel.assets import Instrument, VenueId


@dataclass(frozen=True, slots=True, order=True)
class Share:
    """One of the equal parts that a venue's markets are divided into.

    Attributes:
        number: From 0.
        parts: Into how many parts they are divided.
    """

    venue: VenueId
    number: int = 0
    parts: int = 1

    @property
    def name(self) -> str:
        """`kraken:0/4`; another division has other names."""
        return f"{self.venue}:{self.number}/{self.parts}"

    def has(self, instrument: Instrument) -> bool:
        """Whether the market belongs to this part; the same in every process and release."""
        return instrument.venue == self.venue and crc32(instrument.symbol.encode()) % self.parts == self.number


def shares_of(venues: Iterable[VenueId], parts: int) -> tuple[Share, ...]:
    """Every part of every venue."""
    return tuple(Share(venue, number, parts) for venue in dict.fromkeys(venues) for number in range(parts))


def spread(shares: Iterable[Share], members: Collection[str]) -> dict[Share, str]:
    """Who streams what: nobody more than one part more than evenly, and few parts move when somebody comes or goes.

    Every process that knows the same members comes to the same result.
    """
    ordered = sorted(shares)
    if not members:
        return {}
    most = math.ceil(len(ordered) / len(members))
    taken: dict[str, int] = dict.fromkeys(members, 0)
    found: dict[Share, str] = {}
    for share in ordered:
        free = (member for member in taken if taken[member] < most)
        found[share] = max(free, key=lambda member: (_weight(share, member), member))
        taken[found[share]] += 1
    return found


def _weight(share: Share, member: str) -> bytes:
    return blake2b(f"{share.name}|{member}".encode(), digest_size=8).digest()

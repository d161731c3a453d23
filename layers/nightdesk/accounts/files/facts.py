"""A file's rows as facts: each instant in UTC, each identity of the file's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.model import FileFact, LeftOut, Reading, Said
from nightdesk.accounts.files.multiset import Ranks
from nightdesk.accounts.files.zones import instant_of
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import EntryKind, Fact, Route
from nightdesk.ledger.naming import identified

IDENTITY: Final = "file:"
_HASH_DIGITS = 32
_ROUTE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where facts of a file come from.

    Attributes:
        sha256: Of the file's bytes, in hexadecimal digits.
        venue: Of the account that the file belongs to.
    """

    sha256: str
    venue: VenueId
    zone: ZoneInfo


def digest(content: bytes) -> str:
    """What identifies a file."""
    return hashlib.sha256(content).hexdigest()


def identity_prefix(sha256: str) -> str:
    """What the identities of all facts of the file begin with."""
    return f"{IDENTITY}{sha256[:_HASH_DIGITS]}:"


def file_facts(readings: Iterable[Reading], origin: Origin) -> Iterator[FileFact | LeftOut]:
    """The file's events by line, equal ones numbered, and everything that is left out."""
    ranks = Ranks()
    for reading in sorted(readings, key=lambda each: each.rows[0].line):
        if isinstance(reading, LeftOut):
            yield reading
            continue
        try:
            fact = identified(require_fact(fact_of(reading, origin)), {})
        except RowRefused as refused:
            yield LeftOut(rows=reading.rows, reason=refused.reason, rejected=True, detail=refused.detail)
        except InvalidInput as error:
            yield LeftOut(rows=reading.rows, reason=error.code, rejected=True, detail=error.message)
        else:
            yield FileFact(
                fact=fact, rows=reading.rows, rank=ranks.of(fact), details=reading.details, note=reading.note
            )


def fact_of(said: Said, origin: Origin) -> Fact:
    """The fact an event of the file is.

    Raises:
        RowRefused: Its wall clock's time is none of the zone, or two.
    """
    legs = said.legs
    return Fact(
        kind=said.kind,
        identity=f"{identity_prefix(origin.sha256)}{said.line}",
        source=f"{origin.venue}.file",
        occurred_at=instant_of(said.at, origin.zone),
        legs=legs,
        instrument=Instrument(origin.venue, legs[0].asset, legs[1].asset) if said.kind is EntryKind.TRADE else None,
        route=_route(said),
    )


def _route(said: Said) -> Route | None:
    """The way that a deposit or withdrawal took, as far as the row says."""
    details = said.details
    if said.kind not in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL} or not (details.tx_hash or details.sent_to):
        return None
    return Route(tx_hash=_cut(details.tx_hash), address=_cut(details.sent_to))


def _cut(text: str | None) -> str | None:
    return text.replace("\x00", "")[:_ROUTE_LENGTH_MAX] if text else None

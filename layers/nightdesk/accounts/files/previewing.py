"""What importing a file would do, shown before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from nightdesk.accounts.files.facts import identity_prefix
from nightdesk.accounts.files.model import Cells, FileFact, LeftOut, ZoneRule
from nightdesk.accounts.files.multiset import counted, is_known, likeness
from nightdesk.accounts.files.parsing import Dated, Parsed
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import SavedMapping, StoredFile, ZoneProof
from nightdesk.accounts.files.zones import ZoneFinding, find_zone
from nightdesk.ledger.model import Fact

ROWS_SHOWN: Final = 8
LEFT_OUT_SHOWN: Final = 20
_UTC: Final = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """In which zone the times are, and why.

    Attributes:
        zone: None if the user must say.
        contradicted: Known events prove another zone than the format or mapping says, so it is asked.
    """

    zone: str | None
    proof: ZoneProof | None
    finding: ZoneFinding
    contradicted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A month in which both the file and the ledger tell of events.

    Attributes:
        equal: Events that both tell.
        only_file: Those that only the file tells.
        only_known: Those that only the ledger holds.
        covered: How many of those only the file tells lie within what the venue itself has told.
    """

    month: str
    equal: int
    only_file: int
    only_known: int
    covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What would become of the rows: rows = imported + duplicate + skipped + rejected."""

    rows: int
    imported: int
    duplicate: int
    skipped: int
    rejected: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A file as it would be imported.

    Attributes:
        mapping: The one that it is read with, or that was saved for its header.
        counts: None while the format or the zone is not known.
        venue_span: What the venue itself told of the account.
        reasons: How many rows are left out for each reason.
    """

    file: StoredFile
    header: Cells
    rows: tuple[Cells, ...]
    fingerprint: str
    format_name: str | None
    format_title: str | None
    mapping: SavedMapping | None
    zone: ZoneAnswer
    counts: Counts | None
    facts: tuple[FileFact, ...]
    left_out: tuple[LeftOut, ...]
    reasons: tuple[tuple[str, int], ...]
    overlap: tuple[Overlap, ...]
    venue_span: VenueSpan | None


def answer_zone(
    parsed: Parsed, known: Sequence[Fact], *, given: str | None, mapped: str | None, likely: Sequence[str]
) -> ZoneAnswer:
    """The file's zone: as the user says, as events prove, or as the format promises unless events contradict.

    Args:
        parsed: The file.
        known: Events of the account from elsewhere.
        given: What the user said of this file.
        mapped: What the mapping says of files like this.
        likely: Zones to name where several fit.
    """
    said = parsed.said
    finding = find_zone(said, known, likely)
    if given is not None:
        return ZoneAnswer(zone=given, proof=ZoneProof.GIVEN, finding=finding)
    if all(each.at.tzinfo is not None for each in said):
        return ZoneAnswer(zone=_UTC, proof=ZoneProof.CONTRACT, finding=finding)
    promised = mapped or (_UTC if parsed.form and parsed.form.zone is ZoneRule.UTC else None)
    if promised is None:
        return ZoneAnswer(zone=finding.zone, proof=ZoneProof.PROVEN if finding.zone else None, finding=finding)
    if finding.zone is not None and finding.zone != promised and not _agrees(finding, promised):
        return ZoneAnswer(zone=None, proof=None, finding=finding, contradicted=True)
    return ZoneAnswer(zone=promised, proof=ZoneProof.CONTRACT, finding=finding)


def _agrees(finding: ZoneFinding, promised: str) -> bool:
    return dict(finding.candidates).get(promised, 0) >= finding.matches


def counts_of(read: Dated, known: Sequence[Fact], sha256: str) -> Counts:
    """What would become of the rows, counting equal events."""
    own = {fact.identity for fact in known if fact.identity.startswith(identity_prefix(sha256))}
    others = counted(fact for fact in known if fact.identity not in own)
    duplicate = sum(
        len(each.rows) for each in read.facts if each.fact.identity in own or is_known(each.fact, each.rank, others)
    )
    of_facts = sum(len(each.rows) for each in read.facts)
    rejected = sum(len(each.rows) for each in read.left_out if each.rejected)
    left = sum(len(each.rows) for each in read.left_out)
    return Counts(
        rows=of_facts + left,
        imported=of_facts - duplicate,
        duplicate=duplicate,
        skipped=left - rejected,
        rejected=rejected,
        events=len(read.facts),
    )


def overlaps(facts: Iterable[FileFact], known: Sequence[Fact], covered: VenueSpan | None) -> tuple[Overlap, ...]:
    """Month by month what the file and the ledger both tell, for months in which both tell something."""
    ours = _by_month(each.fact for each in facts)
    theirs = _by_month(known)
    return tuple(_overlap(month, ours[month], theirs[month], covered) for month in sorted(ours.keys() & theirs.keys()))


def _by_month(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    ordered = sorted(facts, key=_month)
    return {month: list(those) for month, those in groupby(ordered, key=_month)}


def _month(fact: Fact) -> str:
    return f"{fact.occurred_at:%Y-%m}"


def _overlap(month: str, ours: Sequence[Fact], theirs: Sequence[Fact], covered: VenueSpan | None) -> Overlap:
    left, right = counted(ours), counted(theirs)
    equal = (left & right).total()
    extra = left - right
    kinds = {likeness(fact): fact.kind for fact in ours}
    inside = sum(count for like, count in extra.items() if covered and covered.covers(kinds[like], like.second))
    return Overlap(month=month, equal=equal, only_file=extra.total(), only_known=(right - left).total(), covered=inside)


def reasons_of(left_out: Iterable[LeftOut]) -> tuple[tuple[str, int], ...]:
    """How many rows each reason leaves out, the most first."""
    reasons: Counter[str] = Counter()
    for each in left_out:
        reasons[each.reason] += len(each.rows)
    return tuple(reasons.most_common())

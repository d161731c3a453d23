"""Files of other tools: uploaded, previewed, imported; and the ledger written as theirs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.contracts.api.common import AmountShape, HashText, InstantText, RequestShape, Shape

FileStateText = Literal["uploading", "queued", "running", "done", "failed"]
Role = Literal[
    "date",
    "type",
    "sent_amount",
    "sent_asset",
    "received_amount",
    "received_asset",
    "amount",
    "asset",
    "fee_amount",
    "fee_asset",
    "tx_hash",
    "identity",
    "note",
]
Kind = Literal[
    "trade",
    "conversion",
    "deposit",
    "withdrawal",
    "transfer",
    "reward",
    "interest",
    "funding",
    "realised_pnl",
    "fee",
    "loan",
    "airdrop",
    "adjustment",
]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+$")]
_Plain = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=_Plain)]
Cell = Annotated[str, StringConstraints(max_length=500)]


class AddFileAccount(RequestShape):
    """An account that is fed by files only; the venue's name is free."""

    venue: Name
    label: Name


class AnnounceFile(RequestShape):
    """A file that is about to come in pieces."""

    account_id: UUID
    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_Plain)]
    size_bytes: Annotated[int, Field(ge=1)]
    sha256: HashText


class PutChunk(RequestShape):
    """A piece of a file, in Base64."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=200_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class MappingShape(RequestShape):
    """What the columns of files with one header mean.

    Attributes:
        fingerprint: Of the header; as a preview told it.
        columns: Where each role stands, counted from 0.
        zone: An IANA name the times are in; null to have it proven or asked for each file.
        date_pattern: As in strptime; empty for the usual ones.
        types: What words in the column of types mean.
    """

    name: Name
    fingerprint: HashText
    header: Annotated[list[Cell], Field(min_length=2, max_length=200)]
    columns: Annotated[dict[Role, Annotated[int, Field(ge=0, le=199)]], Field(min_length=1, max_length=20)]
    zone: ZoneName | None = None
    date_pattern: Annotated[str, StringConstraints(max_length=60)] = ""
    types: Annotated[dict[Cell, Kind], Field(max_length=200)] = Field(default_factory=dict)


class SavedMappingShape(Shape):
    """A mapping that was saved; give `mapping` to another desk to have it there."""

    mapping_id: UUID
    saved_at: InstantText
    mapping: MappingShape


class MappingList(Shape):
    """Every mapping, by name."""

    items: list[SavedMappingShape]


class ReadFile(RequestShape):
    """How to read a file.

    Attributes:
        mapping: For this file; null for what its header says, or the mapping saved for it.
        zone: An IANA name; null to have it found.
    """

    mapping: MappingShape | None = None
    zone: ZoneName | None = None


class CommitFile(ReadFile):
    """How to read a file, and what of it counts where the venue's own history tells of the same time.

    Attributes:
        precedence: `count`: every event beyond as many equal ones as are known. `venue`: nothing.
    """

    precedence: Literal["count", "venue"]


class FileShape(Shape):
    """A file and how far its import is: rows_total = imported + duplicate + skipped + rejected once it is done.

    Attributes:
        chunk_bytes: How long each piece is but the last.
        entries: Events booked: some take several rows.
    """

    file_id: UUID
    account_id: UUID
    name: str
    size_bytes: int
    sha256: HashText
    chunk_bytes: int
    state: FileStateText
    format: str | None
    zone: str | None
    zone_proof: Literal["contract", "proven", "given"] | None
    precedence: Literal["count", "venue"] | None
    rows_total: int
    rows_imported: int
    rows_duplicate: int
    rows_skipped: int
    rows_rejected: int
    entries: int
    events_done: int
    events_total: int
    error_code: str | None
    error_message: str | None
    uploaded_at: InstantText
    finished_at: InstantText | None


class FilePage(Shape):
    """Files, newest first."""

    items: list[FileShape]
    next_cursor: str | None


class KeptRowShape(Shape):
    """A row that became no entry, as it stands in the file."""

    line: int
    reason: str
    rejected: bool
    detail: str
    cells: list[str]


class KeptRowPage(Shape):
    """Rows by line."""

    items: list[KeptRowShape]
    next_cursor: str | None


class MeetingShape(Shape):
    """A row and the known event it tells of.

    Attributes:
        wall: What the file says, without a zone.
    """

    line: int
    wall: str
    at: InstantText
    source: str


class ZoneCandidateShape(Shape):
    """A zone that could be meant, and how many rows meet known events in it."""

    zone: str
    matches: int


class ZoneShape(Shape):
    """In which zone the times are, and why.

    Attributes:
        zone: Null if the user must say.
        matches: Rows that meet known events in the zone that events prove, if they prove one.
        comparable: Rows whose amounts are those of a known event near them.
        proven: The zone that events prove.
        contradicted: The format promises another zone than events prove.
    """

    zone: str | None
    proof: Literal["contract", "proven", "given"] | None
    proven: str | None
    matches: int
    comparable: int
    contradicted: bool
    candidates: list[ZoneCandidateShape]
    examples: list[MeetingShape]


class FileEventShape(Shape):
    """An event of a file as it would be booked."""

    line: int
    rows: int
    kind: str
    occurred_at: InstantText
    legs: list[AmountShape]


class CountsShape(Shape):
    """What would become of the rows: rows = imported + duplicate + skipped + rejected."""

    rows: int
    imported: int
    duplicate: int
    skipped: int
    rejected: int
    events: int


class OverlapShape(Shape):
    """A month in which both the file and the ledger tell of events.

    Attributes:
        covered: How many of the events that only the file tells lie within what the venue itself has told.
    """

    month: str
    equal: int
    only_file: int
    only_known: int
    covered: int


class ReasonShape(Shape):
    """How many rows are left out for a reason."""

    reason: str
    rows: int


class SpanShape(Shape):
    """From the first to the last event.

    Attributes:
        trades_since: The venue tells no older trades; null where it tells all.
    """

    first_at: InstantText
    last_at: InstantText
    trades_since: InstantText | None


class PreviewShape(Shape):
    """A file as it would be imported.

    Attributes:
        format: Null if nobody knows what the header means.
        mapping: The one it is read with.
        rows: The first rows as they stand in the file.
        counts: Null while the format or the zone is not known.
        venue_span: What the venue itself told of the account.
    """

    file: FileShape
    header: list[str]
    rows: list[list[str]]
    fingerprint: HashText
    format: str | None
    format_title: str | None
    mapping: MappingShape | None
    zone: ZoneShape
    counts: CountsShape | None
    events: list[FileEventShape]
    left_out: list[KeptRowShape]
    reasons: list[ReasonShape]
    overlap: list[OverlapShape]
    venue_span: SpanShape | None


class ExportFormatShape(Shape):
    """A format that the ledger can be written in."""

    format: str
    title: str
    file_name: str


class FileFormatList(Shape):
    """Formats that are known by their header, and those that can be written."""

    imports: list[str]
    exports: list[ExportFormatShape]


class LossShape(Shape):
    """Something about one entry that the format can't say."""

    account_id: UUID
    sequence: int
    reason: Literal["entry", "time", "kind", "split", "legs", "balances"]


class ExportPart(Shape):
    """A part of an export: the file is head, the parts' bodies with the separator between, tail.

    Attributes:
        losses: What the format can't say of these entries.
    """

    format: str
    file_name: str
    media_type: str
    head: str
    body: str
    separator: str
    tail: str
    entries: int
    losses: list[LossShape]
    next_cursor: str | None

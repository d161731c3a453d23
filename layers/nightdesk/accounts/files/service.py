"""Uploading, previewing and committing files, and the mappings they are read with."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from nightdesk.accounts import errors as account_errors
from nightdesk.accounts.files import errors
from nightdesk.accounts.files.facts import digest
from nightdesk.accounts.files.mapping import ColumnMapping, require_mapping
from nightdesk.accounts.files.model import Said
from nightdesk.accounts.files.parsing import Dated, Parsed, dated, parse
from nightdesk.accounts.files.ports import FileQueue, FilesUnit, FilesUnits
from nightdesk.accounts.files.previewing import (
    LEFT_OUT_SHOWN,
    ROWS_SHOWN,
    Preview,
    ZoneAnswer,
    answer_zone,
    counts_of,
    overlaps,
    reasons_of,
)
from nightdesk.accounts.files.registry import fingerprint
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import (
    FileId,
    FileState,
    KeptRow,
    MappingId,
    Precedence,
    SavedMapping,
    StoredFile,
    job_of,
)
from nightdesk.accounts.files.zones import OFFSET_MAX, require_zone
from nightdesk.accounts.model import Account, AccountState, Event
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, IdFactory, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.model import Fact

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
CHUNK_BYTES_MAX: Final = 128 * 1024
"""A piece in Base64 fits a request of 256 KiB."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_LABEL_LENGTH_MAX = 80
_DAY = timedelta(days=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the user wants a file to be read.

    Attributes:
        mapping: For this file, saved or not; None for what its header says, or a mapping saved for it.
        zone: An IANA name; None to have it found.
        likely: The user's own zone, named where several fit.
    """

    mapping: ColumnMapping | None = None
    zone: str | None = None
    likely: tuple[str, ...] = ()


class FilesService:
    """What the routes of files call. Every method acts for one tenant; another's ids are not found."""

    def __init__(self, *, units: FilesUnits, queue: FileQueue, clock: Clock, new_id: IdFactory) -> None:
        self._units = units
        self._queue = queue
        self._clock = clock
        self._new_id = new_id

    def add_account(self, tenant_id: TenantId, *, venue: str, label: str, correlation_id: CorrelationId) -> Account:
        """Make an account that is fed by files only.

        Raises:
            InvalidInput: `accounts.label_malformed`.
        """
        if not 0 < len(label.strip()) <= _LABEL_LENGTH_MAX:
            raise InvalidInput("accounts.label_malformed", f"A label has 1 to {_LABEL_LENGTH_MAX} characters.")
        account = Account(
            tenant_id=tenant_id,
            account_id=AccountId(self._new_id()),
            venue=VenueId(_NOT_SLUG.sub("_", venue.lower()).strip("_")[:40] or "files"),
            label=label.strip(),
            state=AccountState.MANUAL,
            created_at=self._clock.now(),
        )
        with self._units(tenant_id) as unit:
            unit.accounts.add(account, hashlib.sha256(account.account_id.bytes).digest())
            payload = {"account_id": str(account.account_id), "venue": str(account.venue), "label": account.label}
            connected = Event(name="account.connected.v1", payload=payload)
            unit.outbox.add(tenant_id, connected, correlation_id, account.created_at)
        return account

    def announce(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        *,
        name: str,
        size_bytes: int,
        sha256: str,
        correlation_id: CorrelationId,
    ) -> StoredFile:
        """Make room for a file that comes in pieces of `CHUNK_BYTES_MAX`.

        Raises:
            InvalidInput: `files.announcement_malformed`.
            NotFound: `accounts.not_found`.
            TooLarge: `files.too_large`.
        """
        if size_bytes > FILE_BYTES_MAX:
            raise errors.too_large(FILE_BYTES_MAX)
        if size_bytes < 1 or not _SHA256.fullmatch(sha256) or not _PRINTABLE.fullmatch(name):
            raise InvalidInput("files.announcement_malformed", "A file has a name, a size and a SHA-256.")
        file = StoredFile(
            tenant_id=tenant_id,
            file_id=FileId(self._new_id()),
            account_id=account_id,
            name=name,
            size_bytes=size_bytes,
            sha256=sha256,
            state=FileState.UPLOADING,
            correlation_id=correlation_id,
            uploaded_at=self._clock.now(),
        )
        with self._units(tenant_id) as unit:
            _account(unit, tenant_id, account_id)
            unit.files.add(file)
        return file

    def put_chunk(self, tenant_id: TenantId, file_id: FileId, position: int, content: bytes) -> None:
        """Keep a piece; the same piece may come again.

        Raises:
            NotFound: `files.not_found`.
            InvalidInput: `files.chunk_malformed`.
            Conflict: `files.already_committed`.
        """
        with self._units(tenant_id) as unit:
            file = _uncommitted(unit, tenant_id, file_id)
            if len(content) != _chunk_size(file, position):
                raise errors.chunk_malformed()
            unit.files.put_chunk(tenant_id, file_id, position, content)

    def preview(self, tenant_id: TenantId, file_id: FileId, wanted: Reading) -> Preview:
        """What importing the file would do.

        Raises:
            NotFound: `files.not_found`.
            Conflict: `files.incomplete`, `files.already_committed`.
            InvalidInput: `files.not_text`, `files.no_header`, `files.mapping_malformed`, `files.zone_unknown`.
            TooLarge: `files.too_many_rows`.
        """
        _require(wanted)
        with self._units(tenant_id) as unit:
            file = _uncommitted(unit, tenant_id, file_id)
            return _previewed(unit, file, wanted)

    def commit(self, tenant_id: TenantId, file_id: FileId, wanted: Reading, precedence: Precedence) -> StoredFile:
        """Have the file imported as the preview showed; committing again changes nothing.

        Raises:
            NotFound: `files.not_found`.
            Conflict: `files.incomplete`, `files.format_unknown`, `files.zone_needed`.
            InvalidInput: As `preview`.
        """
        _require(wanted)
        with self._units(tenant_id) as unit:
            file = unit.files.lock(tenant_id, file_id)
            if file is None or file.state is FileState.REMOVED:
                raise errors.not_found()
            if file.state is not FileState.UPLOADING:
                return file
            seen = _previewed(unit, file, wanted)
            if seen.format_name is None:
                raise errors.format_unknown()
            if seen.zone.zone is None:
                raise errors.zone_needed()
            now = self._clock.now()
            file = replace(
                file,
                state=FileState.QUEUED,
                format_name=seen.format_name,
                mapping=seen.mapping.mapping if seen.mapping else None,
                zone=seen.zone.zone,
                zone_proof=seen.zone.proof,
                precedence=precedence,
                queued_at=now,
                heartbeat_at=now,
            )
            unit.files.save(file)
        self._send(file)
        return file

    def get(self, tenant_id: TenantId, file_id: FileId) -> StoredFile:
        """The file and how far its import is.

        Raises:
            NotFound: `files.not_found`.
        """
        with self._units(tenant_id) as unit:
            file = unit.files.get(tenant_id, file_id)
        if file is None or file.state is FileState.REMOVED:
            raise errors.not_found()
        return file

    def newest(self, tenant_id: TenantId, before: tuple[datetime, FileId] | None, limit: int) -> tuple[StoredFile, ...]:
        """At most so many files, newest first."""
        with self._units(tenant_id) as unit:
            return unit.files.newest(tenant_id, before, limit)

    def rows(
        self, tenant_id: TenantId, file_id: FileId, after: int, limit: int, *, rejected: bool | None = None
    ) -> tuple[KeptRow, ...]:
        """Rows that became no entry, in the order of their lines.

        Raises:
            NotFound: `files.not_found`.
        """
        self.get(tenant_id, file_id)
        with self._units(tenant_id) as unit:
            return unit.files.rows(tenant_id, file_id, after, limit, rejected=rejected)

    def remove(self, tenant_id: TenantId, file_id: FileId) -> None:
        """Forget a file that was not committed.

        Raises:
            NotFound: `files.not_found`.
            Conflict: `files.already_committed`.
        """
        with self._units(tenant_id) as unit:
            file = _uncommitted(unit, tenant_id, file_id)
            unit.files.forget_content(tenant_id, file_id)
            unit.files.save(replace(file, state=FileState.REMOVED))

    def mappings(self, tenant_id: TenantId) -> tuple[SavedMapping, ...]:
        """Every mapping, by name."""
        with self._units(tenant_id) as unit:
            return unit.files.mappings(tenant_id)

    def save_mapping(self, tenant_id: TenantId, mapping: ColumnMapping) -> SavedMapping:
        """Keep a mapping under its name; one of that name is replaced.

        Raises:
            InvalidInput: `files.mapping_malformed`, `files.zone_unknown`.
        """
        require_mapping(mapping)
        with self._units(tenant_id) as unit:
            same = [each for each in unit.files.mappings(tenant_id) if each.mapping.name == mapping.name]
            mapping_id = same[0].mapping_id if same else MappingId(self._new_id())
            saved = SavedMapping(mapping_id=mapping_id, mapping=mapping, saved_at=self._clock.now())
            unit.files.put_mapping(tenant_id, saved)
        return saved

    def remove_mapping(self, tenant_id: TenantId, mapping_id: MappingId) -> None:
        """Forget a mapping; files that were read with it keep what they say.

        Raises:
            NotFound: `files.mapping_not_found`.
        """
        with self._units(tenant_id) as unit:
            if not unit.files.remove_mapping(tenant_id, mapping_id):
                raise errors.mapping_not_found()

    def _send(self, file: StoredFile) -> None:
        # The row is the truth; what a queue did not take, the sweeper sends.
        try:
            self._queue.send(job_of(file))
        except Unavailable as error:
            _log.warning("file left to the sweeper: %s", error.code)


def _require(wanted: Reading) -> None:
    if wanted.mapping is not None:
        require_mapping(wanted.mapping)
    if wanted.zone is not None:
        require_zone(wanted.zone)


def _account(unit: FilesUnit, tenant_id: TenantId, account_id: AccountId) -> Account:
    account = unit.accounts.get(tenant_id, account_id)
    if account is None or account.state in {AccountState.DISCONNECTED, AccountState.CHECKING}:
        raise account_errors.not_found()
    return account


def _uncommitted(unit: FilesUnit, tenant_id: TenantId, file_id: FileId) -> StoredFile:
    file = unit.files.lock(tenant_id, file_id)
    if file is None or file.state is FileState.REMOVED:
        raise errors.not_found()
    if file.state is not FileState.UPLOADING:
        raise errors.already_committed()
    return file


def _chunk_size(file: StoredFile, position: int) -> int:
    rest = file.size_bytes - position * CHUNK_BYTES_MAX
    return min(rest, CHUNK_BYTES_MAX) if position >= 0 else -1


def _previewed(unit: FilesUnit, file: StoredFile, wanted: Reading) -> Preview:
    content = unit.files.content(file.tenant_id, file.file_id)
    if len(content) != file.size_bytes or digest(content) != file.sha256:
        raise errors.incomplete()
    account = _account(unit, file.tenant_id, file.account_id)
    parsed, mapping = _parsed(unit, file, content, wanted)
    known = _known(unit, file, parsed.said)
    zone = answer_zone(
        parsed,
        known,
        given=wanted.zone,
        mapped=mapping.mapping.zone if mapping else None,
        likely=wanted.likely,
    )
    read = dated(parsed, file.sha256, account.venue, require_zone(zone.zone)) if parsed.form and zone.zone else None
    span = unit.known.venue_span(file.tenant_id, file.account_id)
    return _shown(file, parsed, _Found(mapping, zone, read, tuple(known), span))


def _parsed(unit: FilesUnit, file: StoredFile, content: bytes, wanted: Reading) -> tuple[Parsed, SavedMapping | None]:
    """The file as the user's mapping reads it, or the one saved for its header, or its header itself."""
    if wanted.mapping is not None:
        given = SavedMapping(mapping_id=MappingId(file.file_id), mapping=wanted.mapping, saved_at=file.uploaded_at)
        return parse(content, wanted.mapping), given
    parsed = parse(content, None)
    if parsed.form is not None:
        return parsed, None
    mark = fingerprint(parsed.table)
    saved = [each for each in unit.files.mappings(file.tenant_id) if each.mapping.fingerprint == mark]
    if not saved:
        return parsed, None
    newest = max(saved, key=lambda each: each.saved_at)
    return parse(content, newest.mapping), newest


def _known(unit: FilesUnit, file: StoredFile, said: Sequence[Said]) -> tuple[Fact, ...]:
    """What the ledger holds around the file's times, whatever zone they are in."""
    if not said:
        return ()
    walls = [each.at if each.at.tzinfo else each.at.replace(tzinfo=UTC) for each in said]
    margin = OFFSET_MAX + _DAY
    return unit.known.between(file.tenant_id, file.account_id, (min(walls) - margin, max(walls) + margin))


@dataclass(frozen=True, slots=True)
class _Found:
    mapping: SavedMapping | None
    zone: ZoneAnswer
    read: Dated | None
    known: tuple[Fact, ...]
    span: VenueSpan | None


def _shown(file: StoredFile, parsed: Parsed, found: _Found) -> Preview:
    read = found.read
    left_out = read.left_out if read else ()
    return Preview(
        file=file,
        header=parsed.table.header,
        rows=tuple(row.cells for row in parsed.table.rows[:ROWS_SHOWN]),
        fingerprint=fingerprint(parsed.table),
        format_name=parsed.form.name if parsed.form else None,
        format_title=parsed.form.title if parsed.form else None,
        mapping=found.mapping,
        zone=found.zone,
        counts=counts_of(read, found.known, file.sha256) if read else None,
        facts=read.facts[:ROWS_SHOWN] if read else (),
        left_out=left_out[:LEFT_OUT_SHOWN],
        reasons=reasons_of(left_out),
        overlap=overlaps(read.facts, found.known, found.span) if read else (),
        venue_span=found.span,
    )

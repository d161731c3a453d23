"""The import of one file: page by page, each page once, whoever dies in between.

The file's row is the truth, as an import's row is (`accounts.importing`): a worker takes it by counting `attempts` up,
every page's transaction locks it again and stops if the count has moved. A page holds events, their rows' counts and
the position; which of them are known already is counted while nobody else can append to the account's ledger.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.facts import identity_prefix
from nightdesk.accounts.files.model import FileFact, LeftOut
from nightdesk.accounts.files.multiset import Likeness, counted, is_known
from nightdesk.accounts.files.parsing import SECOND, Dated, dated, kept_rows, parse
from nightdesk.accounts.files.ports import FileImportUnit, FileImportUnits, FileQueue, SilentFiles
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import (
    EntryDetails,
    FileJob,
    FileState,
    Precedence,
    StoredFile,
    job_of,
)
from nightdesk.accounts.files.zones import require_zone
from nightdesk.accounts.model import AccountRef, Event
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.instants import Clock

EVENTS_A_PAGE: Final = 500
STOP_BEFORE_S: Final = 20.0
SILENT_AFTER: Final = timedelta(minutes=3)
"""Longer than a worker may take, so that none is at work on what is silent so long."""

FILES_A_SWEEP: Final = 100
_log = logging.getLogger(__name__)


class _Taken(Exception):
    """Another worker has taken the file."""


class FileImportService:
    """Runs imports of files that a queue hands out."""

    def __init__(self, *, units: FileImportUnits, queue: FileQueue, clock: Clock) -> None:
        self._units = units
        self._queue = queue
        self._clock = clock

    def run(self, job: FileJob, remaining_s: Callable[[], float]) -> None:
        """Import until the end of the file or of the worker.

        Args:
            job: Delivered any number of times.
            remaining_s: How long the worker may still work.

        Raises:
            Unavailable: The database does not answer: deliver the job again.
        """
        claimed = self._claim(job)
        if claimed is None:
            return
        try:
            self._work(*claimed, remaining_s)
        except _Taken:
            _log.info("file taken over by another worker", extra={"file_id": str(job.file_id)})
        except NightdeskError as error:
            if error.retryable:
                raise
            self._fail(claimed[0], error)

    def _claim(self, job: FileJob) -> tuple[StoredFile, AccountRef, Dated] | None:
        """Take the file for this worker; None if there is nothing to do."""
        with self._units(job.tenant_id) as unit:
            file = unit.files.lock(job.tenant_id, job.file_id)
            account = unit.accounts.get(job.tenant_id, job.account_id)
            if file is None or account is None or not file.state.is_open:
                return None
            now = self._clock.now()
            file = replace(
                file,
                state=FileState.RUNNING,
                attempts=file.attempts + 1,
                started_at=file.started_at or now,
                heartbeat_at=now,
            )
            unit.files.save(file)
            content = unit.files.content(job.tenant_id, job.file_id)
        parsed = parse(content, file.mapping)
        read = dated(parsed, file.sha256, account.venue, require_zone(file.zone or ""))
        ref = AccountRef(
            tenant_id=file.tenant_id,
            account_id=file.account_id,
            venue=account.venue,
            correlation_id=file.correlation_id,
        )
        return file, ref, read

    def _work(self, file: StoredFile, ref: AccountRef, read: Dated, remaining_s: Callable[[], float]) -> None:
        file = self._begin(file, read)
        while file.position < len(read.facts):
            if remaining_s() <= STOP_BEFORE_S:
                self._send(file)
                return
            page = read.facts[file.position : file.position + EVENTS_A_PAGE]
            file = self._book(file, ref, page)
        self._finish(file, ref)

    def _begin(self, file: StoredFile, read: Dated) -> StoredFile:
        """Keep what is left out, once."""
        if file.rows_total:
            return file
        rows = kept_rows(read.left_out)
        rejected = sum(1 for row in rows if row.rejected)
        with self._units(file.tenant_id) as unit:
            self._lock(unit, file)
            unit.files.add_rows(file.tenant_id, file.file_id, rows)
            changed = replace(
                file,
                rows_total=len(rows) + sum(len(each.rows) for each in read.facts),
                rows_rejected=rejected,
                rows_skipped=len(rows) - rejected,
                events_total=len(read.facts),
            )
            unit.files.save(changed)
        return changed

    def _book(self, file: StoredFile, ref: AccountRef, page: Sequence[FileFact]) -> StoredFile:
        now = self._clock.now()
        with self._units(file.tenant_id) as unit:
            self._lock(unit, file)
            unit.known.lock(file.tenant_id, file.account_id)
            fresh, known, preceded = _sorted_out(unit, file, page)
            if fresh:
                unit.facts.record(ref, [each.fact for each in fresh], now)
            unit.files.add_details(file.tenant_id, file.account_id, _details(fresh))
            unit.files.add_rows(file.tenant_id, file.file_id, kept_rows(preceded))
            changed = replace(
                file,
                position=file.position + len(page),
                entries=file.entries + len(fresh),
                rows_imported=file.rows_imported + _rows(fresh),
                rows_duplicate=file.rows_duplicate + _rows(known),
                rows_skipped=file.rows_skipped + sum(len(each.rows) for each in preceded),
                heartbeat_at=now,
            )
            unit.files.save(changed)
            self._tell(unit, changed, "ledger.recorded.v1", entries=changed.entries - file.entries)
        return changed

    def _finish(self, file: StoredFile, ref: AccountRef) -> None:
        now = self._clock.now()
        with self._units(file.tenant_id) as unit:
            self._lock(unit, file)
            unit.facts.settle(ref, now)
            done = replace(
                file, state=FileState.DONE, error_code=None, error_message=None, heartbeat_at=now, finished_at=now
            )
            unit.files.save(done)
            self._tell(unit, done, "file.imported.v1", entries=done.entries)

    def _fail(self, file: StoredFile, error: NightdeskError) -> None:
        with self._units(file.tenant_id) as unit:
            present = unit.files.lock(file.tenant_id, file.file_id)
            if present is None or present.attempts != file.attempts:
                return
            now = self._clock.now()
            unit.files.save(
                replace(
                    present,
                    state=FileState.FAILED,
                    error_code=error.code,
                    error_message=error.message,
                    heartbeat_at=now,
                    finished_at=now,
                )
            )
        _log.error("file failed", extra={"error_code": error.code})

    def _lock(self, unit: FileImportUnit, file: StoredFile) -> None:
        present = unit.files.lock(file.tenant_id, file.file_id)
        if present is None or present.attempts != file.attempts or not present.state.is_open:
            raise _Taken

    def _tell(self, unit: FileImportUnit, file: StoredFile, name: str, *, entries: int) -> None:
        ids: dict[str, str | int | None] = {"account_id": str(file.account_id), "file_id": str(file.file_id)}
        event = Event(name=name, payload={**ids, "entries": entries})
        unit.outbox.add(file.tenant_id, event, file.correlation_id, self._clock.now())

    def _send(self, file: StoredFile) -> None:
        try:
            self._queue.send(job_of(file))
        except Unavailable as error:
            _log.warning("file left to the sweeper: %s", error.code)


class FileSweeper:
    """Sends again what a queue lost; runs each minute, over all tenants."""

    def __init__(self, files: SilentFiles, queue: FileQueue, clock: Clock) -> None:
        self._files = files
        self._queue = queue
        self._clock = clock

    def sweep(self) -> int:
        """Send silent files again; how many were sent.

        Raises:
            Unavailable: The database or the queue does not answer; the next sweep goes on.
        """
        silent = self._files.silent(self._clock.now() - SILENT_AFTER, FILES_A_SWEEP)
        for job in silent:
            self._queue.send(job)
        return len(silent)


def _sorted_out(
    unit: FileImportUnit, file: StoredFile, page: Sequence[FileFact]
) -> tuple[list[FileFact], list[FileFact], list[LeftOut]]:
    """What is new, what others told already, and what the venue's own history takes precedence over."""
    known = known_around(unit, file, [each.fact.occurred_at for each in page])
    booked = unit.known.booked(file.tenant_id, file.account_id, [each.fact.identity for each in page])
    covered = _covered(unit, file)
    fresh: list[FileFact] = []
    told: list[FileFact] = []
    preceded: list[LeftOut] = []
    for each in page:
        if each.fact.identity in booked or is_known(each.fact, each.rank, known):
            told.append(each)
        elif covered and covered.covers(each.fact.kind, each.fact.occurred_at):
            preceded.append(LeftOut(rows=each.rows, reason=errors.SOURCE_PRECEDES, rejected=False))
        else:
            fresh.append(each)
    return fresh, told, preceded


def known_around(unit: FileImportUnit, file: StoredFile, instants: Sequence[datetime]) -> Counter[Likeness]:
    """How often others told of each event in the seconds of these instants."""
    span = min(instants).replace(microsecond=0), max(instants).replace(microsecond=0) + SECOND
    mine = identity_prefix(file.sha256)
    facts = unit.known.between(file.tenant_id, file.account_id, span)
    return counted(fact for fact in facts if not fact.identity.startswith(mine))


def _covered(unit: FileImportUnit, file: StoredFile) -> VenueSpan | None:
    if file.precedence is not Precedence.VENUE:
        return None
    return unit.known.venue_span(file.tenant_id, file.account_id)


def _details(facts: Sequence[FileFact]) -> list[EntryDetails]:
    return [
        EntryDetails(identity=each.fact.identity, details=each.details, note=each.note)
        for each in facts
        if each.details or each.note
    ]


def _rows(facts: Sequence[FileFact]) -> int:
    return sum(len(each.rows) for each in facts)

"""The import of an account's history: page by page, each page once, whoever dies in between.

The import's row is the truth. A worker takes it by counting `attempts` up under the row's lock; from then on it alone
may write, because every page's transaction locks the row again and stops if the count has moved. So a message that
is delivered twice, to two workers at once or after a kill, loses and doubles nothing: facts, cursor, counters and
events of a page are one transaction, and the ledger itself takes each identity once.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from nightdesk.accounts import errors, import_notices
from nightdesk.accounts.import_pace import Pace
from nightdesk.accounts.model import (
    AccountRef,
    AccountState,
    Cursor,
    Event,
    HistoryPage,
    ImportJob,
    ImportProgress,
    ImportState,
    KnownHistory,
    StreamPosition,
    StreamStart,
)
from nightdesk.accounts.ports import (
    Booked,
    ImportQueue,
    ImportUnit,
    ImportUnits,
    ProgressChannel,
    VenueGateway,
)
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.instants import Clock

STOP_BEFORE_S = 20.0
"""A worker stops so long before its end and sends the rest to the next."""

PAUSE_S = 15.0
PAUSE_MAX_S = 900.0
RATIO_MAX_OPEN = 0.999

_log = logging.getLogger(__name__)


class _Taken(Exception):
    """Another worker has taken the import."""


class _VenueFailed(Exception):
    """The gateway could not give what was asked; carries why."""

    def __init__(self, error: NightdeskError) -> None:
        super().__init__(error.code)
        self.error = error


class ImportService:
    """Runs imports that a queue hands out."""

    def __init__(
        self,
        *,
        units: ImportUnits,
        gateway: VenueGateway,
        queue: ImportQueue,
        channel: ProgressChannel,
        clock: Clock,
    ) -> None:
        self._units = units
        self._gateway = gateway
        self._queue = queue
        self._channel = channel
        self._clock = clock

    def run(self, job: ImportJob, remaining_s: Callable[[], float]) -> None:
        """Import until the end, the worker's end, or a venue that wants to be left alone.

        Args:
            job: Delivered any number of times.
            remaining_s: How long this worker may still run.

        Raises:
            Unavailable: `database.unavailable`: deliver the job again.
        """
        ref = self._claim(job)
        if ref is None:
            return
        try:
            with _Ahead(self._gateway, ref[0]) as ahead:
                self._work(_Worker(self._units, self._channel, self._clock, *ref), ahead, remaining_s)
        except _Taken:
            _log.info("import taken over by another worker", extra={"import_id": str(job.import_id)})

    def _claim(self, job: ImportJob) -> tuple[AccountRef, ImportProgress] | None:
        """Take the import for this worker; None if there is nothing to do."""
        with self._units(job.tenant_id) as unit:
            progress = unit.imports.lock(job.tenant_id, job.import_id)
            account = unit.accounts.get(job.tenant_id, job.account_id)
            if progress is None or account is None or not progress.state.is_open:
                return None
            now = self._clock.now()
            progress = replace(
                progress,
                state=ImportState.RUNNING,
                attempts=progress.attempts + 1,
                started_at=progress.started_at or now,
                heartbeat_at=now,
            )
            unit.imports.save(progress)
        ref = AccountRef(
            tenant_id=job.tenant_id,
            account_id=progress.account_id,
            venue=account.venue,
            correlation_id=progress.correlation_id,
        )
        return ref, progress

    def _work(self, worker: _Worker, ahead: _Ahead, remaining_s: Callable[[], float]) -> None:
        try:
            while remaining_s() > STOP_BEFORE_S:
                if not worker.step(ahead):
                    return
        except _VenueFailed as failure:
            self._stop_for(worker, failure.error)
            return
        self._send(worker, 0)

    def _stop_for(self, worker: _Worker, error: NightdeskError) -> None:
        if not error.retryable:
            worker.fail(error)
            return
        pause_s = min(max(error.retry_after_s or PAUSE_S, 1.0), PAUSE_MAX_S)
        worker.pause(error, pause_s)
        self._send(worker, math.ceil(pause_s))

    def _send(self, worker: _Worker, delay_s: int) -> None:
        try:
            self._queue.send(worker.job, delay_s)
        except Unavailable as error:
            _log.warning("import left to the sweeper: %s", error.code)


class _Ahead:
    """Fetches the page after next while a page is being booked."""

    def __init__(self, gateway: VenueGateway, ref: AccountRef) -> None:
        self._gateway = gateway
        self._ref = ref
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-ahead")
        self._wanted: tuple[str, Cursor] | None = None
        self._coming: Future[HistoryPage] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def prepare(self, stream: str, cursor: Cursor) -> None:
        """Begin to fetch this page."""
        self._wanted = (stream, cursor)
        self._coming = self._executor.submit(self._gateway.history_page, self._ref, stream, cursor)

    def page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """The page, fetched already if it was prepared."""
        if self._wanted != (stream, cursor) or self._coming is None:
            self.prepare(stream, cursor)
        coming, self._coming = self._coming, None
        if coming is None:
            raise _VenueFailed(Unavailable("gateway.unavailable", "The page was not asked for."))
        try:
            return coming.result()
        except NightdeskError as error:
            raise _VenueFailed(error) from error

    def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The account's streams."""
        try:
            return self._gateway.streams(self._ref, known)
        except NightdeskError as error:
            raise _VenueFailed(error) from error


class _Worker:
    """One worker's turn at one import."""

    def __init__(
        self,
        units: ImportUnits,
        channel: ProgressChannel,
        clock: Clock,
        ref: AccountRef,
        progress: ImportProgress,
    ) -> None:
        self._units = units
        self._channel = channel
        self._clock = clock
        self._ref = ref
        self._progress = progress
        self._positions: dict[str, StreamPosition] | None = None
        self._pace = Pace()

    @property
    def job(self) -> ImportJob:
        """The message that continues this import."""
        return ImportJob(
            tenant_id=self._ref.tenant_id,
            account_id=self._ref.account_id,
            import_id=self._progress.import_id,
            correlation_id=self._ref.correlation_id,
        )

    def step(self, ahead: _Ahead) -> bool:
        """Import one page, or look for streams; False when the import has ended."""
        pending = self._pending()
        if pending:
            self._import_page(pending, ahead)
            return True
        if self._discover(ahead):
            return True
        self._finish()
        return False

    def pause(self, error: NightdeskError, pause_s: float) -> None:
        """Show why the import waits, and until when it will give no sign of life."""
        with self._units(self._ref.tenant_id) as unit:
            resumes_at = self._clock.now() + timedelta(seconds=pause_s)
            self._keep(unit, error_code=error.code, error_message=error.message, heartbeat_at=resumes_at)
        self._publish()
        _log.warning("import waits", extra={"error_code": error.code, "pause_s": pause_s})

    def fail(self, error: NightdeskError) -> None:
        """End the import; if the key is to blame, the account is failing."""
        with self._units(self._ref.tenant_id) as unit:
            self._keep(
                unit,
                state=ImportState.FAILED,
                error_code=error.code,
                error_message=error.message,
                finished_at=self._clock.now(),
            )
            if error.code in errors.CREDENTIAL_CODES:
                unit.accounts.set_state(self._ref.tenant_id, self._ref.account_id, AccountState.FAILING, error.code)
            self._tell(unit, "import.progressed.v1", state="failed", error_code=error.code)
            self._notify(unit)
        self._publish()
        _log.error("import failed", extra={"error_code": error.code})

    def _pending(self) -> list[StreamPosition]:
        if self._positions is None:
            with self._units(self._ref.tenant_id) as unit:
                self._lock(unit)
                positions = unit.imports.positions(self._ref.tenant_id, self._ref.account_id)
            self._positions = {position.stream: position for position in positions}
        mine = self._progress.import_id
        return [position for position in self._positions.values() if position.finished_by != mine]

    def _discover(self, ahead: _Ahead) -> bool:
        """Keep the streams that are new; whether there are any."""
        positions = self._positions or {}
        with self._units(self._ref.tenant_id) as unit:
            self._keep(unit, stage="discovering", heartbeat_at=self._clock.now())
            known = KnownHistory(
                assets=unit.facts.assets(self._ref),
                streams=frozenset(positions),
                earliest_at=unit.facts.earliest_at(self._ref),
            )
        self._publish()
        starts = [start for start in ahead.streams(known) if start.stream not in positions]
        self._add([_position(start, rank) for rank, start in enumerate(starts, start=len(positions))])
        return bool(starts)

    def _add(self, fresh: list[StreamPosition]) -> None:
        if not fresh:
            return
        with self._units(self._ref.tenant_id) as unit:
            total = len(self._positions or {}) + len(fresh)
            self._keep(unit, streams_total=total, heartbeat_at=self._clock.now())
            for position in fresh:
                unit.imports.put_position(self._ref.tenant_id, self._ref.account_id, position, self._clock.now())
        self._positions = (self._positions or {}) | {position.stream: position for position in fresh}

    def _import_page(self, pending: list[StreamPosition], ahead: _Ahead) -> None:
        position = pending[0]
        page = ahead.page(position.stream, position.cursor)
        moved = replace(position, cursor=page.cursor, finished_by=self._progress.import_id if page.finished else None)
        if not page.finished:
            ahead.prepare(moved.stream, moved.cursor)
        elif len(pending) > 1:
            ahead.prepare(pending[1].stream, pending[1].cursor)
        self._book(page, moved, len(pending))
        self._publish()

    def _book(self, page: HistoryPage, moved: StreamPosition, pending: int) -> None:
        now = self._clock.now()
        with self._units(self._ref.tenant_id) as unit:
            self._lock(unit)
            booked = unit.facts.record(self._ref, page.facts, now) if page.facts else Booked(0, 0)
            unit.imports.add_skips(self._ref.tenant_id, self._ref.account_id, page.skips, now)
            unit.imports.put_position(self._ref.tenant_id, self._ref.account_id, moved, now)
            self._count(unit, page, moved, booked, pending)
            if booked.recorded:
                self._tell(unit, "ledger.recorded.v1", entries=booked.recorded)
        self._positions = (self._positions or {}) | {moved.stream: moved}

    def _count(self, unit: ImportUnit, page: HistoryPage, moved: StreamPosition, booked: Booked, pending: int) -> None:
        total = max(len(self._positions or {}), 1)
        done = total - pending + (1 if page.finished else 0)
        done_ratio = 1.0 if page.finished else page.done_ratio
        ratio = self._pace.read(moved.stream, done_ratio, streams=total, pending=pending)
        present = self._progress
        self._keep(
            unit,
            stage=moved.stream,
            rows_recorded=present.rows_recorded + booked.recorded,
            rows_duplicate=present.rows_duplicate + booked.duplicate,
            rows_skipped=present.rows_skipped + len(page.skips) + booked.doubtful,
            streams_done=done,
            streams_total=total,
            progress_ratio=min(max(ratio, present.progress_ratio), RATIO_MAX_OPEN),
            error_code=None,
            error_message=None,
            heartbeat_at=self._clock.now(),
        )

    def _finish(self) -> None:
        with self._units(self._ref.tenant_id) as unit:
            self._lock(unit)
            now = self._clock.now()
            unit.facts.settle(self._ref, now)
            self._keep(
                unit,
                state=ImportState.DONE,
                stage=None,
                streams_done=len(self._positions or {}),
                progress_ratio=1.0,
                error_code=None,
                error_message=None,
                heartbeat_at=now,
                finished_at=now,
            )
            self._heal(unit)
            self._tell(unit, "import.progressed.v1", state="done", rows_recorded=self._progress.rows_recorded)
            self._notify(unit)
        self._publish()

    def _notify(self, unit: ImportUnit) -> None:
        account = unit.accounts.get(self._ref.tenant_id, self._ref.account_id)
        if account is not None:
            unit.alerts.raise_alert(import_notices.ended(account, self._progress))

    def _heal(self, unit: ImportUnit) -> None:
        account = unit.accounts.get(self._ref.tenant_id, self._ref.account_id)
        if account and account.state is AccountState.FAILING:
            unit.accounts.set_state(self._ref.tenant_id, self._ref.account_id, AccountState.ACTIVE)

    def _lock(self, unit: ImportUnit) -> None:
        """Lock the import's row; stop if it is no longer this worker's."""
        present = unit.imports.lock(self._ref.tenant_id, self._progress.import_id)
        if present is None or present.attempts != self._progress.attempts or not present.state.is_open:
            raise _Taken

    def _keep(self, unit: ImportUnit, **changes: object) -> None:
        self._lock(unit)
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        unit.imports.save(self._progress)

    def _tell(self, unit: ImportUnit, name: str, **payload: str | int | None) -> None:
        ids = {"account_id": str(self._ref.account_id), "import_id": str(self._progress.import_id)}
        unit.outbox.add(
            self._ref.tenant_id,
            Event(name=name, payload={**ids, **payload}),
            self._ref.correlation_id,
            self._clock.now(),
        )

    def _publish(self) -> None:
        try:
            self._channel.publish(self._progress, self._progress.eta_s(self._clock.now()))
        except Unavailable as error:
            _log.warning("progress not shown: %s", error.code)


def _position(start: StreamStart, rank: int) -> StreamPosition:
    return StreamPosition(stream=start.stream, rank=rank, cursor=start.cursor)

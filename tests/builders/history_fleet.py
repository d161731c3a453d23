"""Workers that fill histories and are killed: stands for SQS and Lambda, where no message dies with its worker."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from random import Random

from nightdesk.candles.coverage import RangeJob
from nightdesk.kernel.assets import VenueId
from tests.servers import ROOT, Paper, Postgres


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    job: RangeJob | None = None
    dies_at_s: float | None = None
    unread: bytes = b""


@dataclass(slots=True, kw_only=True)
class HistoryFleet:
    """So many workers; `send` makes it a `RangeQueue`.

    Attributes:
        kills: So many workers are killed while they work.
        life_s: A worker that will be killed lives at most so long after its first question to a venue.
    """

    postgres: Postgres
    paper: Paper
    workers: int
    kills: int
    life_s: float = 1.0
    random: Random = field(default_factory=lambda: Random(7))
    jobs: deque[RangeJob] = field(default_factory=deque)
    killed: int = 0
    _fleet: list[_Worker] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def send(self, jobs: Sequence[RangeJob], delay_s: int = 0) -> None:
        """Keep them for whoever is free."""
        del delay_s
        self.jobs.extend(jobs)

    def drain(self, deadline_s: float) -> None:
        """Work until nothing waits and everybody is idle."""
        while self.jobs or any(each.job for each in self._fleet):
            assert time.monotonic() < deadline_s, "histories are not filled in time"
            self._hand_out()
            for key, _ in self._selector.select(0.02):
                self._read(key.data)
            for doomed in [each for each in self._fleet if self._is_due(each)]:
                doomed.process.kill()
                self._bury(doomed)
                self.killed += 1

    def stop(self) -> None:
        """End every worker."""
        for each in self._fleet:
            each.process.kill()
            each.process.wait()
        self._fleet.clear()

    def _is_due(self, worker: _Worker) -> bool:
        if self.killed >= self.kills or worker.job is None or worker.dies_at_s is None:
            return False
        return time.monotonic() > worker.dies_at_s

    def _hand_out(self) -> None:
        while len(self._fleet) < self.workers:
            self._start()
        for each in self._fleet:
            if each.job is None and self.jobs:
                each.job = self.jobs.popleft()
                assert each.process.stdin is not None
                each.process.stdin.write(f"{each.job.range_id} {each.job.venue}\n".encode())
                each.process.stdin.flush()

    def _start(self) -> None:
        told = {"postgres": asdict(self.postgres), "paper": asdict(self.paper)}
        command = [sys.executable, "-m", "tests.builders.history_worker", json.dumps(told)]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        made = _Worker(process)
        self._fleet.append(made)
        assert process.stdout is not None
        self._selector.register(process.stdout, selectors.EVENT_READ, made)

    def _read(self, worker: _Worker) -> None:
        """What a worker says; the message of one that died comes back."""
        assert worker.process.stdout is not None
        said = os.read(worker.process.stdout.fileno(), 65536)
        if not said:
            self._bury(worker)
            return
        *lines, worker.unread = (worker.unread + said).split(b"\n")
        for line in lines:
            self._hear(worker, line.decode().split())

    def _hear(self, worker: _Worker, words: Sequence[str]) -> None:
        match words:
            case ["send", range_id, venue]:
                self.jobs.append(RangeJob(int(range_id), VenueId(venue)))
            case ["page"] if worker.dies_at_s is None:
                worker.dies_at_s = time.monotonic() + self.random.uniform(0.0, self.life_s)
            case ["done"]:
                worker.job = None

    def _bury(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        self._selector.unregister(worker.process.stdout)
        worker.process.wait()
        self._fleet.remove(worker)
        if worker.job is not None:
            self.jobs.appendleft(worker.job)

"""Where the balancer is measured: a paper exchange, three forwarders on addresses of their own, and load processes."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from stacks.local.desk import Desk
from stacks.local.ports import free_port
from tests.servers import ROOT, Paper, Servers

ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
LIMIT = 6_000
"""Weight a calendar minute and address that the paper exchange allows."""


@dataclass(slots=True)
class Bed:
    """The running parts.

    Attributes:
        speed: How many times faster than real the calendar of limits runs, on both sides.
    """

    paper: Paper
    valkey: str
    speed: int
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    tokens: dict[str, str] = field(default_factory=dict)
    forwarders: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def window_s(self) -> float:
        return 60 / self.speed

    def environment(self) -> dict[str, str]:
        bots = {hashlib.sha256(token.encode()).hexdigest(): name for name, token in self.tokens.items()}
        return {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
            "NIGHTDESK_VALKEY_URL": self.valkey,
            "NIGHTDESK_VENUES_ROUTE": self.paper.route,
            "NIGHTDESK_BALANCER_CALENDAR_SPEED": str(self.speed),
            "NIGHTDESK_FORWARDER_SECRET": self.secret,
            "NIGHTDESK_FORWARDER_BOTS": json.dumps(bots),
            "NIGHTDESK_LOG_LEVEL": "WARNING",
        }

    def start_forwarder(self, name: str, address: str) -> None:
        port = free_port()
        command = [sys.executable, "-m", "fargate.forwarder", "--port", str(port), "--name", name]
        command += ["--egress-address", address]
        with Path(self.paper.state_dir, f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log)
        self.forwarders[name], self.urls[name] = process, f"http://127.0.0.1:{port}"
        _wait_for(f"{self.urls[name]}/health", process)

    def account(self, label: str) -> dict[str, str]:
        made: Any = self.paper.admin(
            "POST",
            "/accounts",
            {
                "label": label,
                "permissions": {"read": True, "trade": True, "withdraw": False},
                "history": {"kind": "empty", "balances": {"USDT": "10000000"}},
            },
        )
        return {"key": made["key"], "secret": made["secret"]}

    def statistics(self) -> dict[str, Any]:
        found: Any = self.paper.admin("GET", "/statistics")
        return dict(found)

    def forget(self) -> None:
        """Lift bans and count from zero."""
        self.paper.admin("POST", "/limits", {"calendar_speed": self.speed})
        self.paper.admin("DELETE", "/statistics")

    def next_window_s(self) -> float:
        """When, in the machine's time, the next window but one begins."""
        return (int(time.time() / self.window_s) + 2) * self.window_s


@contextmanager
def bed(servers: Servers, name: str, speed: int, bots: Sequence[str] = ()) -> Iterator[Bed]:
    """Everything started, then stopped."""
    with ExitStack() as stack:
        paper = servers.start_paper(servers.state_dir / f"paper-{name}")
        made = Bed(paper=paper, valkey=servers.valkey_url().rsplit("/", 1)[0] + "/7", speed=speed)
        made.tokens = {bot: secrets.token_hex(16) for bot in bots}
        stack.callback(_end_all, made)
        _flush(made.valkey)
        made.forget()
        for number, address in enumerate(ADDRESSES, 1):
            made.start_forwarder(f"egress-{number}", address)
        yield made


@contextmanager
def desk_bed(desk: Desk, bots: Sequence[str] = (), *, egresses: int = 3) -> Iterator[Bed]:
    """Forwarders beside a running desk, under its budget and at its paper exchange, in real time."""
    plan = desk.plan
    ports = {"port": plan.ports["paper"], "admin_port": plan.ports["paper_admin"]}
    made = Bed(paper=Paper(**ports, state_dir=str(plan.paper_dir)), valkey=plan.valkey_url, speed=1)
    made.tokens = {bot: secrets.token_hex(16) for bot in bots}
    with ExitStack() as stack:
        stack.callback(_end_all, made)
        for number, address in enumerate(ADDRESSES[:egresses], 1):
            made.start_forwarder(f"egress-{number}", address)
        yield made


def start_load(bed: Bed, jobs: Sequence[dict[str, Any]], seconds: float) -> list[subprocess.Popen[bytes]]:
    """Start the jobs, a process each, at once."""
    return _start(bed, jobs, time.time(), time.time() + seconds)


def end_load(processes: Sequence[subprocess.Popen[bytes]]) -> dict[str, Any]:
    """The figures of jobs that were started, added up, once they ended."""
    return _added_up([_figures(process, 90) for process in processes])


def run_load(bed: Bed, jobs: Sequence[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Run the jobs, a process each, from the next window on; their figures added up."""
    from_s = bed.next_window_s() + 0.05
    processes = _start(bed, jobs, from_s, from_s - 0.05 + seconds)
    time.sleep(max(0.0, from_s - 0.05 + seconds - time.time()))
    in_time = bed.statistics()  # at the very end of the last window; stragglers belong to the next
    return {**end_load(processes), "in_time": in_time, "statistics": bed.statistics()}


def _start(bed: Bed, jobs: Sequence[dict[str, Any]], from_s: float, until_s: float) -> list[subprocess.Popen[bytes]]:
    common = {"route": bed.paper.route, "valkey": bed.valkey, "secret": bed.secret, "speed": bed.speed}
    common |= {"from_s": from_s, "until_s": until_s}
    processes = []
    for seed, job in enumerate(jobs):
        command = [sys.executable, "-m", "tests.perf.balancer_worker", json.dumps({**common, **job, "seed": seed})]
        processes.append(
            subprocess.Popen(command, cwd=ROOT, env=bed.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
    return processes


def _figures(process: subprocess.Popen[bytes], timeout_s: float) -> dict[str, Any]:
    try:
        out, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(errors.decode()[-2000:])
    return dict(json.loads(out))


def _added_up(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: Counter() for name in ("asked", "failed", "weight_by_tenant")}
    for one in said:
        for name, counter in total.items():
            counter.update(one[name])
    return {**total, "order_waits_ms": [wait for one in said for wait in one["order_waits_ms"]]}


def _flush(url: str) -> None:
    with Redis.from_url(url) as client:
        client.flushdb()


def _wait_for(url: str, process: subprocess.Popen[bytes], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer") from None
            time.sleep(0.05)
        else:
            return


def _end_all(bed: Bed) -> None:
    for process in bed.forwarders.values():
        process.terminate()
    for process in bed.forwarders.values():
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""How long a newcomer waits: `make run` in a fresh clone, then again; and what the idle desk takes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from stacks.local.ports import free_port
from tests.perf.rows import Row
from tests.run import TIMING
from tests.servers import ROOT

READY = "Nightdesk is ready:"
MEMORY = re.compile(r"([\d,.]+) MiB")
TIMEOUT_S = 600


def bench_make_run() -> list[Row]:
    """Clone what is committed, start it twice with warm package caches, stop it each time as Ctrl-C does."""
    with tempfile.TemporaryDirectory(prefix="nightdesk-clone-") as folder:
        clone = Path(folder) / "nightdesk"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        port = free_port()
        try:
            first_s, memory_mib, stop_s = _start(clone, port)
            second_s, _, _ = _start(clone, port)
        finally:
            subprocess.run(["make", "--silent", "clean"], cwd=clone, check=False)
    return [
        Row(name="make run in a fresh clone, warm package caches", value=first_s, unit="s", bar="<= 180"),
        Row(name="make run a second time", value=second_s, unit="s", bar="<= 20"),
        Row(name="Ctrl-C until nothing runs", value=stop_s, unit="s", bar="<= 10"),
        Row(name="memory of the whole desk when ready", value=memory_mib, unit="MiB", bar="<= 1500"),
    ]


def bench_last_test_run() -> list[Row]:
    """How long the tests took when they last ran here (without installing and static checks); nothing if never."""
    if not TIMING.exists():
        return []
    seconds = json.loads(TIMING.read_text())["seconds"]
    return [Row(name="make test, both parts, the last run here", value=seconds / 60, unit="min", bar="<= 20")]


def _start(clone: Path, port: int) -> tuple[float, float, float]:
    """Seconds until ready, the memory it printed, and seconds from Ctrl-C to the end."""
    started = time.monotonic()
    environment = {name: text for name, text in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    ready_s, memory_mib = _until_ready(process, started)
    stopping = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    return ready_s, memory_mib, time.monotonic() - stopping


def _until_ready(process: subprocess.Popen[str], started: float) -> tuple[float, float]:
    memory_mib = 0.0
    assert process.stdout
    for line in process.stdout:
        if found := MEMORY.search(line):
            memory_mib = float(found[1].replace(",", ""))
        if line.startswith(READY):
            return time.monotonic() - started, memory_mib
        if time.monotonic() - started > TIMEOUT_S:
            break
    raise RuntimeError("make run did not become ready")

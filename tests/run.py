"""Run every test: `python -m tests.run`.

The servers are started once and shared by two workers; the journeys in the browser follow alone, because they
start the whole desk. Coverage is taken of the first part, of the processes that it starts too, and must reach its
floors; the journeys run as users do, without the tracer, which would make every process of the desk twice as slow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence

from tests.e2e.chromium import find_chromium
from tests.servers import HANDED_DOWN, ROOT, Servers

WORKERS = "2"
"""Each begins with a half of the tests and takes of the other's rest: a module's servers are started once."""

FLOOR_PERCENT = 85
COVERAGE = ROOT / "build" / "coverage"
TIMING = ROOT / "build" / "tests.json"
"""How long the last run took; `make bench` shows it."""

WHOLE = ("ledger", "lots", "orders", "tax", "rules")
"""Domains in which every branch is covered, as soon as they are there."""


def main() -> int:
    """Run all; the exit code is 0 when everything passed and the floors hold."""
    started = time.monotonic()
    browser = find_chromium()
    print(f"Browser: {browser}", flush=True)
    shutil.rmtree(COVERAGE, ignore_errors=True)
    COVERAGE.mkdir(parents=True)
    servers = Servers()
    try:
        servers.postgres(), servers.valkey_url(), servers.paper()
        environment = {HANDED_DOWN: servers.hand_down()}
        parts = [
            run_part(
                "Units, properties, contracts, integration",
                ["tests", "--ignore=tests/e2e", "-n", WORKERS, "--dist=worksteal", "--cov", "--cov-report="],
                environment,
            ),
            run_part("The whole desk and journeys in the browser", ["tests/e2e"], environment),
        ]
    finally:
        servers.stop()
    passed = all([*parts, floors_hold()])
    TIMING.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1), "passed": passed}))
    return 0 if passed else 1


def run_part(title: str, arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """One run of pytest; tells whether it passed and skipped only what may be skipped."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", *arguments, "--durations=30", "-rs"]
    covered = {"COVERAGE_FILE": str(COVERAGE / ".coverage.first")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, **covered},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        print(line, end="", flush=True)
    passed = process.wait() == 0
    print(f"-- {title}: {time.monotonic() - started:.0f} s", flush=True)
    return only_optional_skipped(lines) and passed


def only_optional_skipped(lines: Sequence[str]) -> bool:
    """Whether each skipped test gave one of the reasons that tests/optional.toml allows; only CI insists."""
    allowed = [part["reason"] for part in tomllib.loads((ROOT / "tests/optional.toml").read_text()).values()]
    skipped = [line.strip() for line in lines if line.startswith("SKIPPED")]
    foreign = [line for line in skipped if not any(reason in line for reason in allowed)]
    for line in foreign:
        print(f"May not be skipped: {line}")
    return not foreign or os.environ.get("CI") != "true"


def floors_hold() -> bool:
    """Whether the whole tree reaches its floor and the domains of money are covered branch by branch."""
    coverage(["combine", "--quiet", "--keep", str(COVERAGE)])
    whole = [f"layers/nightdesk/{name}/*" for name in WHOLE if (ROOT / "layers/nightdesk" / name).is_dir()]
    return all(
        [
            coverage(["report", f"--fail-under={FLOOR_PERCENT}", "--sort=cover"]) == 0,
            coverage(["report", "--fail-under=100", f"--include={','.join(whole)}"]) == 0,
        ]
    )


def coverage(arguments: Sequence[str]) -> int:
    """Call the coverage tool in the project's root."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Run every test: `python -m tests.run`.

The servers are started once and shared by two workers; the journeys in the browser follow alone, because they
start the whole desk. Coverage of both is added up and must reach its floors.
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
FLOOR_PERCENT = 85
COVERAGE = ROOT / "build" / "coverage"
TIMING = ROOT / "build" / "tests.json"
"""How long the last run took; `make bench` shows it."""

FLOORED = "layers/nightdesk/*,functions/*"
"""What must reach the floor: all that the tests run within their own process.

Services (`fargate`) and the run on one machine (`stacks`) are tested as processes of their own, which the tracer does
not follow; their figure is printed and says too little.
"""
WHOLE = ("ledger", "lots")
"""Domains in which every branch is covered."""


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
                "Units, properties, contracts, integration", ["tests", "--ignore=tests/e2e", "-n", WORKERS], environment
            ),
            run_part("The whole desk and journeys in the browser", ["tests/e2e"], environment),
        ]
    finally:
        servers.stop()
    passed = all([*parts, floors_hold()])
    TIMING.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1), "passed": passed}))
    return 0 if passed else 1


def run_part(title: str, arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """One run of pytest under coverage; tells whether it passed and skipped only what may be skipped."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", *arguments, "--cov", "--cov-report=", "--durations=8", "-rs"]
    covered = {"COVERAGE_FILE": str(COVERAGE / f".coverage.{title.partition(' ')[0].strip(',').lower()}")}
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
    """Whether the whole reaches its floor and the domains of money are covered branch by branch."""
    coverage(["combine", "--quiet", "--keep", str(COVERAGE)])
    whole = [f"layers/nightdesk/{name}/*" for name in WHOLE]
    return all(
        [
            coverage(["report", "--include=fargate/*,stacks/*", "--format=total"]) == 0,
            coverage(["report", f"--include={FLOORED}", f"--fail-under={FLOOR_PERCENT}", "--sort=cover"]) == 0,
            coverage(["report", "--fail-under=100", f"--include={','.join(whole)}"]) == 0,
        ]
    )


def coverage(arguments: Sequence[str]) -> int:
    """Call the coverage tool in the project's root."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

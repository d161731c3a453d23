"""Run every test: `python -m tests.run`.

The servers are started once and shared by two workers; the journeys in the browser follow alone, because they
start the whole desk. Coverage is taken of the first part, of the processes that it starts too, and must reach its
floors; the journeys run as users do, without the tracer, which would make every process of the desk twice as slow.
"""

from __future__ import annotations

import json
import os
import re
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

SECTION = re.compile(r"=+ (\w[\w ]*\w).* =+$")
TOLD_LINES = 150
"""The last lines of a part's failures are told once more at the very end, where a long log is read first."""


def main() -> int:
    """Run all; the exit code is 0 when everything passed and the floors hold."""
    started = time.monotonic()
    browser = find_chromium()
    print(f"Browser: {browser}", flush=True)
    shutil.rmtree(COVERAGE, ignore_errors=True)
    COVERAGE.mkdir(parents=True)
    servers = Servers()
    failed: list[str] = []
    try:
        servers.postgres(), servers.valkey_url(), servers.paper()
        environment = {HANDED_DOWN: servers.hand_down()}
        parts = [
            run_part(
                "Units, properties, contracts, integration",
                ["tests", "--ignore=tests/e2e", "-n", WORKERS, "--dist=worksteal", "--cov", "--cov-report="],
                environment,
                failed,
            ),
            run_part("The whole desk and journeys in the browser", ["tests/e2e"], environment, failed),
        ]
    finally:
        servers.stop()
    passed = all([*parts, floors_hold()])
    TIMING.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1), "passed": passed}))
    print(*failed, sep="", end="")
    return 0 if passed else 1


def run_part(title: str, arguments: Sequence[str], environment: Mapping[str, str], failed: list[str]) -> bool:
    """One run of pytest; tells whether it passed and skipped only what may be skipped, and adds how tests failed."""
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
    failed += failures(lines)[-TOLD_LINES:]
    print(f"-- {title}: {time.monotonic() - started:.0f} s", flush=True)
    return only_optional_skipped(lines) and passed


def failures(lines: Sequence[str]) -> list[str]:
    """The lines of the sections in which pytest shows what failed."""
    section, shown = "", []
    for line in lines:
        if found := SECTION.match(line.strip()):
            section = found[1]
        if section in {"FAILURES", "ERRORS"}:
            shown.append(line)
    return shown


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
            reaches("Coverage of the tree", FLOOR_PERCENT, []),
            reaches(f"Coverage of {', '.join(WHOLE)}", 100, [f"--include={','.join(whole)}"]),
        ]
    )


def reaches(title: str, floor_percent: int, chosen: Sequence[str]) -> bool:
    """Whether what is chosen is covered to a floor; what is missing is shown only if it is not."""
    print(f"{title} (the floor is {floor_percent} %): ", end="", flush=True)
    report = ["report", f"--fail-under={floor_percent}", *chosen]
    if coverage([*report, "--format=total", "--precision=2"]) == 0:
        return True
    coverage([*report, "--sort=cover"])
    return False


def coverage(arguments: Sequence[str]) -> int:
    """Call the coverage tool in the project's root."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Measure everything: `python -m tests.perf [part …]`.

Each `bench_*` function of the modules beside this one takes the shared servers and gives rows. The table goes to the
screen, the same rows to `bench.json`. Ends non-zero when a bar was missed.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.perf.pace import Pace
from tests.perf.rows import Row
from tests.servers import ROOT, Servers

Bench = Callable[..., list[Row]]
NOT_PARTS = {"__init__", "__main__", "pace", "rows"}


def main(chosen: list[str]) -> int:
    """Run the chosen parts (all when none is named) and print the table."""
    servers = Servers()
    rows: list[Row] = []
    broken = False
    pace = Pace()
    try:
        for name, bench in benches(chosen):
            print(f"… {name} (the machine is {pace.take():.2f} times slower than at its best)", flush=True)
            try:
                rows.extend(run(bench, servers))
            except Exception:  # noqa: BLE001 - one broken measurement must not hide the others
                traceback.print_exc()
                broken = True
    finally:
        servers.stop()
    pace.take()
    rows += pace.rows()
    print(table(rows))
    (ROOT / "bench.json").write_text(json.dumps([as_json(row) for row in rows], indent=1) + "\n")
    return 1 if broken or any(row.ok is False for row in rows) else 0


def benches(chosen: list[str]) -> Iterator[tuple[str, Bench]]:
    """Every `bench_*` function of the chosen modules, by name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem in NOT_PARTS or (chosen and path.stem not in chosen):
            continue
        module = importlib.import_module(f"tests.perf.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("bench_") and function.__module__ == module.__name__:
                yield f"{path.stem}.{name.removeprefix('bench_')}", function


def run(bench: Bench, servers: Servers) -> list[Row]:
    """Call one measurement, with the servers if it takes them."""
    return bench(servers) if inspect.signature(bench).parameters else bench()


def as_json(row: Row) -> dict[str, object]:
    """The row as `bench.json` holds it."""
    names = ("name", "value", "unit", "bar", "ok", "peer", "ratio")
    return {name: getattr(row, name) for name in names}


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    verdicts = {True: "ok", False: "MISSED", None: ""}
    lines = [
        f"{row.name:<70} {row.value:>14,.3f} {row.unit:<12} {row.bar:<12} {verdicts[row.ok]:<7}"
        + (f" {row.ratio:.1f}x {row.peer}" if row.ratio is not None else f" {row.peer}")
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

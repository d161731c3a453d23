"""How the local cloud runs functions on one machine: layers unpacked once, and idle processes ended.

MiniStack unpacks each layer for each process, which then compiles it again, and keeps the first process of every
function for ever. Here all processes share a layer's files with what was compiled of them, and what is called seldom
goes when it is done.
"""

import hashlib
import shutil
import tempfile
import threading
import time
import weakref
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

ALWAYS_WARM: Final = frozenset({"api", "exchange-gateway", "rules-evaluate", "actions-run", "alerts-send"})
"""Somebody waits for these, or for an order behind them: one process of each stays."""

SELDOM: Final = frozenset({"schema-migrate", "fx-refresh", "marketcaps-refresh", "ledger-anchor", "candles-backfill"})
"""Called by the hour or so, and nobody waits for the answer."""

PAGES: Final = frozenset({"api", "graphql"})
"""A page asks them many things at once."""

SELDOM_S: Final = 5.0
SURPLUS_S: Final = 20.0
"""What a burst started beyond one process."""

PAGES_S: Final = 180.0
"""The same for pages: the next one would wait seconds until as many processes have started again."""

LAST_S: Final = 150.0
"""More than two turns of what is called each minute."""

_idle_since: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
_unpacking: Final = threading.Lock()


class SharingWorker(lambda_runtime.Worker):  # type: ignore[misc]
    """A process whose layers lie where those of all others do."""

    config: Any

    def _spawn(self) -> None:
        given = self.config
        archives = map(lambda_svc._resolve_layer_zip, given.get("Layers", []))  # noqa: SLF001 - as it does itself
        folders = [_unpacked(archive) for archive in archives if archive]
        variables = given.get("Environment", {}).get("Variables", {})
        shared = {**variables, "_LAMBDA_LAYERS_DIRS": ":".join(map(str, folders))}
        self.config = {**given, "Layers": [], "Environment": {"Variables": shared}}
        try:
            super()._spawn()
        finally:
            self.config = given


def share_layers() -> None:
    """From now on processes are started so."""
    lambda_runtime.Worker = SharingWorker


def end_idle(now_s: float | None = None) -> int:
    """End processes that were idle for longer than they are worth; how many."""
    now, pools = time.monotonic() if now_s is None else now_s, lambda_runtime._workers  # noqa: SLF001 - its own reaper's
    with lambda_runtime._lock:  # noqa: SLF001 - likewise
        doomed = list(_doomed(pools, now))
        for key, entries in pools.items():
            pools[key] = [each for each in entries if each not in doomed]
    lambda_runtime.kill_workers(doomed)
    return len(doomed)


def _doomed(pools: Mapping[str, list[Any]], now: float) -> Iterator[Any]:
    for key, entries in pools.items():
        name = key.split(":")[-2].removeprefix("nightdesk-")
        left = len(entries)
        for worker in entries:
            if worker.in_use:
                _idle_since.pop(worker, None)
            elif now - _idle_since.setdefault(worker, now) >= _patience_s(name, is_last=left == 1):
                left -= 1
                yield worker


def _patience_s(name: str, *, is_last: bool) -> float:
    if name in SELDOM:
        return SELDOM_S
    if not is_last:
        return PAGES_S if name in PAGES else SURPLUS_S
    return float("inf") if name in ALWAYS_WARM else LAST_S


def _unpacked(archive: bytes) -> Path:
    """The folder that the archive is unpacked to, once while the cloud runs."""
    folder = Path(tempfile.gettempdir(), "layers", hashlib.sha256(archive).hexdigest()[:32])
    with _unpacking:
        if not folder.exists():
            scratch = folder.with_suffix(".new")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            with zipfile.ZipFile(BytesIO(archive)) as content:
                content.extractall(scratch)
            scratch.rename(folder)
    return folder

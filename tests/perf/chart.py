"""How smoothly a chart of 50,000 bars with eight studies goes on, beside KLineChart's own indicators.

Ours is the page's own chart with all that it does (its volume, its legend, its studies, which follow every tick); only
the desk is made up. What each update takes of the processor stands beside what one sees: beside other work a page
waits for its turn, which says nothing of the page.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from tests.e2e.chromium import FLAGS, find_chromium
from tests.perf.rows import Row
from tests.servers import ROOT

WEB = ROOT / "web"
SECONDS = 10
PEER = "KLineChart's built-in indicators, same page and bars"


def bench_chart() -> list[Row]:
    """22 updates a second asked for, so that 20 can be counted, for ten seconds; each kind in a page of its own."""
    with TemporaryDirectory() as folder:
        _build(Path(folder))
        with _served(folder) as url:
            ours, theirs = _measured(url, "ours"), _measured(url, "built-in")
    name = "chart of 50,000 bars and 8 indicators"
    return [
        Row(name=f"{name}, updates", value=ours["updates"], unit="/s", bar=">= 20"),
        Row(name=f"{name}, frames", value=ours["frames"], unit="/s", bar=">= 45"),
        Row(name=f"{name}, heap", value=ours["heap"], unit="MB", bar="<= 100"),
        Row(name=f"{name}, processor of the page's thread", value=ours["busy"], unit="cores"),
        Row(name=f"{name}, updates of the peer", value=theirs["updates"], unit="/s", peer=PEER),
        Row(name=f"{name}, frames of the peer", value=theirs["frames"], unit="/s", peer=PEER),
        Row(name=f"{name}, heap of the peer", value=theirs["heap"], unit="MB", peer=PEER),
        Row(name=f"{name}, processor of the peer", value=theirs["busy"], unit="cores", peer=PEER),
    ]


def _build(folder: Path) -> None:
    command = ["npx", "vite", "build", "perf/chart", "--config", "perf/chart/vite.config.ts"]
    subprocess.run([*command, "--outDir", str(folder), "--logLevel", "error"], cwd=WEB, check=True)


@contextmanager
def _served(folder: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _measured(url: str, kind: str) -> dict[str, Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*FLAGS, "--enable-precise-memory-info"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(url)
        page.wait_for_function("() => window.draw")
        page.evaluate("(kind) => window.draw(kind)", kind)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        began_s = _worked_s(session)
        figures: dict[str, Any] = page.evaluate("() => window.go()")
        busy = (_worked_s(session) - began_s) / SECONDS
        browser.close()
    return {**figures, "busy": busy}


def _worked_s(session: CDPSession) -> float:
    """What the tasks of the page's thread took of the processor so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

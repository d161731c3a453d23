"""W1's big table: 5,000 markets of five venues at 2,000 updates a second, in a real browser.

The built page runs on the fake desk of `web/dev`, which sends what the feed gateway would; Chromium traces every task
of the page's main thread. The bars are on the wall's clock, as the reader of the page feels it. Beside them stand what
the same tasks take of the processor (by the thread's own clock) and the longest task of a page that does nothing:
beside other work a task waits for its turn, which says nothing of the page.
"""

from __future__ import annotations

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from stacks.local.ports import free_port
from tests.e2e.chromium import FLAGS, find_chromium
from tests.perf.browser import MEASURED_S, main_thread_tasks
from tests.perf.rows import Row, percentile
from tests.servers import ROOT

ROWS: Final = 5_000
UPDATES_PER_S: Final = 2_000
PATIENT_MS: Final = 120_000
COUNT_CHANGES: Final = """
() => {
  window.changes = 0;
  new MutationObserver((seen) => { window.changes += seen.length; })
    .observe(document.querySelector('[data-testid="markets-grid"]'), { subtree: true, characterData: true });
}
"""
COUNT_FRAMES: Final = """
() => {
  window.drawn = 0;
  const count = () => { window.drawn += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}
"""


def bench_markets_page() -> list[Row]:
    """Tasks of the page while everything moves, and how long all rows take to come."""
    with _served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            return [*_busy_page(browser, url), *_blank_page(browser)]
        finally:
            browser.close()


def _busy_page(browser: Browser, url: str) -> list[Row]:
    page = _open(browser, url)
    started_s = time.monotonic()
    page.goto(f"{url}/markets")
    count = page.get_by_test_id("markets-count")
    count.filter(has_text=f"{ROWS:,} markets").wait_for(timeout=PATIENT_MS)
    whole_s = time.monotonic() - started_s
    page.wait_for_timeout(5_000)
    page.evaluate(COUNT_CHANGES)
    page.evaluate(COUNT_FRAMES)
    worked, took = _tasks_ms(browser, page)
    changes, frames = page.evaluate("window.changes"), page.evaluate("window.drawn")
    page.context.close()
    name = f"{ROWS:,} markets, {UPDATES_PER_S:,} updates/s"
    return [
        Row(name=f"{name}: page tasks, p99.9", value=percentile(took, 0.999), unit="ms", bar="<= 50"),
        Row(name=f"{name}: page tasks, longest", value=max(took), unit="ms", bar="<= 50"),
        Row(name=f"{name}: page tasks, p99.9 of the processor", value=percentile(worked, 0.999), unit="ms"),
        Row(name=f"{name}: page tasks, longest of the processor", value=max(worked), unit="ms"),
        Row(name=f"{name}: page's thread busy", value=sum(worked) / MEASURED_S / 1000, unit="cores"),
        Row(name=f"{name}: frames drawn", value=frames / MEASURED_S, unit="/s"),
        Row(name=f"{name}: texts changed in sight", value=changes / MEASURED_S, unit="/s"),
        Row(name=f"{name}: from nothing to every row", value=whole_s, unit="s"),
    ]


def _blank_page(browser: Browser) -> list[Row]:
    page = browser.new_page()
    _, took = _tasks_ms(browser, page)
    page.close()
    return [Row(name="blank page (control): longest task by the wall's clock", value=max(took), unit="ms")]


def _tasks_ms(browser: Browser, page: Page) -> tuple[list[float], list[float]]:
    """Of the processor and by the wall's clock; a task that stands within another counts once."""
    tasks = [task for task in main_thread_tasks(browser, page) if task["name"] == "RunTask"]
    return [task.get("tdur", task["dur"]) / 1000 for task in tasks], [task["dur"] / 1000 for task in tasks]


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.request.post(f"{url}/api/v1/session", data={"email": "demo", "password": "nightdesk-demo"})
    page.add_init_script("localStorage.setItem('nightdesk.session', '1')")
    return page


@contextmanager
def _served() -> Iterator[str]:
    """The built page on the fake desk."""
    port = free_port()
    environment = {**os.environ, "FAKE_DESK": "1", "FAKE_MARKETS": str(ROWS), "FAKE_TICKS": str(UPDATES_PER_S)}
    vite = ["node", "node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(vite, cwd=ROOT / "web", env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(url: str) -> None:
    deadline_s = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.2)

"""Measures how long the page's thread is busy at a time while prices stream in.

Serve the built page on the fake desk first, then run this against it:

    FAKE_DESK=1 FAKE_TICKS=500 npx vite preview --host 127.0.0.1 --port 4179
    python perf/main_thread.py http://127.0.0.1:4179

Chromium traces every task of the page's main thread; a page that does nothing is traced for comparison. Prints one
line of JSON for each page: tasks, p50, p99, p99.9 and the longest in ms, how long tasks over 50 ms were as the page
itself saw them, and drawn frames a second.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WARM_UP_MS = 10_000
MEASURED_MS = 30_000
CATEGORIES = "toplevel,disabled-by-default-devtools.timeline,__metadata"
OBSERVE = """() => {
  window.longTasks = []; window.frames_ = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longTasks.push(entry.duration); })
    .observe({ type: 'longtask' });
  const count = () => { window.frames_ += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def percentile(ordered: list[float], ratio: float) -> float:
    """The value that `ratio` of the ordered ones do not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * ratio))] if ordered else 0.0


def main_thread_tasks(events: list[dict[str, Any]], pid: int | None) -> list[float]:
    """Durations of the tasks of renderers' main threads, in ms, ascending."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    tasks = [
        event["dur"] / 1000
        for event in events
        if event.get("ph") == "X"
        and event.get("name") in {"RunTask", "ThreadControllerImpl::RunTask"}
        and (event["pid"], event["tid"]) in mains
        and pid in {None, event["pid"]}
    ]
    return sorted(tasks)


def trace(page: Page, browser: Browser) -> list[dict[str, Any]]:
    """What Chromium recorded while the page went on for the measured time."""
    browser.start_tracing(page=page, categories=CATEGORIES.split(","))
    page.wait_for_timeout(MEASURED_MS)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    return events


def measure(browser: Browser, address: str, *, sign_in_at: str | None) -> dict[str, object]:
    """Figures of one page."""
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    if sign_in_at:
        page.request.post(f"{sign_in_at}/api/v1/session", data={"email": "demo", "password": "nightdesk-demo"})
        page.add_init_script("localStorage.setItem('nightdesk.session', '1')")
    page.goto(address)
    page.wait_for_timeout(WARM_UP_MS)
    page.evaluate(OBSERVE)
    tasks = main_thread_tasks(trace(page, browser), None)
    long_tasks: list[float] = page.evaluate("window.longTasks")
    frames: int = page.evaluate("window.frames_")
    page.context.close()
    return {
        "page": address,
        "tasks": len(tasks),
        "busy_ratio": round(sum(tasks) / MEASURED_MS, 3),
        "p50_ms": round(percentile(tasks, 0.5), 2),
        "p99_ms": round(percentile(tasks, 0.99), 2),
        "p99_9_ms": round(percentile(tasks, 0.999), 2),
        "max_ms": round(tasks[-1], 2) if tasks else 0,
        "over_50_ms": [round(task) for task in long_tasks],
        "frames_per_s": round(frames / MEASURED_MS * 1000, 1),
    }


def say(figures: dict[str, object]) -> None:
    """Print them as one line."""
    sys.stdout.write(f"{json.dumps(figures)}\n")
    sys.stdout.flush()


def main(desk: str) -> None:
    """Measure a blank page, then those that stream."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        say(measure(browser, "about:blank", sign_in_at=None))
        for path in ("/markets", "/portfolio", "/chart?series=BINANCE:BTC/USDT&resolution=1m"):
            say(measure(browser, desk + path, sign_in_at=desk))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])

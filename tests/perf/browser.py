"""What a trader sees, measured in a real browser on a whole desk: tick to cell, fill to row, and busy page tasks."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import redis
from playwright.sync_api import Browser, Page, sync_playwright

from stacks.local.desk import Desk, forget
from stacks.local.plan import Choices
from tests.e2e.chromium import FLAGS, find_chromium
from tests.e2e.client import Client
from tests.perf.rows import Row, percentile

TICKS_A_SECOND = 500
SPEED = 25
"""Of the market's clock, so that there are so many ticks; event times are told in wall time by the clock's figures."""

WARM_UP_S = 10
MEASURED_S = 20
FILLS = 25
OBSERVE_CELLS = """
() => {
  window.changes = [];
  const shown = {};
  const note = (node) => {
    const cell = (node.nodeType === 1 ? node : node.parentElement)?.closest('[col-id="Last"]');
    const row = cell?.closest('[row-id]');
    const series = row?.getAttribute('row-id');
    if (!series || shown[series] === cell.textContent) return;
    shown[series] = cell.textContent;
    window.changes.push([series, cell.textContent, Date.now()]);
  };
  const everything = { subtree: true, childList: true, characterData: true };
  new MutationObserver((seen) => seen.forEach((change) => note(change.target)))
    .observe(document.querySelector('[data-testid="markets-grid"]'), everything);
}
"""
OBSERVE_ROWS = """
() => {
  window.rows = {};
  const look = () => {
    const now = Date.now();
    for (const row of document.querySelectorAll('[data-testid="ledger-grid"] [row-id]')) {
      const id = row.getAttribute('row-id');
      if (!(id in window.rows)) window.rows[id] = now;
    }
  };
  look();
  const everything = { subtree: true, childList: true, attributes: true };
  new MutationObserver(look).observe(document.querySelector('[data-testid="ledger-grid"]'), everything);
}
"""
TRACED = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]


def bench_browser() -> list[Row]:
    """One desk, one browser, three measurements."""
    with _desk() as desk, _browser() as browser:
        return [*_tick_to_cell(desk, browser), *_fill_to_row(desk, browser)]


@contextmanager
def _desk() -> Iterator[Desk]:
    state_dir = Path(tempfile.mkdtemp(prefix="nightdesk-bench-"))
    try:
        with Desk(state_dir, Choices(port=0, speed=str(SPEED))) as desk:
            yield desk
    finally:
        forget(state_dir)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


def _sign_in(browser: Browser, desk: Desk, path: str) -> Page:
    page = browser.new_page(base_url=desk.url, viewport={"width": 1440, "height": 1000})
    email, password = desk.sign_in
    page.goto(path)
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


def _tick_to_cell(desk: Desk, browser: Browser) -> list[Row]:
    """From a price's event time at the venue (which is wall time here) to the changed cell."""
    page = _sign_in(browser, desk, "/markets")
    page.get_by_test_id("markets-grid").locator('[col-id="Last"]').nth(5).wait_for(timeout=30_000)
    page.evaluate(OBSERVE_CELLS)
    listener = _Listener(desk)
    time.sleep(WARM_UP_S)
    page.evaluate("() => { window.changes = [] }")
    started_ms = time.time() * 1000
    tasks = _busy(browser, page)
    changes = page.evaluate("window.changes")
    listener.stop()
    page.close()
    blank = browser.new_page()
    control = _busy(browser, blank)
    blank.close()
    delays = listener.delays_ms(changes, started_ms)
    ticks = len(listener.heard) / (WARM_UP_S + MEASURED_S)
    return [
        Row(name="tickers published while measuring", value=ticks, unit="/s", bar=f">= {TICKS_A_SECOND}"),
        Row(name="tick at the venue to changed cell, p50", value=percentile(delays, 0.5), unit="ms", bar="<= 250"),
        Row(name="tick at the venue to changed cell, p99", value=percentile(delays, 0.99), unit="ms", bar="<= 1000"),
        Row(name="cells measured", value=len(delays), unit="cells", bar=">= 100"),
        Row(name="page tasks, p99.9", value=percentile(tasks, 0.999), unit="ms", bar="<= 50"),
        Row(name="page tasks, longest", value=max(tasks), unit="ms"),
        Row(name="blank page (control), longest task", value=max(control), unit="ms"),
    ]


def _busy(browser: Browser, page: Page) -> list[float]:
    """Durations of the tasks of the page's main thread while it goes on, in ms, as Chromium traces them."""
    return [event["dur"] / 1000 for event in main_thread_tasks(browser, page)]


def main_thread_tasks(browser: Browser, page: Page) -> list[dict[str, Any]]:
    """The tasks of the page's main thread: `dur` by the wall's clock, `tdur` by the thread's own, in microseconds."""
    browser.start_tracing(page=page, categories=TRACED)
    page.wait_for_timeout(MEASURED_S * 1000)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    return [
        event
        for event in events
        if event.get("ph") == "X"
        and event.get("name") in {"RunTask", "ThreadControllerImpl::RunTask"}
        and (event["pid"], event["tid"]) in mains
    ]


class _Listener:
    """Hears the tickers as they are published."""

    def __init__(self, desk: Desk) -> None:
        self._clock = Client(desk).paper("GET", "/clock")
        self.heard: list[tuple[str, Decimal, float]] = []
        self._listener = redis.Redis.from_url(desk.plan.valkey_url).pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        self._listener.psubscribe(**{"ticker.*": self._note})
        self._thread: threading.Thread = self._listener.run_in_thread(sleep_time=0.01, daemon=True)

    def stop(self) -> None:
        """Hear no more."""
        self._thread.stop()  # type: ignore[attr-defined]

    def delays_ms(self, changes: list[tuple[str, str, float]], since_ms: float) -> list[float]:
        """For each changed cell, how long ago the price that it shows was made."""
        made: dict[tuple[str, Decimal], list[float]] = defaultdict(list)
        for series, last, at_ms in self.heard:
            made[series, last].append(at_ms)
        delays = []
        for series, text, seen_ms in changes:
            price = _number(text)
            at = [at_ms for at_ms in made.get((series, price), []) if since_ms <= at_ms <= seen_ms] if price else []
            if at:
                delays.append(seen_ms - max(at))
        return delays

    def _wall_ms(self, market_ms: float) -> float:
        """When it was, by the wall's clock, that the market's clock showed this."""
        since_ms = (market_ms - self._clock["market_at_ms"]) / float(self._clock["speed"])
        return float(self._clock["wall_at_ms"] + since_ms)

    def _note(self, message: dict[str, Any]) -> None:
        told = json.loads(message["data"])
        if told["last"]:
            at_ms = self._wall_ms(datetime.fromisoformat(told["at"]).timestamp() * 1000)
            series = f"{told['venue'].upper()}:{told['symbol']}"
            self.heard.append((series, Decimal(told["last"]).normalize(), at_ms))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("\n", "").replace("\u00a0", "").strip()).normalize()
    except InvalidOperation:
        return None


def _fill_to_row(desk: Desk, browser: Browser) -> list[Row]:
    """From the moment before a fill is asked for at the venue to its row on the ledger page."""
    client = Client(desk).sign_in()
    key = client.make_key({"kind": "empty", "balances": {"USDT": "1000000"}})
    account_id = client.connect(key, "Fills").body["account_id"]
    client.await_import(account_id)
    page = _sign_in(browser, desk, f"/ledger?account={account_id}")
    page.get_by_test_id("ledger-grid").wait_for(timeout=30_000)
    time.sleep(8)  # the account's stream is followed from now on
    page.evaluate(OBSERVE_ROWS)
    asked = []
    for _ in range(FILLS):
        asked.append((_fill(client, key["key"]), time.time() * 1000))
        page.wait_for_timeout(700)
    page.wait_for_timeout(3000)
    ids = {entry["identity"]: entry["entry_id"] for entry in client.entries(f"account_id={account_id}")}
    seen = page.evaluate("window.rows")
    delays = [seen.get(ids[identity], float("inf")) - before for (identity, before), _ in asked]
    page.close()
    return [
        Row(name="fill at the venue to its row in the browser, p50", value=percentile(delays, 0.5), unit="ms"),
        Row(
            name="fill at the venue to its row in the browser, p95",
            value=percentile(delays, 0.95),
            unit="ms",
            bar="<= 1000",
        ),
    ]


def _fill(client: Client, key: str) -> tuple[str, float]:
    before_ms = time.time() * 1000
    made = client.paper("POST", f"/accounts/{key}/fills", {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.001"})
    return f"trade:BTCUSDT:{made['trade_ids'][0]}", before_ms

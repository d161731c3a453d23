"""The balancer's load at a whole desk in real time, and the budgets page in a real browser while it runs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from stacks.local.desk import Desk, forget
from stacks.local.plan import Choices
from tests.e2e.chromium import FLAGS, find_chromium
from tests.perf.balancer import BOTS, TENANTS, jobs_of
from tests.perf.balancer_bed import desk_bed, end_load, start_load
from tests.perf.rows import Row
from tests.servers import ROOT

LOAD_S = 130.0
"""Two whole windows of the venue's minute."""

PICTURE = ROOT / "tests" / "e2e" / "screenshots" / "budgets-under-load.png"
READ = """
() => {
  const text = (node) => node?.textContent ?? '';
  const venue = document.querySelector('section[aria-label="binance"]');
  const rows = [...venue.querySelectorAll('[data-testid="budget-row"]')];
  const weights = rows.map((row) => {
    const meter = [...row.querySelectorAll('[role="meter"]')].find((one) => one.ariaLabel.startsWith('weight used'));
    return [row.querySelector('strong').textContent, meter?.ariaValueText ?? ''];
  });
  const granted = [...venue.querySelectorAll('tbody tr')].map((row) => [...row.cells].map(text));
  const outcomes = [...venue.querySelectorAll('dl > div')].map((one) => [...one.children].map(text));
  const states = rows.map((row) => row.dataset.state);
  return { weights: Object.fromEntries(weights), granted, outcomes: Object.fromEntries(outcomes), states };
}
"""


@dataclass(slots=True)
class Watched:
    """What the page showed, look by look."""

    weights: list[dict[str, str]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    granted: dict[str, list[str]] = field(default_factory=dict)
    banned: int = 0

    def look(self, page: Page) -> None:
        """Read the page once."""
        seen: dict[str, Any] = page.evaluate(READ)
        self.weights.append(seen["weights"])
        self.banned += seen["states"].count("banned")
        self.outcomes = seen["outcomes"] or self.outcomes
        self.granted = {row[0]: row[1:] for row in seen["granted"]} or self.granted

    @property
    def moved(self) -> int:
        """In how many looks some weight was another than in the look before."""
        return sum(before != now for before, now in zip(self.weights, self.weights[1:], strict=False))

    @property
    def fullest_percent(self) -> float:
        """The largest used part of a weight that was shown."""
        shown = [text.split(" of ") for look in self.weights for text in look.values() if " of " in text]
        return max((100 * int(used) / int(allowed) for used, allowed in shown), default=0.0)


def bench_watched_page() -> list[Row]:
    """100 workers and 10 foreign bots for two minutes; a look each second."""
    with _desk() as desk, _page(desk) as page, desk_bed(desk, BOTS) as made:
        accounts = [made.account(f"tenant-{number}") for number in range(TENANTS)]
        before = made.statistics()
        load = start_load(made, jobs_of(made, accounts, "balanced"), LOAD_S)
        watched = watch(page, LOAD_S)
        page.screenshot(path=PICTURE)
        figures = end_load(load)
        after = made.statistics()
    print("shown at the end:", watched.weights[-1], watched.outcomes, watched.granted)
    print("asked:", dict(figures["asked"]), dict(figures["failed"]))
    return _rows(watched, before, after)


def watch(page: Page, seconds: float) -> Watched:
    """Look at the budgets page each second."""
    watched, until_s = Watched(), time.monotonic() + seconds
    while time.monotonic() < until_s:
        watched.look(page)
        page.wait_for_timeout(1_000)
    return watched


def _rows(watched: Watched, before: dict[str, Any], after: dict[str, Any]) -> list[Row]:
    refused = sum(after[name] - before[name] for name in ("rate_limited", "banned"))
    shown = sum(_count(watched.outcomes.get(name, "")) for name in ("Answered 429", "Answered 418"))
    moved = 100 * watched.moved / max(1, len(watched.weights) - 1)
    hits = float(watched.outcomes.get("Cache hits", "0").removesuffix(" %").replace("—", "0"))
    return [
        Row(
            name="budgets page under load: answers 429 and 418 at the venue", value=refused, unit="answers", bar="<= 0"
        ),
        Row(name="budgets page under load: the same as shown", value=shown, unit="answers", bar="<= 0"),
        Row(name="budgets page under load: bans shown", value=watched.banned, unit="looks", bar="<= 0"),
        Row(name="budgets page under load: looks in which a weight moved", value=moved, unit="%", bar=">= 30"),
        Row(name="budgets page under load: fullest weight shown", value=watched.fullest_percent, unit="%", bar=">= 90"),
        Row(name="budgets page under load: cache hits shown", value=hits, unit="%", bar=">= 62"),
    ]


def _count(text: str) -> int:
    return int("".join(digit for digit in text if digit.isdigit()) or "0")


@contextmanager
def _desk() -> Iterator[Desk]:
    state_dir = Path(tempfile.mkdtemp(prefix="nightdesk-bench-"))
    try:
        with Desk(state_dir, Choices(port=0)) as desk:
            yield desk
    finally:
        forget(state_dir)


@contextmanager
def _page(desk: Desk) -> Iterator[Page]:
    """The budgets page, signed in."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        page = browser.new_page(base_url=desk.url, viewport={"width": 1280, "height": 900}, color_scheme="dark")
        email, password = desk.sign_in
        page.goto("/budgets")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("region", name="binance").wait_for(timeout=30_000)
        yield page
        browser.close()

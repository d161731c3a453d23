"""One whole desk and one browser for all journeys."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from _pytest._code.code import ExceptionRepr
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from stacks.local.desk import Desk
from stacks.local.plan import Choices
from tests.e2e.chromium import FLAGS, find_chromium
from tests.e2e.client import Client
from tests.servers import ROOT

SCREENSHOTS = ROOT / "tests" / "e2e" / "screenshots"

PATIENCE_MS: Final = 120_000
"""How long a journey waits for what must come; how fast it comes is for `make bench` to say."""

SHOWN_LINES: Final = 30

DESKS_OF_THEIR_OWN = ("test_chaos.py", "venues", "fast")
BEGUN, ENDED = "test_a_history_is_asked_for", "test_the_history_was_filled_and_verified"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys with a desk of their own come first, for two desks never stand side by side.

    A history is asked for before all others and looked at after them: venues bear it slowly, nobody waits for it.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if any(name in item.path.parts for name in DESKS_OF_THEIR_OWN):
        return 0
    return {BEGUN: 1, ENDED: 3}.get(item.name, 2)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with its demo user, started as `make run` starts it."""
    running = Desk(tmp_path_factory.mktemp("desk"), Choices(port=0), report=print)
    try:
        yield running.start()
    finally:
        running.stop()
        running.servers.postgres.forget()


@pytest.fixture
def client(desk: Desk) -> Client:
    """A signed-in client of the desk's API."""
    return Client(desk).sign_in()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A journey that fails tells what its page showed, and leaves a picture of it."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    told = report.longrepr
    if report.when == "call" and report.failed and page is not None and isinstance(told, ExceptionRepr):
        told.addsection(f"The page, {page.url}", _shown(page, item.name))
    return report


def _shown(page: Page, name: str) -> str:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    try:
        page.screenshot(path=SCREENSHOTS / f"failed-{name}.png", timeout=10_000)
        lines = page.locator("body, main").last.inner_text(timeout=10_000).splitlines()
    except Error as error:
        return f"could not be looked at: {error}"
    return "\n".join([line for line in lines if line.strip()][:SHOWN_LINES])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """A fresh page at the desk's address; a console error or an uncaught one fails the test."""
    context = browser.new_context(
        base_url=desk.url, viewport={"width": 1440, "height": 900}, timezone_id="Asia/Kolkata"
    )
    context.set_default_timeout(PATIENCE_MS)
    fresh = context.new_page()
    complaints: list[str] = []
    fresh.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    fresh.on("pageerror", lambda error: complaints.append(str(error)))
    yield fresh
    context.close()
    assert [line for line in complaints if "status of 4" not in line] == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where journeys leave pictures to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS

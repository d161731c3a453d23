"""One whole desk and one browser for all journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stacks.local.desk import Desk
from stacks.local.plan import Choices
from tests.e2e.chromium import FLAGS, find_chromium
from tests.e2e.client import Client
from tests.servers import ROOT

SCREENSHOTS = ROOT / "tests" / "e2e" / "screenshots"


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
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

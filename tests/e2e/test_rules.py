"""A portfolio trailing stop made, replayed and watched in a real browser, without a line of code."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e


def test_a_trailing_stop_from_its_template_runs_in_shadow(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.get_by_label("Pages").get_by_role("link", name="Rules").click()
    page.get_by_role("tab", name="Strategies").click()
    page.get_by_test_id("template-portfolio_trailing_stop").click()
    page.get_by_test_id("run-replay").click()
    expect(page.get_by_test_id("replay-return")).to_contain_text("%")
    page.screenshot(path=screenshots / "rules-replayed.png")
    page.get_by_test_id("make-strategy").click()
    expect(page.get_by_test_id("builder")).to_be_visible()
    page.get_by_test_id("mode-shadow").click()
    expect(page.get_by_test_id("mode").first).to_have_text("Shadow")
    expect(page.get_by_test_id("sell-at")).to_contain_text(re.compile(r"\d"))
    expect(page.get_by_test_id("distance").first).to_contain_text("sell-at")
    page.screenshot(path=screenshots / "rules-shadow.png")

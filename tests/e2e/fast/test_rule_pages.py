"""The pages of rules in a real browser: built, replayed, run in shadow, let live, explained; and swept."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import at_speed, channels, finished, funded
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

LABEL: Final = "Watched in the page"


def test_a_stop_is_built_replayed_let_live_and_explained(
    page: Page, desk: Desk, client: Client, screenshots: Path
) -> None:
    channels(client)
    funded(client, {"BTC": "0.3", "USDT": "100"}, LABEL)
    sign_in(page, desk)
    page.get_by_label("Pages").get_by_role("link", name="Rules").click()
    page.get_by_test_id("new-rule").click()
    build_a_stop(page)
    replay(page, "replay-result")
    page.screenshot(path=screenshots / "rule-replayed.png")
    run_in_shadow(page)
    page.screenshot(path=screenshots / "rule-in-shadow.png")
    rule_set_id = page.url.rsplit("/", 1)[1]
    let_live(page)
    with at_speed(client, 60):
        fired = finished(client, rule_set_id)
    require_explained(page, f"/rules/{rule_set_id}/firings/{fired['firing_id']}")
    page.screenshot(path=screenshots / "rule-fired.png")


def build_a_stop(page: Page) -> None:
    """A trailing stop on one account that sells everything there and tells a channel of it."""
    builder = page.get_by_test_id("builder")
    page.get_by_test_id("rule-set-name").fill("Built in the page")
    condition = builder.get_by_test_id("rule")
    condition.get_by_label("Condition", exact=True).select_option("trailing_stop")
    condition.get_by_label("Falls below its best by, %").fill("0.01")
    condition.get_by_label("Of", exact=True).select_option(label=LABEL)
    first = builder.get_by_test_id("action").first
    first.get_by_label("Action", exact=True).select_option("panic_sell")
    first.get_by_label("Of", exact=True).select_option(label=LABEL)
    builder.get_by_role("button", name="Add an action").click()
    picked = builder.get_by_test_id("notify-channels")
    picked.get_by_role("checkbox").first.check()
    builder.get_by_label("Fires").select_option("once")


def replay(page: Page, shown: str) -> None:
    """Over past bars, with the fill model told beside the fills on the market's chart."""
    panel = page.get_by_test_id("replay")
    panel.get_by_test_id("run-replay").click()
    expect(panel.get_by_test_id(shown)).to_contain_text("bars of")
    expect(panel.get_by_test_id("equity")).to_be_visible()
    expect(panel.get_by_test_id("replay-return")).to_contain_text("%")


def run_in_shadow(page: Page) -> None:
    """It says how long it runs, and how far each condition is from being true."""
    page.get_by_test_id("save-rule").click()
    page.get_by_test_id("mode-shadow").click()
    shadow = page.get_by_test_id("shadow")
    expect(shadow.get_by_test_id("shadow-days")).to_have_text("0 days")
    expect(shadow.get_by_test_id("promotion")).to_contain_text("may go live")
    missing = page.get_by_test_id("why-not").get_by_test_id("missing").first
    expect(missing).to_contain_text(re.compile(r"away|enough|not known"))


def let_live(page: Page) -> None:
    """Says what it would sell now, and takes a person's word."""
    page.get_by_test_id("mode-live").click()
    form = page.get_by_test_id("live-form")
    expect(form.get_by_test_id("would-sell")).to_contain_text("BTC")
    form.get_by_label("Type “live”").fill("live")
    form.get_by_role("button", name="Go live").click()
    expect(page.get_by_test_id("mode").first).to_have_text("Live")


def require_explained(page: Page, link: str) -> None:
    """By the link of its alerts: from the breach over the order and its fills to the channel that was picked."""
    page.goto(link)
    detail = page.get_by_test_id("firing-detail")
    expect(detail).to_be_visible()
    for hop in ("Breach", "Decided", "Taken up", "Order sent", "Venue answered", "Filled", "Heard"):
        expect(detail.get_by_test_id("hops")).to_contain_text(hop)
    expect(detail.get_by_role("list", name="What it did")).to_contain_text("ledger #")
    expect(detail.get_by_test_id("heard").first).to_contain_text("delivered after")


def test_what_a_sweep_found_goes_back_into_the_form(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.get_by_label("Pages").get_by_role("link", name="Rules").click()
    page.get_by_role("tab", name="Strategies").click()
    page.get_by_test_id("template-rsi").click()
    panel = page.get_by_test_id("sweep-panel")
    panel.get_by_label("Buy below").fill("20, 40")
    panel.get_by_label("Begin with").fill("10000 USDT")
    panel.get_by_test_id("run-sweep").click()
    expect(panel.get_by_test_id("sweep-row")).to_have_count(2)
    panel.get_by_role("button", name="Use buy below 40").click()
    expect(page.get_by_test_id("strategy").get_by_label("Buy below")).to_have_value("40")
    page.get_by_test_id("replay").get_by_label("Begin with").fill("10000 USDT")
    replay(page, "replay-result")
    expect(page.get_by_test_id("replay").get_by_test_id("replay-chart")).to_be_visible()
    page.screenshot(path=screenshots / "strategy-swept.png")

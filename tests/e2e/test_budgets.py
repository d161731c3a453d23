"""The budgets page while the desk's budget is used: by its own workers, by traders and by a foreign bot."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.test_journey import sign_in
from tests.perf.balancer_bed import ADDRESSES, Bed, desk_bed, end_load, start_load
from tests.perf.balancer_watched import Watched

pytestmark = pytest.mark.e2e
LOAD_S = 14.0
BOT = "grid-bot"
COMPLAINTS = ("Answered 429", "Answered 418")
REFUSALS = ("rate_limited", "banned")


def jobs(made: Bed) -> list[dict[str, object]]:
    """A few workers and a trader under the budget, and a foreign bot that goes through a forwarder."""
    account = made.account("load")
    worker = {**account, "tenant": "load", "back_fills": True, "orders": False}
    common = {"addresses": ADDRESSES[:1], "price": "50000"}
    desk = [{**worker, "number": 0}, {**worker, "number": 1, "back_fills": False, "orders": True}]
    bot = {**worker, "tenant": BOT, "number": 2, "back_fills": False}
    bot |= {"proxy": made.urls["egress-1"], "token": made.tokens[BOT]}
    return [{**common, "mode": "balanced", "workers": desk}, {**common, "mode": "plain", "workers": [bot]}]


def test_budgets_move_while_they_are_used_and_nobody_is_banned(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.goto("/budgets")
    binance = page.get_by_role("region", name="binance")
    binance.wait_for()
    watched = Watched()
    watched.look(page)
    complained = [watched.outcomes[name] for name in COMPLAINTS]
    with desk_bed(desk, [BOT], egresses=1) as made:
        before = made.statistics()
        load = start_load(made, jobs(made), LOAD_S)
        lent = binance.get_by_test_id("budget-row").filter(has_text="egress-1")
        expect(lent).to_have_attribute("data-state", "alive")
        for _ in range(int(LOAD_S)):
            watched.look(page)
            page.wait_for_timeout(1_000)
        page.screenshot(path=screenshots / "budgets.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=screenshots / "budgets-390.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        figures = end_load(load)
        watched.look(page)
        statistics = made.statistics()
    assert watched.moved >= 1
    assert watched.banned == 0
    assert [watched.outcomes[name] for name in COMPLAINTS] == complained
    assert [statistics[name] for name in REFUSALS] == [before[name] for name in REFUSALS]
    assert figures["asked"]["order"] > 0
    assert set(figures["failed"]) <= {"page balancer.wait_too_long"}  # history may be told to come again, nothing else

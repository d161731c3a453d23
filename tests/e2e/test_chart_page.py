"""What a trader puts on a chart: drawn by mouse, kept over reloads and lengths of bars, shared by a link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import until
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

SERIES: Final = "BINANCE:ETH/USDT"
LEVEL: Final = "Old level, watch it"


def chart_of(page: Page) -> Locator:
    """The chart, once its bars are drawn."""
    chart = page.get_by_test_id("chart")
    expect(chart).to_have_attribute("data-outcome", "drawn")
    return chart


def draw(page: Page, tool: str, *places: tuple[float, float]) -> None:
    """Take a tool and click at places, as parts of the chart's width and height."""
    page.get_by_test_id("drawing-bar").get_by_role("button", name=tool, exact=True).click()
    box = chart_of(page).bounding_box()
    assert box is not None
    for across, down in places:
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    expect(page.get_by_test_id("drawing-panel")).to_have_attribute("aria-label", tool)


def is_kept(page: Page) -> None:
    expect(page.get_by_test_id("layout-state")).to_have_attribute("data-keeping", "kept")


def drawn(page: Page) -> list[str]:
    """The list of drawings."""
    page.get_by_role("button", name="All drawings").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    found = dialog.get_by_role("listitem").all_inner_texts()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return [" ".join(text.split()) for text in found]


def kept_content(client: Client, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The content of the series' layout once the desk has what is looked for: a page keeps a moment after it shows."""

    def content() -> dict[str, Any]:
        listed = client.get("/chart-layouts")["items"]
        (one,) = [each for each in listed if each["series"] == SERIES]
        found: dict[str, Any] = client.get(f"/chart-layouts/{one['layout_id']}")["content"]
        return found

    def looked_for() -> dict[str, Any] | None:
        found = content()
        return found if holds(found) else None

    kept: dict[str, Any] = until(looked_for, told=content)
    return kept


def texts(content: dict[str, Any]) -> set[str]:
    return {each["text"] for each in content["drawings"]}


def add_points(page: Page) -> None:
    """An own series of two points, pasted as lines."""
    page.get_by_test_id("open-points").click()
    form = page.get_by_test_id("new-point-set")
    form.get_by_label("New series").fill("Funding")
    form.get_by_role("button", name="Make it").click()
    page.get_by_test_id("points-text").fill("2026-01-05 08:00,0.0001,first\n2026-01-05 16:00,0.00012,\nno point")
    expect(page.get_by_test_id("points-read")).to_contain_text("2 points; 1 lines are none")
    page.get_by_role("button", name="Add these points").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Funding")).to_contain_text("2 points")
    page.keyboard.press("Escape")


def test_drawings_survive_and_are_shared(
    page: Page, browser: Browser, desk: Desk, client: Client, screenshots: Path
) -> None:
    sign_in(page, desk)
    page.goto(f"/chart?series={SERIES}&resolution=15m")
    chart_of(page)
    draw(page, "Trend line", (0.3, 0.6), (0.6, 0.3))
    draw(page, "Note", (0.45, 0.4))
    page.get_by_test_id("drawing-text").fill(LEVEL)
    add_points(page)
    is_kept(page)
    before = kept_content(client, lambda content: bool(content["points"]) and LEVEL in texts(content))
    assert {each["kind"] for each in before["drawings"]} == {"trend_line", "note"}

    page.reload()
    chart_of(page)
    assert drawn(page) == ["Trend line", f"Note {LEVEL}"]
    page.get_by_label("Resolution", exact=True).get_by_text("1h", exact=True).click()
    chart_of(page)
    assert drawn(page) == ["Trend line", f"Note {LEVEL}"]
    after = kept_content(client, lambda content: bool(content["resolution"] == "1h"))
    assert (after["drawings"], after["points"]) == (before["drawings"], before["points"])
    is_kept(page)
    page.screenshot(path=screenshots / "chart-drawn.png")

    page.get_by_test_id("open-layouts").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_test_id("share-link").input_value()
    assert "#share=" in link

    other = browser.new_context(base_url=desk.url, viewport={"width": 1280, "height": 800}).new_page()
    sign_in(other, desk)
    other.goto(link)
    expect(other.get_by_test_id("shared-chart")).to_contain_text("Main")
    chart_of(other)
    other.screenshot(path=screenshots / "chart-shared.png")
    other.context.close()

    page.get_by_role("button", name="Revoke Main").click()
    expect(page.get_by_role("button", name="Revoke Main")).to_be_hidden()

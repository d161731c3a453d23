"""A Koinly file on its way into the ledger, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e
GOLDEN = Path(__file__).parents[1] / "golden" / "files"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def shoot(page: Page, screenshots: Path, name: str) -> None:
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=screenshots / f"files-{name}-{size['width']}.png", full_page=True)


def upload(page: Page, name: str, label: str) -> None:
    page.goto("/files?new=1")
    page.get_by_test_id("file-account").select_option("new")
    page.get_by_label(re.compile("^Venue or wallet")).fill("Old Exchange")
    page.get_by_label(re.compile("^Name")).fill(label)
    page.get_by_test_id("file-input").set_input_files(GOLDEN / name)
    page.get_by_role("button", name="Upload and look at it").click()


def test_a_koinly_file_is_previewed_imported_counted_and_in_the_ledger(
    page: Page, desk: Desk, screenshots: Path
) -> None:
    sign_in(page, desk)
    upload(page, "koinly_universal.csv", "Koinly history")
    expect(page.get_by_test_id("format")).to_have_text("Koinly universal")
    expect(page.get_by_test_id("count-imported")).to_have_text("5")
    expect(page.get_by_test_id("count-rejected")).to_have_text("1")
    shoot(page, screenshots, "preview")
    page.get_by_test_id("commit").click()
    report = page.get_by_test_id("report")
    expect(report).to_have_attribute("data-state", "done")
    for part, rows in (("imported", "5"), ("duplicate", "0"), ("skipped", "2"), ("rejected", "1")):
        expect(page.get_by_test_id(f"count-{part}")).to_have_text(rows)
    expect(page.get_by_test_id("left-out-row")).to_have_count(3)
    shoot(page, screenshots, "report")
    with page.expect_download() as taken:
        page.get_by_test_id("download-rejects").click()
    assert "files.number_malformed" in Path(taken.value.path()).read_text()
    page.get_by_role("link", name="See the account's ledger").click()
    grid = page.locator("main")
    expect(grid).to_contain_text("420.5")
    page.goto("/files")
    expect(page.get_by_test_id("file-row").first).to_contain_text("imported")
    shoot(page, screenshots, "list")
    with page.expect_download() as taken:
        page.get_by_test_id("exports").get_by_role("button", name="Koinly universal").click()
    assert taken.value.suggested_filename == "nightdesk-koinly.csv"


def test_a_file_without_a_zone_asks_for_it(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    upload(page, "cointracking_trades.csv", "CoinTracking history")
    expect(page.get_by_test_id("zone-question")).to_be_visible()
    expect(page.get_by_test_id("commit")).to_be_disabled()
    shoot(page, screenshots, "zone")
    page.get_by_label("Time zone of the file").fill("Europe/Berlin")
    page.get_by_test_id("zone-answer").click()
    expect(page.get_by_test_id("zone")).to_contain_text("Europe/Berlin")
    expect(page.get_by_test_id("count-imported")).to_have_text("4")

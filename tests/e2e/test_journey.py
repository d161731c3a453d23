"""A newcomer's way through the desk, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client

pytestmark = pytest.mark.e2e


def sign_in(page: Page, desk: Desk) -> None:
    email, password = desk.sign_in
    page.goto("/")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("total")).to_contain_text(re.compile(r"\d"))


def open_connect_form(page: Page) -> None:
    page.get_by_label("Pages").get_by_role("link", name="Accounts").click()
    page.get_by_test_id("connect").first.click()


def fill_connect_form(page: Page, key: str, secret: str, label: str) -> None:
    form = page.get_by_test_id("connect-form")
    form.locator("input[name=label]").fill(label)
    form.locator("input[name=key]").fill(key)
    form.locator("input[name=secret]").fill(secret)
    form.get_by_role("button", name=re.compile("connect", re.IGNORECASE)).click()


def test_a_wrong_password_says_so(page: Page, desk: Desk) -> None:
    page.goto("/")
    page.locator("input[name=email]").fill(desk.sign_in[0])
    page.locator("input[name=password]").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("sign-in-error")).to_be_visible()


def test_the_portfolio_shows_the_demo_accounts(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    expect(page.get_by_test_id("portfolio-grid")).to_contain_text("BTC")
    page.screenshot(path=screenshots / "portfolio.png")


def test_connect_an_account_watch_it_import_and_read_its_ledger(
    page: Page, desk: Desk, client: Client, screenshots: Path
) -> None:
    key = client.make_key({"kind": "seeded", "seed": 5, "trades": 3000})
    sign_in(page, desk)
    open_connect_form(page)
    fill_connect_form(page, key["key"], key["secret"], "Journey")
    progress = page.get_by_test_id("import-progress")
    expect(progress).to_be_visible()
    page.screenshot(path=screenshots / "importing.png")
    expect(progress).to_have_attribute("data-state", "done")
    page.get_by_role("link", name="See its ledger").click()
    expect(page.get_by_test_id("ledger-grid")).to_contain_text("BINANCE:")
    page.screenshot(path=screenshots / "ledger.png")
    page.get_by_test_id("verify-chain").click()
    expect(page.get_by_test_id("verify-report")).to_contain_text("Journey")


def test_a_key_that_may_withdraw_is_refused_with_its_reason(page: Page, desk: Desk, client: Client) -> None:
    key = client.make_key({"kind": "empty"}, withdraw=True)
    sign_in(page, desk)
    open_connect_form(page)
    fill_connect_form(page, key["key"], key["secret"], "Too strong")
    error = page.get_by_test_id("connect-error")
    expect(error).to_have_attribute("data-code", "accounts.key_may_withdraw")


def test_masking_leaves_no_amount_on_the_page(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    total = page.get_by_test_id("total").inner_text()
    page.keyboard.press("m")
    expect(page.get_by_test_id("total")).not_to_contain_text(re.compile(r"\d{3}"))
    amounts = re.findall(r"\d[\d,.]{5,}", total)
    assert amounts
    assert not any(amount in page.content() for amount in amounts)
    page.screenshot(path=screenshots / "masked.png")


def test_the_phone_has_cards_and_a_bottom_bar(page: Page, desk: Desk, screenshots: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, desk)
    expect(page.get_by_test_id("portfolio-cards")).to_be_visible()
    page.screenshot(path=screenshots / "phone.png")


def test_signing_out_ends_the_session_at_once(page: Page, desk: Desk) -> None:
    sign_in(page, desk)
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-form")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("sign-in-form")).to_be_visible()

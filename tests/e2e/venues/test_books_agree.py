"""Five venues and a Koinly file tell one truth, and the desk says where it ends, in a real browser."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import until
from tests.e2e.test_journey import fill_connect_form, open_connect_form, sign_in

pytestmark = pytest.mark.e2e

IMPORT_S: Final = 400
SYMBOLS: Final = {
    "binance": ["BTC/USDT", "ETH/USDT"],
    "bitfinex": ["BTC/USD", "ETH/USD"],
    "coinbase": ["BTC/USD", "ETH/USD"],
    "htx": ["BTC/USDT", "ETH/USDT"],
    "kraken": ["BTC/USD", "ETH/USD"],
}
DAYS: Final = {"htx": 150}
"""HTX tells the trades of 120 days: what was before must come from a file."""
CONVERGE_S: Final = 180
DRIVER: Final = "Truth"
REPORTS: Final = 3
"""A difference that so many reports in a row tell is a doubt."""


def test_five_venues_and_a_file_reconcile_to_zero(
    page: Page, desk: Desk, client: Client, screenshots: Path, tmp_path: Path
) -> None:
    keys = {venue: open_at(client, venue) for venue in SYMBOLS}
    sign_in(page, desk)
    for venue, key in keys.items():
        connect(page, venue, key)
    accounts = {venue: account_of(client, venue) for venue in SYMBOLS}
    for account in accounts.values():
        progress = client.await_import(account["account_id"], timeout_s=IMPORT_S)
        assert (progress["state"], progress["rows_skipped"]) == ("done", 0), progress
    missing = client.get(f"/accounts/{accounts['htx']['account_id']}")["history_missing"]
    assert missing is not None
    koinly = written(tmp_path / "htx-before.csv", lost_fills(client, keys["htx"], missing))
    bring(page, koinly, accounts["htx"]["account_id"])
    for account in accounts.values():
        agreed(client, account["account_id"])
    show_that_nothing_differs(page, screenshots)


def test_a_deposit_struck_at_the_venue_ends_what_is_proven(
    page: Page, desk: Desk, client: Client, screenshots: Path
) -> None:
    key = client.make_key({"kind": "empty", "balances": {"USDT": "1000", "ETH": "4"}})
    account_id: str = client.connect(key, "Struck").body["account_id"]
    client.await_import(account_id)
    deposits = [deposit(client, key, amount) for amount in ("1.25", "0.5", "2")]
    imported(client, account_id)
    agreed(client, account_id)
    before = {each["finding_id"] for each in inbox(client, account_id)}
    client.paper("DELETE", f"/accounts/{key['key']}/transfers/{deposits[1]['id']}")
    reported(client, account_id, REPORTS)
    check = until(lambda: differing(client, account_id))
    assert (check["asset"], check["difference"]) == ("ETH", "-0.5")
    assert at_ms(check["proven_until"]) == deposits[1]["at_ms"]
    doubts = [each for each in inbox(client, account_id) if each["finding_id"] not in before]
    assert [(each["cause"], each["asset"]) for each in doubts] == [("difference", "ETH")]
    sign_in(page, desk)
    page.goto(f"/inbox?account={account_id}&cause=difference")
    expect(page.get_by_test_id("finding")).to_have_count(1)
    page.screenshot(path=screenshots / "truth-inbox.png")
    page.goto(f"/reconciliation?account={account_id}&differences=1")
    expect(page.get_by_test_id("check")).to_have_count(1)
    page.screenshot(path=screenshots / "truth-proven-until.png")


def open_at(client: Client, venue: str) -> dict[str, str]:
    """An account with a past at the venue."""
    history = {"kind": "seeded", "seed": 41, "trades": 60, "days": DAYS.get(venue, 60), "symbols": SYMBOLS[venue]}
    permissions = {"read": True, "trade": True, "withdraw": False}
    body = {"venue": venue, "label": DRIVER, "permissions": permissions, "history": history}
    made: dict[str, str] = client.paper("POST", "/accounts", body)
    return made


def connect(page: Page, venue: str, key: dict[str, str]) -> None:
    """As a person does it."""
    open_connect_form(page)
    page.get_by_test_id("connect-form").locator("select[name=venue]").select_option(venue)
    fill_connect_form(page, key["key"], key["secret"], f"{DRIVER} {venue}")
    expect(page.get_by_test_id("import-progress")).to_be_visible()


def account_of(client: Client, venue: str) -> dict[str, Any]:
    """The account that was connected for this."""
    found = [each for each in client.get("/accounts")["items"] if each["label"] == f"{DRIVER} {venue}"]
    assert len(found) == 1
    return dict(found[0])


def lost_fills(client: Client, key: dict[str, str], missing: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What the venue's own books know of the range that its API no longer tells."""
    for fill in client.paper("GET", f"/accounts/{key['key']}/orders")["fills"]:
        if fill["at_ms"] < at_ms(missing["ends_at"]):
            yield fill


def written(path: Path, fills: Iterator[dict[str, Any]]) -> Path:
    """The fills as Koinly's universal file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["Date", "Sent Amount", "Sent Currency", "Received Amount", "Received Currency", "Fee Amount",
             "Fee Currency", "Net Worth Amount", "Net Worth Currency", "Label", "Description", "TxHash"]
        )  # fmt: skip
        for fill in fills:
            base, quote = fill["symbol"].split("/")
            got, gave = (fill["quantity"], base), (fill["quote_quantity"], quote)
            sent, received = (gave, got) if fill["side"] == "buy" else (got, gave)
            at = datetime.fromtimestamp(fill["at_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            writer.writerow([at, *sent, *received, fill["fee"], fill["fee_asset"], "", "", "", "", ""])
    return path


def bring(page: Page, path: Path, account_id: str) -> None:
    """Upload the file into the account, and commit it."""
    page.goto("/files?new=1")
    page.get_by_test_id("file-account").select_option(account_id)
    page.get_by_test_id("file-input").set_input_files(path)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_test_id("format")).to_have_text("Koinly universal")
    expect(page.get_by_test_id("count-rejected")).to_have_text("0")
    page.get_by_test_id("commit").click()
    expect(page.get_by_test_id("report")).to_have_attribute("data-state", "done")


def agreed(client: Client, account_id: str) -> None:
    """Wait until every balance of the account was compared and agrees."""
    reported(client, account_id, 1)
    deadline = time.monotonic() + CONVERGE_S
    while not (found := checks(client, account_id)) or (open_ := [each for each in found if each["cycles_open"]]):
        assert time.monotonic() < deadline, [(each["asset"], each["difference"], each["derived"]) for each in open_]
        time.sleep(1)


def show_that_nothing_differs(page: Page, screenshots: Path) -> None:
    page.goto("/reconciliation")
    rows = page.get_by_test_id("check").filter(has_text=re.compile(DRIVER))
    expect(rows.first).to_be_visible()
    expect(page.locator("[data-testid=check][data-differs=true]").filter(has_text=DRIVER)).to_have_count(0)
    page.screenshot(path=screenshots / "truth-reconciled.png", full_page=True)


def deposit(client: Client, key: dict[str, str], amount: str) -> dict[str, Any]:
    """Bring ETH to the venue; a moment passes, so that each deposit has an instant of its own."""
    time.sleep(0.05)
    made: dict[str, Any] = client.paper("POST", f"/accounts/{key['key']}/deposits", {"asset": "ETH", "amount": amount})
    return made


def imported(client: Client, account_id: str) -> None:
    """Read what is new of the account's history."""
    client.ask("POST", f"/accounts/{account_id}/import")
    client.await_import(account_id)


def reported(client: Client, account_id: str, times: int) -> None:
    """Have the venue asked for its balances so often, one after the other."""
    for _ in range(times):
        before = newest_report(client, account_id)

        def is_newer(known: str = before) -> bool:
            return newest_report(client, account_id) > known

        client.ask("POST", f"/accounts/{account_id}/refresh")
        until(is_newer, every_s=0.5)


def newest_report(client: Client, account_id: str) -> str:
    return max((each["reported_at"] for each in checks(client, account_id)), default="")


def checks(client: Client, account_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/reconciliation?account_id={account_id}")["items"]
    return found


def inbox(client: Client, account_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/inbox?account_id={account_id}")["items"]
    return found


def differing(client: Client, account_id: str) -> dict[str, Any] | None:
    """The one balance that differs, once it has for long enough."""
    found = [each for each in checks(client, account_id) if each["cycles_open"] >= REPORTS]
    assert len(found) <= 1, found
    return found[0] if found else None


def at_ms(instant: str) -> int:
    """Milliseconds since 1970."""
    return round(datetime.fromisoformat(instant).timestamp() * 1000)

"""Orders with a stop price from the ticket of the orders page, and what it says where nothing can be sent."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import funded, price, until
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e


def test_a_stop_is_placed_from_the_ticket(page: Page, desk: Desk, client: Client, screenshots: Path) -> None:
    account = funded(client, {"ETH": "2"}, label="Ticket")
    sign_in(page, desk)
    page.goto(f"/orders?account={account.account_id}&market=ETH/USDT")
    ticket = page.get_by_test_id("ticket")
    ticket.get_by_text("Sell", exact=True).click()
    ticket.get_by_label("Type").select_option("stop_loss")
    stop = (price(client, "BINANCE:ETH/USDT") * Decimal("0.7")).quantize(Decimal("0.01"), ROUND_DOWN)
    ticket.get_by_label("Stop price, USDT").fill(str(stop))
    page.get_by_test_id("ticket-size").fill("1.5")
    expect(page.get_by_test_id("preview")).to_have_attribute("data-code", "")
    page.screenshot(path=screenshots / "ticket-stop.png")
    page.get_by_test_id("place").click()
    live = f"/orders?account_id={account.account_id}&live=true"
    (placed,) = until(lambda: [each for each in client.get(live)["items"] if each["state"] == "open"])
    assert (placed["type"], Decimal(placed["stop_price"]), placed["quantity"]) == ("stop_loss", stop, "1.5")
    row = page.get_by_test_id("order").filter(has_text="Sell stop")
    expect(row).to_have_attribute("data-state", "open")
    page.screenshot(path=screenshots / "ticket-stop-open.png")
    client.ask("DELETE", f"/orders/{placed['order_id']}")

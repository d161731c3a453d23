"""Orders that wait for a stop price, from the desk's API to the venue and back into the ledger."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.e2e.client import Answer, Client
from tests.e2e.stops import Sold, at_speed, funded, holdings, price, until

pytestmark = pytest.mark.e2e

ETH: Final = "BINANCE:ETH/USDT"
TICK: Final = Decimal("0.01")
HOUR_MS: Final = 3_600_000


def near(client: Client, ratio: str) -> str:
    """So much of the last price, in whole ticks."""
    return str((price(client, ETH) * Decimal(ratio)).quantize(TICK, ROUND_DOWN))


def place(client: Client, account: Sold, kind: str, **more: str) -> Answer:
    wanted = {"account_id": account.account_id, "instrument": ETH, "side": "sell", "type": kind, "quantity": "1"}
    return client.ask("POST", "/orders", wanted | more, Idempotency_Key=uuid4().hex)


def order(client: Client, placed: Answer) -> dict[str, Any]:
    assert placed.status == 201, placed
    shown: dict[str, Any] = client.get(f"/orders/{placed.body['order_id']}")
    return shown


def test_stops_wait_start_and_are_booked(client: Client) -> None:
    account = funded(client, {"ETH": "3", "USDT": "1000"}, label="Stops")
    waiting = place(client, account, "stop_loss_limit", stop_price=near(client, "0.7"), price=near(client, "0.69"))
    assert (order(client, waiting)["state"], order(client, waiting)["filled"]) == ("open", "0")
    either = [
        place(client, account, "stop_loss_limit", stop_price=near(client, "0.999"), price=near(client, "0.9")),
        place(client, account, "take_profit", stop_price=near(client, "1.001")),
    ]
    with at_speed(client, 60):
        filled = until(lambda: next((one for one in either if order(client, one)["state"] == "filled"), None), 180)
    told = order(client, filled)
    assert [step["state"] for step in told["steps"]][:2] == ["intended", "sent"]
    until(lambda: booked(client, account, told) == Decimal(-1))
    for placed in (waiting, *either):
        client.ask("DELETE", f"/orders/{placed.body['order_id']}")
    assert until(lambda: order(client, waiting)["state"] == "cancelled")
    until(lambda: agrees(client, account), every_s=1)


def booked(client: Client, account: Sold, told: dict[str, Any]) -> Decimal:
    """What the ledger says that the order moved of its base."""
    entries = client.entries(f"account_id={account.account_id}&kind=trade")
    mine = [each for each in entries if each["order_id"] == told["venue_order_id"]]
    return sum((Decimal(leg["amount"]) for each in mine for leg in each["legs"] if leg["role"] == "base"), Decimal(0))


def agrees(client: Client, account: Sold) -> bool:
    """Whether the venue, asked again, holds what the ledger says."""
    client.ask("POST", f"/accounts/{account.account_id}/refresh")
    held = holdings(client, account.account_id)
    return bool(held) and all(each["difference"] and Decimal(each["difference"]) == 0 for each in held)


def test_what_stops_must_name_and_what_the_venue_refuses(client: Client) -> None:
    account = funded(client, {"ETH": "3"}, label="Refused stops")
    for wanted, code in (
        ({"kind": "stop_loss"}, "orders.price_missing"),
        ({"kind": "stop_loss_limit", "stop_price": near(client, "0.9")}, "orders.price_missing"),
        (
            {"kind": "take_profit", "stop_price": near(client, "1.1"), "price": near(client, "1.1")},
            "orders.price_unwanted",
        ),
    ):
        answer = place(client, account, **wanted)
        assert (answer.status, answer.body["code"]) == (400, code)
    told = order(client, place(client, account, "stop_loss", stop_price=near(client, "1.2")))
    assert (told["state"], told["code"]) == ("rejected", "orders.would_trigger"), told


def test_a_stop_waits_at_kraken_too(client: Client) -> None:
    body = {"venue": "kraken", "label": "Kraken stops", "history": {"kind": "empty", "balances": {"BTC": "0.5"}}}
    key = client.paper("POST", "/accounts", body)
    answer = client.connect(key, "Kraken stops", venue="kraken")
    assert answer.status == 201, answer
    account_id = answer.body["account_id"]
    client.await_import(account_id)
    account, market = Sold(account_id, key["key"]), "KRAKEN:BTC/USD"
    stop = str((price(client, "BINANCE:BTC/USDT") * Decimal("0.7")).quantize(Decimal(1), ROUND_DOWN))
    waiting = place(client, account, "stop_loss", quantity="0.1", instrument=market, stop_price=stop)
    told = order(client, waiting)
    assert (told["state"], told["type"], told["code"]) == ("open", "stop_loss", None), told
    client.ask("DELETE", f"/orders/{waiting.body['order_id']}")
    assert until(lambda: order(client, waiting)["state"] == "cancelled")

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from nightdesk.kernel.errors import OutcomeUnknown
from nightdesk.markets.model import Price
from tests.fakes.clock import NOON
from tests.fakes.desk import Answer, Caller, FakeDesk
from tests.fakes.orders import BTC_USDT

CONNECT = {"venue": "binance", "key": "k" * 20, "secret": "s" * 20, "label": "Main"}
KEY = {"Idempotency-Key": "first-order"}


@pytest.fixture
def account(fake: FakeDesk, anna: Caller) -> str:
    fake.prices.put([Price(instrument=BTC_USDT, last=Decimal(50_000), at=NOON)])
    return str(anna.call("POST", "/api/v1/accounts", CONNECT).json["account_id"])


def wanted(account: str, **more: Any) -> dict[str, Any]:
    base = {"account_id": account, "instrument": "BINANCE:BTC/USDT", "side": "buy", "type": "market"}
    return {**base, "quantity": "0.0125", **more}


def place(caller: Caller, body: object, key: str = "first-order") -> Answer:
    return caller.call("POST", "/api/v1/orders", body, headers={"Idempotency-Key": key})


def rest(caller: Caller, account: str, key: str = "resting-order") -> str:
    order = place(caller, wanted(account, type="limit", price="40000"), key)
    assert order.json["state"] == "open", order
    return str(order.json["order_id"])


def test_order_is_placed_once_however_often_it_is_sent(fake: FakeDesk, anna: Caller, account: str) -> None:
    first = place(anna, wanted(account))
    assert first.status == 201
    said = first.json
    assert (said["state"], said["quantity"], said["residue"], said["average_price"]) == (
        "filled",
        "0.012",
        "0.0005",
        "50000",
    )
    assert place(anna, wanted(account)).json == said
    assert len(fake.trading.venue.placed) == 1


def test_key_of_another_order_is_refused(anna: Caller, account: str) -> None:
    place(anna, wanted(account))
    assert place(anna, wanted(account, side="sell")).code == "idempotency.key_reused"


def test_order_without_a_key_is_refused(anna: Caller, account: str) -> None:
    assert anna.call("POST", "/api/v1/orders", wanted(account)).status == 400


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"quantity": "0.00001"}, "orders.quantity_too_small"),
        ({"type": "limit"}, "orders.price_missing"),
        ({"price": "1"}, "orders.price_unwanted"),
        ({"instrument": "BINANCE:NO/MARKET"}, "orders.market_unknown"),
        ({"account_id": str(UUID(int=99))}, "accounts.not_found"),
        ({"quantity": "-1"}, "request.invalid"),
        ({"quantity": 1}, "request.invalid"),
    ],
)
def test_refusals_have_codes(anna: Caller, account: str, more: dict[str, Any], code: str) -> None:
    assert place(anna, wanted(account, **more)).code == code


def test_unknown_outcome_is_an_order_that_says_so(fake: FakeDesk, anna: Caller, account: str) -> None:
    fake.trading.venue.refusal = OutcomeUnknown("orders.outcome_unknown", "No answer.")
    answer = place(anna, wanted(account))
    assert (answer.status, answer.json["state"], answer.json["code"]) == (201, "unknown", "orders.outcome_unknown")


def test_orders_are_listed_by_pages_newest_first(anna: Caller, account: str) -> None:
    ids = [rest(anna, account, f"order-number-{number}") for number in range(3)]
    first = anna.call("GET", "/api/v1/orders?limit=2").json
    assert [item["order_id"] for item in first["items"]] == ids[:0:-1]
    second = anna.call("GET", f"/api/v1/orders?limit=2&cursor={first['next_cursor']}").json
    assert ([item["order_id"] for item in second["items"]], second["next_cursor"]) == (ids[:1], None)


def test_one_order_tells_what_it_went_through(anna: Caller, account: str) -> None:
    order_id = rest(anna, account)
    said = anna.call("GET", f"/api/v1/orders/{order_id}").json
    assert [step["state"] for step in said["steps"]] == ["intended", "sent", "open"]


def test_order_is_cancelled_and_stays_so(anna: Caller, account: str) -> None:
    order_id = rest(anna, account)
    assert anna.call("DELETE", f"/api/v1/orders/{order_id}").json["state"] == "cancelled"
    assert anna.call("DELETE", f"/api/v1/orders/{order_id}").json["state"] == "cancelled"
    assert anna.call("GET", "/api/v1/orders?live=true").json["items"] == []


def test_all_orders_of_a_market_are_cancelled(anna: Caller, account: str) -> None:
    for number in range(2):
        rest(anna, account, f"order-number-{number}")
    said = anna.call("POST", "/api/v1/orders/cancel", {"instrument": "BINANCE:BTC/USDT"}).json
    assert (len(said["cancelled"]), said["failed"]) == (2, {})


def test_other_tenants_orders_are_not_there(anna: Caller, boris: Caller, account: str) -> None:
    order_id = rest(anna, account)
    assert boris.call("GET", f"/api/v1/orders/{order_id}").code == "orders.not_found"
    assert boris.call("DELETE", f"/api/v1/orders/{order_id}").code == "orders.not_found"
    assert boris.call("GET", "/api/v1/orders").json["items"] == []
    assert place(boris, wanted(account)).code == "accounts.not_found"


def test_preview_tells_rounding_cost_and_refusal(anna: Caller, account: str) -> None:
    path = f"/api/v1/orders/preview?account_id={account}&instrument=BINANCE:BTC/USDT&side=buy&type=market"
    said = anna.call("GET", f"{path}&value=1000").json
    assert (said["quantity"], said["notional"], said["fee"], said["fee_asset"], said["code"]) == (
        "0.02",
        "1000",
        "0.00004",
        "BTC",
        None,
    )
    assert anna.call("GET", f"{path}&quantity=0.00001").json["code"] == "orders.quantity_too_small"


def test_limits_are_set_checked_and_told(anna: Caller, account: str) -> None:
    assert anna.call("PUT", "/api/v1/limits", {"notional_max": "500"}).json["notional_max"] == "500"
    assert place(anna, wanted(account)).code == "orders.limit_notional"
    anna.call("PUT", f"/api/v1/accounts/{account}/limits", {"asset_exposures": {"BTC": "1"}, "reduce_only": True})
    said = anna.call("GET", "/api/v1/limits").json
    assert [item["account_id"] for item in said["items"]] == [None, account]
    assert [line["action"] for line in said["audit"]] == ["limits.changed", "limits.changed"]
    assert said["audit"][1]["details"]["after"]["notional_max"] == "500"


def test_halt_stops_orders_until_it_is_released_with_the_word(anna: Caller, account: str) -> None:
    rest(anna, account)
    halted = anna.call("POST", "/api/v1/halts", {"reason": "drill", "cancel_orders": True})
    assert (halted.status, halted.json["cancelled"], halted.json["failed"]) == (201, 1, {})
    assert place(anna, wanted(account)).code == "orders.halted"
    state = anna.call("GET", "/api/v1/halts").json
    assert (state["halted"], state["active"][0]["reason"], state["open_orders"]) == (True, "drill", 0)
    path = f"/api/v1/halts/{state['active'][0]['halt_id']}/release"
    assert anna.call("POST", path, {"confirm": "yes"}).code == "orders.halt_not_confirmed"
    assert anna.call("POST", path, {"confirm": "RESUME"}).json["released_at"]
    assert anna.call("POST", path, {"confirm": "RESUME"}).code == "orders.halt_not_found"
    assert place(anna, wanted(account)).status == 201

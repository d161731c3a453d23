"""A trailing stop over the whole desk: the market falls, everything is sold, two channels hear of it."""

from decimal import Decimal
from typing import Any, Final

import pytest

from tests.e2e.client import Client
from tests.e2e.stops import (
    Sold,
    arm,
    at_speed,
    balances,
    channels,
    finished,
    funded,
    go_live,
    outbox,
    stop,
    until,
    watched,
)

pytestmark = pytest.mark.e2e

TWO_WEEKS_MS: Final = 14 * 86_400_000
TRAIL: Final = "0.0005"
"""The modelled market can go four hours without falling by 0.002, but not an hour and a half without this."""

NOTIFY: dict[str, Any] = {"kind": "notify", "severity": "critical", "text": "$rule_set sold everything: $reason"}


def test_the_market_falls_and_everything_is_sold(client: Client) -> None:
    heard_by = channels(client)
    sold = funded(client, {"BTC": "0.4", "ETH": "3", "SOL": "20", "USDT": "100"})
    definition = stop(sold.account_id, TRAIL, {**NOTIFY, "channels": heard_by})
    preview = client.ask("POST", "/actions/preview", {"actions": definition["actions"]}).body
    assert preview["confirmation_needed"] is True
    assert {sale["instrument"] for sale in preview["items"][0]["sells"]} == {
        "BINANCE:BTC/USDT",
        "BINANCE:ETH/USDT",
        "BINANCE:SOL/USDT",
    }
    rule_set_id = arm(client, definition)
    with at_speed(client, 60):
        chain = finished(client, rule_set_id)
    sell, notify = chain["runs"]
    assert (sell["state"], notify["state"]) == ("done", "done"), chain
    left = {asset: Decimal(amount) for asset, amount in balances(client, sold).items() if asset != "USDT"}
    assert all(amount < Decimal("0.001") for amount in left.values()), left
    require_explained(client, chain)
    for to in ("telegram", "email"):
        require_heard(client, to, chain)


def test_a_stop_is_replayed_then_watched_then_armed(client: Client) -> None:
    heard_by, held = channels(client), {"BTC": "0.3", "ETH": "2"}
    account = funded(client, {**held, "USDT": "100"}, label="Tried first")
    definition = stop(account.account_id, TRAIL, {**NOTIFY, "channels": heard_by})
    replayed = replay(client, account, definition, held)
    assert replayed["figures"]["firings"] >= 1
    assert {fill["instrument"] for fill in replayed["fills"]} == {"BINANCE:BTC/USDT", "BINANCE:ETH/USDT"}
    rule_set_id = watched(client, definition)
    with at_speed(client, 60):
        seen = until(lambda: in_shadow(client, rule_set_id), within_s=180)
    assert {each["mode"] for each in seen["firings"]} == {"shadow"}
    assert client.get(f"/actions/firings?rule_set_id={rule_set_id}")["items"] == []
    assert client.paper("GET", f"/accounts/{account.key}/orders")["orders"] == []
    go_live(client, rule_set_id)
    with at_speed(client, 60):
        chain = finished(client, rule_set_id, within_s=180)
    assert [run["state"] for run in chain["runs"]] == ["done", "done"], chain
    require_explained(client, chain)
    for to in ("telegram", "email"):
        require_heard(client, to, chain)


def replay(client: Client, account: Sold, definition: dict[str, Any], held: dict[str, str]) -> dict[str, Any]:
    """What the stop would have done over the past two weeks."""
    now_ms = client.paper("GET", "/clock")["market_at_ms"]
    asked = {
        "rule_sets": [{"name": "Crash guard", "definition": definition}],
        "from": str(now_ms - TWO_WEEKS_MS),
        "to": str(now_ms),
        "balances": [
            {"asset": asset, "amount": amount, "account_id": account.account_id} for asset, amount in held.items()
        ],
    }
    answer = client.ask("POST", "/replays", asked)
    assert answer.status == 200, answer
    told: dict[str, Any] = answer.body
    return told


def in_shadow(client: Client, rule_set_id: str) -> dict[str, Any] | None:
    """The run in shadow, once it would have fired."""
    shown: dict[str, Any] = client.get(f"/rule-sets/{rule_set_id}/shadow")
    return shown if shown["firings"] else None


def require_explained(client: Client, chain: dict[str, Any]) -> None:
    """Each link of the chain: figures seen, intents, orders, fills in the ledger, all of one correlation."""
    assert any(seen["value"] for seen in chain["evidence"]), chain["evidence"]
    orders = [intent for intent in chain["runs"][0]["intents"] if intent["order"]]
    assert {intent["order"]["state"] for intent in orders} == {"filled"}

    def booked() -> bool:
        again = client.get(f"/actions/firings/{chain['firing_id']}")
        return all(intent["fills"] for intent in again["runs"][0]["intents"] if intent["order"])

    until(booked)
    assert {intent["order"]["correlation_id"] for intent in orders} == {chain["correlation_id"]}


def said(message: dict[str, Any]) -> str:
    return f"{message['title']} {message['text']}"


def require_heard(client: Client, channel: str, chain: dict[str, Any]) -> None:
    """The channel brought what this firing says."""

    def heard() -> bool:
        return any(
            channel in each["channel"] and f"sold everything: {chain['reason']}" in said(each)
            for each in outbox(client)
        )

    until(heard)

"""A user's bot reports trades through the webhook: by way of API Gateway, Chalice and the queue into the ledger."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.e2e.client import Answer, Client, request
from tests.e2e.stops import until

pytestmark = pytest.mark.e2e

REPORT = {
    "event_id": "bot-1",
    "trade_id": "900001",
    "symbol": "SOL/USDT",
    "side": "buy",
    "quantity": "2.5",
    "quote_quantity": "345.25",
    "occurred_at": "2026-11-01T10:00:00Z",
}


def report(client: Client, webhook: dict[str, str], body: dict[str, Any], secret: str) -> Answer:
    """Send a signed report."""
    raw = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Nightdesk-Signature": signature}
    return request("POST", f"{client.desk.url}{webhook['path']}", raw, headers)


def recorded(client: Client, account_id: str, count: int) -> list[dict[str, Any]]:
    """The account's trades, as soon as there are so many."""

    def booked() -> list[dict[str, Any]]:
        return list(client.entries(f"account_id={account_id}&kind=trade"))

    until(lambda: len(booked()) >= count, every_s=0.3)
    return booked()


def test_a_reported_trade_is_recorded_once(client: Client) -> None:
    key = client.make_key({"kind": "empty"})
    account_id = client.connect(key, "Reported by a bot").body["account_id"]
    client.await_import(account_id)
    webhook = client.ask("POST", f"/accounts/{account_id}/webhook").body
    secret = webhook["signing_secret"]
    assert report(client, webhook, REPORT, "not the secret").status == 401
    assert [report(client, webhook, REPORT, secret).status for _ in range(3)] == [202, 202, 202]
    second = {**REPORT, "event_id": "bot-2", "trade_id": "900002"}
    assert report(client, webhook, second, secret).status == 202
    entries = recorded(client, account_id, 2)
    assert sorted(entry["identity"] for entry in entries) == ["trade:SOLUSDT:900001", "trade:SOLUSDT:900002"]
    assert {leg["amount"] for leg in entries[0]["legs"]} == {"2.5", "-345.25"}

"""How long an alert takes from raised to delivered through each channel, and a signal of TradingView to be answered.

On the whole desk: API, queue, sender and stand-ins; what a real service takes to answer comes on top.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from stacks.local.desk import Desk
from stacks.local.plan import Choices
from tests.e2e.client import Client
from tests.perf.rows import Row, percentile

ALERTS = 30
SIGNALS = 100
WARM_UP = 5
DELIVERED_WITHIN_S = 60.0
CHANNELS: dict[str, dict[str, str]] = {
    "email": {"address": "anna@mail.example"},
    "telegram": {"bot_token": "123456:AAEsecrettoken", "chat_id": "998877"},
    "discord": {"url": "https://discord.com/api/webhooks/42/secret"},
    "webhook": {"url": "https://hooks.nightdesk.test/in", "secret": "webhook-secret"},
}
_HOSTS = {"telegram": "api.telegram.org", "discord": "discord.com", "email": "email"}


def bench_alerts() -> list[Row]:
    """Test alerts, one after the other, each through every channel at once; then signals."""
    with tempfile.TemporaryDirectory() as folder, Desk(Path(folder), Choices(port=0, demo=False)) as desk:
        client = Client(desk).sign_in()
        channels = {_channel(desk, client, kind): kind for kind in CHANNELS}
        delays: dict[str, list[float]] = {kind: [] for kind in CHANNELS}
        for number in range(WARM_UP + ALERTS):
            for channel_id, delay_ms in _alert(client).items():
                if number >= WARM_UP:
                    delays[channels[channel_id]].append(delay_ms)
        answers_ms = _signals(desk, client)
        desk.servers.postgres.forget()
    rows = [_row(kind, values) for kind, values in delays.items()]
    signal = Row(
        name="TradingView signal: kept and answered, p95", value=percentile(answers_ms, 0.95), unit="ms", bar="<= 300"
    )
    return [*rows, signal]


def _row(kind: str, values: list[float]) -> Row:
    name = f"alert raised to delivered by {kind}, p95 of {len(values)}"
    return Row(name=name, value=percentile(values, 0.95), unit="ms", bar="<= 2000")


def _channel(desk: Desk, client: Client, kind: str) -> str:
    wanted = {"name": kind, "address": {"kind": kind, **CHANNELS[kind]}}
    made = client.ask("POST", "/alert-channels", wanted).body
    tested = client.ask("POST", f"/alert-channels/{made['channel_id']}/test").body
    if tested["state"] != "verified":
        code = _code(desk, client, _HOSTS[kind])
        client.ask("POST", f"/alert-channels/{made['channel_id']}/verify", {"code": code})
    return str(made["channel_id"])


def _code(desk: Desk, client: Client, host: str) -> str:
    """The code that the test message showed."""
    request = urllib.request.Request(f"{desk.url}/local/outbox", headers={"Authorization": f"Bearer {client.token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        items = json.loads(answer.read())["items"]
    found = next(re.search(r"code is (\d{6})", each["text"]) for each in items if each["channel"] == host)
    assert found is not None
    return found[1]


def _alert(client: Client) -> dict[str, float]:
    """One alert: by channel, how many milliseconds from raised to delivered."""
    alert_id = client.ask("POST", "/alerts/test", {"severity": "critical"}).body["alert_id"]
    deadline = time.monotonic() + DELIVERED_WITHIN_S
    while True:
        alert = client.get(f"/alerts/{alert_id}")
        if all(each["state"] == "delivered" for each in alert["deliveries"]):
            return {each["channel_id"]: _between_ms(alert, each) for each in alert["deliveries"]}
        assert time.monotonic() < deadline, alert
        time.sleep(0.05)


def _between_ms(alert: dict[str, Any], delivery: dict[str, Any]) -> float:
    span = datetime.fromisoformat(delivery["delivered_at"]) - datetime.fromisoformat(alert["raised_at"])
    return span.total_seconds() * 1000


def _signals(desk: Desk, client: Client) -> list[float]:
    hook = client.ask("POST", "/signal-hooks", {"name": "bench", "signals_per_minute_max": 1000}).body
    took: list[float] = []
    for number in range(WARM_UP + SIGNALS):
        body = json.dumps({"order_id": str(number), "time": "2026-11-21T10:00:00Z", "action": "buy"}).encode()
        request = urllib.request.Request(
            f"{desk.url}{hook['path']}", method="POST", data=body, headers={"Content-Type": "application/json"}
        )
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        took.append((time.perf_counter() - started) * 1000)
    return took[WARM_UP:]

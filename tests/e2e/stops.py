"""A trailing stop over the whole desk: set up, armed, and what came of it, through the API alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import psycopg

from tests.e2e.client import Client, request

BOT_TOKEN: Final = "123456:" + "A" * 35
CODE: Final = re.compile(r"code is (\d{6})")
SHADOWED: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Sold:
    """An account that a stop watches."""

    account_id: str
    key: str


def until(
    look: Callable[[], Any], within_s: float = 120, every_s: float = 0.1, told: Callable[[], Any] | None = None
) -> Any:
    """What is looked for, as soon as it is there; `told` is asked what stands there instead when it never comes."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, ("it never came", told() if told else None)
        time.sleep(every_s)
    return found


def database(client: Client) -> str:
    """The desk's database, as its superuser: only for what no user may do."""
    plan = client.desk.plan
    return f"postgresql://postgres:{plan.passwords['superuser']}@127.0.0.1:{plan.ports['postgres']}/nightdesk"


def funded(client: Client, balances: dict[str, str], label: str = "Stopped") -> Sold:
    """An account at the paper exchange with these balances, imported and reported."""
    key = client.make_key({"kind": "empty", "balances": balances}, label=label)
    answer = client.connect(key, label)
    assert answer.status == 201, answer
    account_id: str = answer.body["account_id"]
    client.await_import(account_id)
    until(
        lambda: {each["asset"] for each in holdings(client, account_id) if each["reported_quantity"]} >= set(balances)
    )
    return Sold(account_id, key["key"])


@contextmanager
def at_speed(client: Client, speed: int) -> Iterator[None]:
    """Minutes of the market pass in seconds."""
    client.paper("POST", "/clock", {"speed": speed})
    try:
        yield
    finally:
        client.paper("POST", "/clock", {"speed": 1})


def holdings(client: Client, account_id: str) -> list[dict[str, Any]]:
    """What the desk says that the account holds."""
    return [each for each in client.get("/portfolio")["holdings"] if each["account_id"] == account_id]


def price(client: Client, instrument: str) -> Decimal:
    """The desk's last price of a market."""
    bars = client.get(f"/candles?series={instrument}&resolution=1m&limit=1")["items"]
    return Decimal(str(bars[-1][4]))


def balances(client: Client, sold: Sold) -> dict[str, str]:
    """What the account has at the paper exchange."""
    shown = client.paper("GET", f"/accounts/{sold.key}")["balances"]
    return {asset: amount["free"] for asset, amount in shown.items()}


def channels(client: Client) -> list[str]:
    """Two verified channels, each proven by the code that its test message showed."""
    telegram = {"kind": "telegram", "bot_token": BOT_TOKEN, "chat_id": "4711"}
    email = {"kind": "email", "address": f"{uuid4().hex[:8]}@desk.example"}
    return [_verified(client, telegram, "api.telegram.org"), _verified(client, email, "email")]


def _verified(client: Client, address: dict[str, str], shown_as: str) -> str:
    wanted = {"name": f"{address['kind']} {uuid4().hex[:6]}", "address": address, "takes_from": "info"}
    answer = client.ask("POST", "/alert-channels", wanted)
    assert answer.status == 201, answer
    channel_id: str = answer.body["channel_id"]
    tested = client.ask("POST", f"/alert-channels/{channel_id}/test")
    assert tested.status < 300, tested
    code = until(lambda: next((found[1] for each in outbox(client) if (found := _code(each, shown_as))), None))
    verified = client.ask("POST", f"/alert-channels/{channel_id}/verify", {"code": code})
    assert verified.status < 300, verified
    return channel_id


def _code(message: dict[str, Any], shown_as: str) -> re.Match[str] | None:
    """The code that a test message by this channel shows; the newest message comes first."""
    return CODE.search(message["text"]) if message["channel"] == shown_as else None


def outbox(client: Client) -> list[dict[str, Any]]:
    """What alerts would have sent."""
    answer = request("GET", f"{client.desk.url}/local/outbox", None, {"Authorization": f"Bearer {client.token}"})
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def arm(client: Client, definition: dict[str, Any], name: str = "Crash guard") -> str:
    """A rule set that is live: made, run in shadow, previewed, confirmed."""
    rule_set_id = watched(client, definition, name)
    go_live(client, rule_set_id)
    return rule_set_id


def watched(client: Client, definition: dict[str, Any], name: str = "Crash guard") -> str:
    """A rule set that runs in shadow."""
    made = client.ask("POST", "/rule-sets", {"name": name, "definition": definition})
    assert made.status == 201, made
    rule_set_id = str(made.body["rule_set_id"])
    mode(client, rule_set_id, {"mode": "shadow", "version": made.body["version"]})
    return rule_set_id


def shadowed(client: Client, rule_set_id: str) -> None:
    """As if its days in shadow had passed, which they do in no test."""
    with psycopg.connect(database(client)) as connection:
        connection.execute(
            "UPDATE rule_sets SET shadow_since = shadow_since - %s WHERE rule_set_id = %s", (SHADOWED, rule_set_id)
        )


def go_live(client: Client, rule_set_id: str) -> None:
    """From shadow to live, as a user does it."""
    shadowed(client, rule_set_id)
    version = client.get(f"/rule-sets/{rule_set_id}")["version"]
    confirmed = client.ask("POST", f"/rule-sets/{rule_set_id}/confirmation", {"version": version})
    assert confirmed.status == 200, confirmed
    token = confirmed.body["confirmation"]
    mode(client, rule_set_id, {"mode": "live", "version": version, "confirmation": token})


def mode(client: Client, rule_set_id: str, wanted: dict[str, Any]) -> None:
    """Switch the rule set's mode."""
    answer = client.ask("POST", f"/rule-sets/{rule_set_id}/mode", wanted)
    assert answer.status == 200, answer


def stop(account_id: str, trail_ratio: str, *actions: dict[str, Any]) -> dict[str, Any]:
    """A trailing stop on one account that arms at once and sells everything."""
    scope = {"account_id": account_id}
    condition = {"kind": "trailing_stop", "scope": scope, "arm_ratio": "0", "trail_ratio": trail_ratio}
    return {
        "rules": [{"name": "Fell from its best", "condition": condition}],
        "actions": [{"kind": "panic_sell", "scope": scope}, *actions],
    }


def finished(client: Client, rule_set_id: str, within_s: float = 180) -> dict[str, Any]:
    """The whole chain of the rule set's firing, once its actions are over."""

    def look() -> dict[str, Any] | None:
        items = client.get(f"/actions/firings?rule_set_id={rule_set_id}")["items"]
        return items[0] if items and items[0]["finished_at"] else None

    def told() -> Any:
        paths = (f"/actions/firings?rule_set_id={rule_set_id}", f"/rule-sets/{rule_set_id}", "/portfolio")
        return [client.get(path) for path in paths]

    firing = until(look, within_s, told=told)
    chain: dict[str, Any] = client.get(f"/actions/firings/{firing['firing_id']}")
    return chain

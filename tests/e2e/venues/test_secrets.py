"""Keys of five venues are used by the whole desk; nothing that it stores, logs, queues or answers holds one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import pytest

from nightdesk.adapters.redis.client import valkey
from stacks import parameters
from stacks.local.desk import Desk
from tests.builders.searching import every_row, every_value, forms
from tests.e2e.client import Client

pytestmark = pytest.mark.e2e

VENUES: Final = ("binance", "bitfinex", "coinbase", "htx", "kraken")
HELD: Final = {"kind": "empty", "balances": {"BTC": "2", "USDT": "1000", "USD": "1000"}}
BUDGET_S: Final = 120
TRADING: Final = {"read": True, "trade": True, "withdraw": False}
WRONG: Final = "PLANTEDsecretPLANTEDsecretPLANTED=="
ORDER: Final = {"side": "buy", "type": "limit", "quantity": "0.001", "price": "20000"}


def test_no_store_log_queue_or_answer_holds_a_key(desk: Desk, client: Client) -> None:
    secrets, said = [WRONG], []
    for venue in VENUES:
        key = made(client, venue)
        body = {"venue": venue, "label": f"Planted {venue}", "key": key["key"]}
        said.append(client.ask("POST", "/accounts", {**body, "secret": WRONG}).body)
        connected = client.ask("POST", "/accounts", {**body, "secret": key["secret"]})
        assert connected.status == 201, connected.body
        other = another(client, key)
        secrets += [key["secret"], other["secret"]]
        said += [connected.body, *used(client, connected.body["account_id"], venue, other)]
    seen = {"answers": repr(said), **stored(desk)}
    wanted = {form for secret in secrets for form in forms(secret)}
    assert {(place, form[:4]) for place, text in seen.items() for form in wanted if form in text} == set()
    assert all(seen.values())


def made(client: Client, venue: str) -> dict[str, str]:
    """A key of an account of its own."""
    key: dict[str, str] = client.paper(
        "POST", "/accounts", {"venue": venue, "label": "planted", "permissions": TRADING, "history": HELD}
    )
    return key


def another(client: Client, key: dict[str, str]) -> dict[str, str]:
    """A second key of the same account."""
    path = f"/accounts/{quote(key['key'], safe='')}/keys"
    second: dict[str, str] = client.paper("POST", path, {"permissions": TRADING})
    return second


def used(client: Client, account_id: str, venue: str, other: dict[str, str]) -> Iterator[Any]:
    """All that handles a key: an import, a refresh, a test, an order, another key in its place."""
    yield client.await_import(account_id)
    instrument = f"{venue.upper()}:BTC/{'USDT' if venue in {'binance', 'htx'} else 'USD'}"
    yield client.ask("POST", f"/accounts/{account_id}/refresh").body
    yield client.ask("POST", f"/accounts/{account_id}/key/test").body
    wanted = {"account_id": account_id, "instrument": instrument, **ORDER}
    yield client.ask("POST", "/orders", wanted, Idempotency_Key=uuid4().hex).body
    yield client.ask("POST", "/orders/cancel", {"account_id": account_id}).body
    yield rotated(client, account_id, other)
    for path in ("", "/key", "/key/uses"):
        yield client.get(f"/accounts/{account_id}{path}")


def rotated(client: Client, account_id: str, other: dict[str, str]) -> Any:
    """What is answered to another key, as soon as the venue's budget lets it be tried."""
    deadline = time.monotonic() + BUDGET_S
    while True:
        answer = client.ask("PUT", f"/accounts/{account_id}/key", {"key": other["key"], "secret": other["secret"]})
        if answer.status == 200:
            return answer.body
        assert answer.status == 429, answer.body
        assert time.monotonic() < deadline, answer.body
        time.sleep(float(answer.headers["retry-after"]))


def stored(desk: Desk) -> dict[str, str]:
    """What stays anywhere but at the venue."""
    servers = desk.servers
    return {
        "tables": every_row(servers.postgres.url(database=parameters.DATABASE_NAME)),
        "valkey": every_value(valkey(servers.valkey.url)),
        "files": "\n".join(written(desk)),
        "objects": "\n".join(chain(["-"], objects(servers.cloud.client("s3")))),
        "dead letters": "\n".join(chain(["-"], dead_letters(servers.cloud.client("sqs")))),
    }


def written(desk: Desk) -> Iterator[str]:
    """Every file of the desk but the venue's own, code and page included."""
    venue = desk.plan.paper_dir
    for file in desk.state_dir.rglob("*"):
        if file.is_file() and not file.is_symlink() and venue not in file.parents and file.stat().st_size < 1 << 26:
            yield file.read_bytes().decode(errors="replace")


def objects(s3: Any) -> Iterator[str]:
    """Everything in every bucket."""
    for bucket in s3.list_buckets()["Buckets"]:
        for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            if each["Size"] < 1 << 24:
                yield s3.get_object(Bucket=bucket["Name"], Key=each["Key"])["Body"].read().decode(errors="replace")


def dead_letters(sqs: Any) -> Iterator[str]:
    """Messages that nobody could work on; they stay where they are."""
    for url in sqs.list_queues().get("QueueUrls", []):
        if "dlq" in url.lower() or "dead" in url.lower():
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            yield from (message["Body"] for message in answer.get("Messages", []))

"""Reported trades on PostgreSQL: once each, in their account, with their event; what can't be meant is kept."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from nightdesk.contracts.webhooks import TradeInbound, TradeReported
from nightdesk.kernel.errors import NotFound
from nightdesk.runtime.batch import process
from tests.builders.stored_desk import StoredDesk, stored_desk
from tests.fakes.desk import Caller
from tests.servers import Postgres
from tests.unit.api.test_accounts import connect

pytestmark = pytest.mark.integration


class Account:
    """An account that trades are reported for."""

    def __init__(self, stored: StoredDesk) -> None:
        self.stored = stored
        self.caller: Caller = stored.somebody()
        self.account_id = connect(self.caller).json["account_id"]
        self.tenant_id = self.caller.call("GET", "/api/v1/me").json["tenant_id"]

    def trade(self, number: int, **changes: str) -> TradeInbound:
        report: dict[str, Any] = {
            "event_id": f"event-{number}",
            "trade_id": str(number),
            "symbol": "BTC/USDT",
            "side": "buy",
            "quantity": "0.5",
            "quote_quantity": "10000.000000000000000001",
            "occurred_at": "2026-03-01T12:00:00Z",
        }
        return TradeInbound(
            tenant_id=UUID(self.tenant_id),
            account_id=UUID(self.account_id),
            venue="binance",
            correlation_id="corr-webhook",
            received_at=self.stored.clock.now(),
            report=TradeReported.model_validate(report | changes),
        )

    def entries(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.caller.call("GET", "/api/v1/ledger").json["items"]
        return items


@pytest.fixture
def stored(postgres: Postgres, valkey_url: str) -> Iterator[StoredDesk]:
    with stored_desk(postgres.url("app"), valkey_url) as desk:
        yield desk


@pytest.fixture
def account(stored: StoredDesk) -> Account:
    return Account(stored)


def test_ten_equal_fills_stay_ten_and_repeats_change_nothing(stored: StoredDesk, account: Account) -> None:
    recording = stored.recording()
    for _ in range(2):
        for number in range(10):
            recording.record(account.trade(number))
    entries = account.entries()
    assert sorted(entry["sequence"] for entry in entries) == list(range(1, 11))
    assert {entry["source"] for entry in entries} == {"webhook"}
    assert entries[0]["legs"][1]["amount"] == "-10000.000000000000000001"
    holding = {each["asset"]: each for each in account.caller.call("GET", "/api/v1/portfolio").json["holdings"]}
    assert holding["BTC"]["quantity"] == "5"
    assert account.caller.call("GET", "/api/v1/ledger/verify").json["ok"] is True


def test_what_the_ledger_can_not_take_is_kept_with_the_reason(
    stored: StoredDesk, account: Account, postgres: Postgres
) -> None:
    stored.recording().record(account.trade(1, quantity="0"))
    stored.recording().record(account.trade(1, quantity="0"))
    assert account.entries() == []
    with psycopg.connect(postgres.url("superuser")) as connection:
        rows = connection.execute(
            "SELECT identity, reason, payload->>'quantity' FROM import_skips WHERE account_id = %s",
            (account.account_id,),
        ).fetchall()
    assert rows == [("trade:BTCUSDT:1", "ledger.leg_zero", "0")]


def test_a_known_trade_that_is_told_differently_is_kept_once(
    stored: StoredDesk, account: Account, postgres: Postgres
) -> None:
    stored.recording().record(account.trade(1))
    for _ in range(2):
        stored.recording().record(account.trade(1, quantity="7"))
    assert len(account.entries()) == 1
    with psycopg.connect(postgres.url("superuser")) as connection:
        rows = connection.execute(
            "SELECT identity, told -> 'legs' -> 0 ->> 2 FROM ledger_doubts WHERE account_id = %s", (account.account_id,)
        ).fetchall()
    assert rows == [("trade:BTCUSDT:1", "7")]


def test_an_event_leaves_with_each_entry(stored: StoredDesk, account: Account, postgres: Postgres) -> None:
    stored.recording().record(account.trade(1))
    stored.recording().record(account.trade(1))
    with psycopg.connect(postgres.url("superuser")) as connection:
        rows = connection.execute(
            "SELECT payload->>'sequence', correlation_id FROM outbox WHERE name = 'ledger.recorded.v1' "
            "AND tenant_id = %s",
            (account.tenant_id,),
        ).fetchall()
    assert rows == [("1", "corr-webhook")]


def test_poison_holds_up_its_own_account_only(stored: StoredDesk) -> None:
    first, second = Account(stored), Account(stored)
    recording = stored.recording()
    batch = [
        message("1", first.account_id, first.trade(1).model_dump_json()),
        message("2", first.account_id, "{"),
        message("3", first.account_id, first.trade(2).model_dump_json()),
        message("4", second.account_id, second.trade(1).model_dump_json()),
    ]
    answer = process(
        {"Records": batch},
        lambda record: recording.record(TradeInbound.model_validate_json(record.body)),
        fifo=True,
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert [entry["sequence"] for entry in first.entries()] == [1]
    assert [entry["sequence"] for entry in second.entries()] == [1]


def test_a_webhook_is_found_by_its_token_and_by_nothing_else(
    stored: StoredDesk, account: Account, postgres: Postgres
) -> None:
    path = f"/api/v1/accounts/{account.account_id}/webhook"
    made = account.caller.call("POST", path).json
    token = made["path"].rpartition("/")[2]
    target = stored.webhooks().authenticate(token, b"body", sign(made["signing_secret"], b"body"))
    assert (str(target.account_id), target.venue) == (account.account_id, "binance")
    assert account.caller.call("GET", path).json["last_used_at"] is not None
    with psycopg.connect(postgres.url("app")) as connection:
        assert connection.execute("SELECT * FROM webhooks").fetchall() == []
    with psycopg.connect(postgres.url("superuser")) as connection:
        (row,) = connection.execute(
            "SELECT webhooks::text FROM webhooks WHERE account_id = %s", (account.account_id,)
        ).fetchall()
    assert token not in row[0]
    assert made["signing_secret"] not in row[0]
    account.caller.call("DELETE", f"/api/v1/accounts/{account.account_id}")
    with pytest.raises(NotFound):
        stored.webhooks().authenticate(token, b"body", sign(made["signing_secret"], b"body"))


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message(message_id: str, group: str, body: str) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": str(uuid4()),
        "body": body,
        "attributes": {"MessageGroupId": group},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:trades-inbound.fifo",
    }

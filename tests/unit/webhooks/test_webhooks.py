"""A bot reports trades: through Chalice, signed, into the queue."""

import hashlib
import hmac
import json
from decimal import Decimal

import pytest

from functions.webhooks.app import TRADES, make_app
from functions.webhooks.receiving import SIGNATURE, Receiver
from nightdesk.alerts.signal_receiving import SignalService
from tests.fakes.desk import Answer, Caller, FakeDesk, FakeInvocation, event
from tests.fakes.webhooks import FakeTradeQueue
from tests.unit.api.test_accounts import connect

TRADE = {
    "event_id": "bot-1",
    "trade_id": "70219821",
    "symbol": "XRP/ETH",
    "side": "sell",
    "quantity": "1234.5",
    "quote_quantity": "0.000000000000000001",
    "fee": {"asset": "BNB", "amount": "0.1"},
    "occurred_at": "2026-03-01T13:00:00+01:00",
    "order_id": "order-9",
}


def _no_signals() -> SignalService:
    raise AssertionError


class Bot:
    """Holds a webhook's address and secret."""

    def __init__(self, fake: FakeDesk, made: dict[str, str]) -> None:
        self.path, self.secret = made["path"], made["signing_secret"]
        self.queue = FakeTradeQueue()
        receiver = Receiver(webhooks=fake.webhook_service(), queue=self.queue, clock=fake.clock)
        self.app = make_app(lambda: receiver, _no_signals)

    def send(self, body: str, signature: str | None = None, path: str | None = None) -> Answer:
        signed = hmac.new(self.secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE: signed if signature is None else signature}
        request = event("POST", path or self.path, body, headers)
        request["requestContext"] |= {"resourcePath": TRADES, "httpMethod": "POST"}
        request |= {"pathParameters": {"token": (path or self.path).rpartition("/")[2]}, "stageVariables": None}
        reply = self.app(request, FakeInvocation())
        return Answer(reply["statusCode"], {name: [value] for name, value in reply["headers"].items()}, reply["body"])


@pytest.fixture
def fake() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def anna(fake: FakeDesk) -> Caller:
    caller = Caller(fake.desk())
    caller.sign_in()
    return caller


@pytest.fixture
def path(anna: Caller) -> str:
    """The webhook's place in the API."""
    return f"/api/v1/accounts/{connect(anna).json['account_id']}/webhook"


@pytest.fixture
def bot(fake: FakeDesk, anna: Caller, path: str) -> Bot:
    return Bot(fake, anna.call("POST", path).json)


def test_path_and_secret_are_shown_once(anna: Caller, fake: FakeDesk, path: str) -> None:
    assert anna.call("GET", path).code == "webhook.not_found"
    made = anna.call("POST", path)
    assert made.status == 201
    shown = anna.call("GET", path).json
    assert (shown["path"], shown["signing_secret"], shown["last_used_at"]) == (None, None, None)
    token = made.json["path"].rpartition("/")[2]
    assert token.encode() not in b"".join(fake.webhooks.by_hash)
    assert anna.call("DELETE", path).status == 204
    assert anna.call("GET", path).status == 404


def test_a_signed_trade_is_queued_once(bot: Bot, anna: Caller, path: str) -> None:
    answer = bot.send(json.dumps(TRADE))
    assert (answer.status, answer.json) == (202, {"event_id": "bot-1", "identity": "trade:XRPETH:70219821"})
    assert bot.send(json.dumps(TRADE)).status == 202
    (trade,) = bot.queue.trades.values()
    fact = trade.as_fact()
    assert fact.occurred_at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert [leg.amount for leg in fact.legs] == [Decimal("-1234.5"), Decimal("1E-18"), Decimal("-0.1")]
    assert str(fact.instrument) == "BINANCE:XRP/ETH"
    assert anna.call("GET", path).json["last_used_at"] == "2026-03-01T12:00:00.000000Z"


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", "x" * 10_000])
def test_a_wrong_signature_is_refused_before_anything_is_looked_up(bot: Bot, signature: str) -> None:
    answer = bot.send(json.dumps(TRADE), signature)
    assert (answer.status, answer.code) == (
        401,
        "webhook.signature_wrong" if signature else "webhook.signature_missing",
    )
    assert bot.queue.trades == {}


def test_another_body_under_the_same_signature_is_refused(bot: Bot) -> None:
    signed = hmac.new(bot.secret.encode(), json.dumps(TRADE).encode(), hashlib.sha256).hexdigest()
    assert bot.send(json.dumps({**TRADE, "quantity": "9"}), signed).code == "webhook.signature_wrong"


def test_a_removed_webhook_works_no_more(bot: Bot, anna: Caller, path: str) -> None:
    anna.call("DELETE", path)
    assert bot.send(json.dumps(TRADE)).code == "webhook.not_found"
    assert bot.send(json.dumps(TRADE), path="/webhooks/v1/trades/../../etc").code == "webhook.not_found"


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "-1"},
        {"quantity": 1.5},
        {"quantity": "1e5"},
        {"quantity": "NaN"},
        {"side": "hold"},
        {"symbol": "XRPETH"},
        {"occurred_at": "2026-03-01T13:00:00"},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"event_id": ""},
        {"secret": "x"},
    ],
)
def test_what_is_no_trade_is_refused_with_paths(bot: Bot, change: dict[str, object]) -> None:
    answer = bot.send(json.dumps({**TRADE, **change}))
    assert (answer.status, answer.code) == (400, "request.invalid")
    assert answer.json["errors"][0]["path"].split(".")[0] in change
    assert bot.send("{").code == "request.invalid"
    assert bot.send("x" * 300_000).status == 413


def test_a_queue_that_is_down_asks_to_send_again(bot: Bot) -> None:
    bot.queue.is_down = True
    assert (bot.send(json.dumps(TRADE)).status, bot.send(json.dumps(TRADE)).code) == (503, "queue.unavailable")


def test_another_tenants_webhook_is_not_found(fake: FakeDesk, path: str) -> None:
    boris = Caller(fake.desk())
    boris.sign_in("boris@example.com")
    for method in ("GET", "POST", "DELETE"):
        assert boris.call(method, path).code == "accounts.not_found"

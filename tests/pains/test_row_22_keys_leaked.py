"""Row 22: keys leaked, or lay about in plain text (3Commas: about 100,000 keys; Gunbot #345).

Keys of all five venues go through everything that handles keys: connected, refused, tried out, imported with, traded
with, streamed with, put in the place of others, rehearsed to be revoked. Then every table, every key and message of
Valkey, every log of every process, every message for a queue and every answer is searched for them.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import pytest

from functions.exchange_gateway.dispatch import answer
from nightdesk.accounts.key_service import KeyService, RevokeWish
from nightdesk.accounts.keys import RevokeMode
from nightdesk.accounts.model import Account, AccountRef, Credential
from nightdesk.accounts.service import AccountsService
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.exchange import errors as exchange_errors
from nightdesk.adapters.exchange import order_errors
from nightdesk.adapters.exchange.lazy_ccxt import base_error
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.key_use import PostgresKeyUnits
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.progress import ValkeyProgressChannel
from nightdesk.contracts.queues import ImportRequested
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.markets.orders import OrderName, OrderTicket, OrderType, Side
from tests.builders.desk_accounts import CORRELATION
from tests.builders.searching import every_row, every_value, forms
from tests.fakes.invocation import InvokedHere
from tests.integration.account_streamer import rig as streaming
from tests.servers import Servers

pytestmark = pytest.mark.integration

MARKETS = {
    "binance": "BINANCE:BTC/USDT",
    "bitfinex": "BITFINEX:BTC/USD",
    "coinbase": "COINBASE:BTC/USD",
    "htx": "HTX:BTC/USDT",
    "kraken": "KRAKEN:BTC/USD",
}
UNHURRIED = {
    "bitfinex": {"requests_permille": 1_000_000},
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
    "kraken": {"counter_max": 10_000, "public_max": 10_000},
}
HELD = {"kind": "empty", "balances": {"BTC": "2", "USDT": "100000", "USD": "100000"}}
TRADING = {"read": True, "trade": True, "withdraw": False}
WITHDRAWING = TRADING | {"withdraw": True}


@dataclass(slots=True)
class Planted:
    """The desk with its streamer, and every secret that was told to it."""

    rig: streaming.Rig
    invoked: InvokedHere
    secrets: list[Credential]
    said: list[str]

    @property
    def gateway(self) -> LambdaVenueGateway:
        return LambdaVenueGateway(cast("Any", self.invoked), "gateway", asker="api")

    @property
    def accounts(self) -> AccountsService:
        desk = self.rig.desk
        return AccountsService(
            units=PostgresAccountsUnits(desk.app),
            gateway=self.gateway,
            imports=desk.queue,
            refreshes=desk.refreshes,
            clock=desk.clock,
            new_id=uuid4,
        )

    @property
    def keys(self) -> KeyService:
        desk = self.rig.desk
        return KeyService(
            accounts=PostgresAccountsUnits(desk.app),
            keys=PostgresKeyUnits(desk.app),
            gateway=self.gateway,
            refreshes=desk.refreshes,
            halt=lambda *_: None,
            clock=desk.clock,
            new_id=uuid4,
        )

    def open(self, venue: str, may: dict[str, bool] = TRADING) -> Credential:
        """A key of an account of its own; noted as planted."""
        return self.note(self.rig.desk.open_at_venue(HELD, may, venue=venue))

    def note(self, credential: Credential) -> Credential:
        self.secrets.append(credential)
        return credential

    def connect(self, credential: Credential, venue: str) -> Account:
        return self.accounts.connect(
            self.rig.desk.tenant_id, venue=venue, credential=credential, label=venue, correlation_id=CORRELATION
        )

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Something that the desk refuses; what it says is kept."""
        with pytest.raises(NightdeskError) as refusal:
            yield
        chain = (refusal.value, refusal.value.__cause__, refusal.value.__context__)
        self.said += [f"{each!r} {getattr(each, 'message', '')}" for each in chain]


@pytest.fixture
def planted(servers: Servers, tmp_path: Path) -> Iterator[Planted]:
    with streaming.rig(servers, tmp_path) as rig:
        for venue, limits in UNHURRIED.items():
            rig.desk.paper.admin("POST", "/limits", {"venue": venue, **limits})
        rig.desk.channel = ValkeyProgressChannel(valkey(servers.valkey_url()))
        yield Planted(rig, InvokedHere(lambda event: answer(rig.desk.custody, event)), [], [])


def ref(planted: Planted, account: Account) -> AccountRef:
    return AccountRef(
        tenant_id=planted.rig.desk.tenant_id,
        account_id=account.account_id,
        venue=VenueId(account.venue),
        correlation_id=CORRELATION,
    )


def refuse_bad_keys(planted: Planted, venue: str) -> None:
    good = planted.open(venue, WITHDRAWING)
    with planted.failing():
        planted.connect(good, venue)
    wrong = planted.open(venue).secret if venue == "coinbase" else "PLANTEDsecretPLANTEDsecretPLANTED=="
    with planted.failing():  # the signature is of another secret
        planted.connect(planted.note(Credential(good.key, wrong)), venue)
    with planted.failing():
        planted.connect(planted.note(Credential("PLANTED-key-nobody-knows", wrong)), venue)


def trade(planted: Planted, account: Account) -> bool:
    """An order far from the market, placed, looked for and cancelled."""
    instrument = parse_instrument(MARKETS[account.venue])
    name = OrderName(instrument=instrument, client_order_id=str(uuid4().int % 2**44))
    ticket = OrderTicket(
        client_order_id=name.client_order_id,
        instrument=instrument,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.01"),
        price=Decimal(30_000),
        send_before=planted.rig.desk.clock.now() + timedelta(minutes=1),
    )
    gateway, here = planted.gateway, ref(planted, account)
    try:
        gateway.place_order(here, ticket)
    except NightdeskError as error:
        planted.said.append(f"{error!r} {error.message}")
        return False
    with suppress(NightdeskError):
        gateway.find_order(here, name)
        gateway.cancel_order(here, name)
    return True


def rotate(planted: Planted, account: Account, first: Credential) -> None:
    key = quote(first.key, safe="")
    made = cast(
        "dict[str, str]", planted.rig.desk.paper.admin("POST", f"/accounts/{key}/keys", {"permissions": TRADING})
    )
    second = planted.note(Credential(made["key"], made["secret"]))
    planted.keys.rotate(
        planted.rig.desk.tenant_id, account.account_id, second, confirmed=False, correlation_id=CORRELATION
    )


def use_everything(planted: Planted) -> tuple[Account, ...]:
    """All that handles keys; the accounts that there are then."""
    desk, rig = planted.rig.desk, planted.rig
    first = {venue: planted.open(venue) for venue in MARKETS}
    connected = {venue: planted.connect(credential, venue) for venue, credential in first.items()}
    for account in connected.values():
        desk.import_all(account)
    rig.start()
    rig.live(len(MARKETS))
    for venue in MARKETS:
        refuse_bad_keys(planted, venue)
    traded = [account.venue for account in connected.values() if trade(planted, account)]
    assert "binance" in traded
    for venue, account in connected.items():
        planted.keys.test(desk.tenant_id, account.account_id, CORRELATION)
        rotate(planted, account, first[venue])
    rig.live(len(MARKETS))
    fail_at_the_venue(planted, connected["binance"])
    wish = RevokeWish(mode=RevokeMode.DRILL, confirmation="DRILL", actor="user:1", correlation_id=CORRELATION)
    planted.said.append(repr(planted.keys.revoke_all(desk.tenant_id, wish)))
    return tuple(connected.values())


def fail_at_the_venue(planted: Planted, account: Account) -> None:
    """The venue is down, then limits us, with requests on their way."""
    for kind, told in (("rest_down", {}), ("rate_limited", {"retry_after_s": 1})):
        planted.rig.fault(kind, **told)
        with planted.failing():
            planted.gateway.balances(ref(planted, account))
        planted.rig.mend()


def every_log(planted: Planted, servers: Servers) -> str:
    """What every process wrote, ours and the stores'."""
    folders = {planted.rig.folder, servers.state_dir}
    files = {file for folder in folders for file in folder.rglob("*.log") if "paper" not in file.parts}
    assert planted.rig.log_file in files
    return "\n".join(file.read_text(errors="replace") for file in files)


def every_message(planted: Planted) -> str:
    """What was handed to queues, as it is sent."""
    desk = planted.rig.desk
    jobs = [repr(job) for job in (*desk.queue.waiting, *desk.refreshes.jobs)]
    bodies = [
        ImportRequested(
            tenant_id=desk.tenant_id, account_id=uuid4(), import_id=uuid4(), correlation_id="correlation"
        ).model_dump_json()
    ]
    return "\n".join(jobs + bodies)


def answered(planted: Planted, accounts: tuple[Account, ...]) -> str:
    """What callers are told of accounts and keys."""
    tenant = planted.rig.desk.tenant_id
    cards = [repr(planted.keys.card(tenant, account.account_id)) for account in accounts]
    shown = [repr(account) for account in planted.accounts.list(tenant)]
    return "\n".join([*cards, *shown, *(payload.decode() for payload in planted.invoked.payloads)])


def test_no_table_log_message_or_answer_holds_a_key(
    planted: Planted, servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = valkey(servers.valkey_url())
    with client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
        heard.psubscribe("*")
        heard.get_message(timeout=5)  # that it is subscribed
        accounts = use_everything(planted)
        told = [repr(message) for message in iter(lambda: heard.get_message(timeout=0.05), None)]
    planted.rig.end()
    seen = {
        "tables": every_row(planted.rig.desk.postgres.url("superuser")),
        "valkey": every_value(client),
        "news": "\n".join(told),
        "logs": every_log(planted, servers),
        "own log": caplog.text + "".join(str(record.__dict__) for record in caplog.records),
        "queues": every_message(planted),
        "answers": answered(planted, accounts),
        "errors": "\n".join(planted.said),
        "texts": "\n".join(map(repr, planted.secrets)),
    }
    assert len(planted.secrets) >= 5 * len(MARKETS)
    found = {
        (place, form[:4])
        for place, text in seen.items()
        for credential in planted.secrets
        for form in forms(credential.secret) | (set() if place == "valkey" else forms(credential.key))
        if form in text
    }
    assert found == set()
    for place in ("tables", "logs", "answers", "errors", "news"):
        assert seen[place], place


def test_the_search_finds_what_it_looks_for() -> None:
    secret = "PLANTEDsecret+PLANTED/secret=="
    for skew in range(5):
        inside = b"x" * skew + secret.encode() + b"tail"
        for text in (
            inside.decode(),
            inside.hex(),
            base64.b64encode(inside).decode(),
            base64.urlsafe_b64encode(inside).decode(),
            quote(inside),
        ):
            assert [form for form in forms(secret) if form in text], (skew, text)


def test_a_key_that_may_withdraw_is_rejected(planted: Planted) -> None:
    for venue in MARKETS:
        with pytest.raises(InvalidInput) as refusal:
            planted.connect(planted.open(venue, WITHDRAWING), venue)
        assert refusal.value.code == "accounts.key_may_withdraw"
    tenant = planted.rig.desk.tenant_id
    assert planted.rig.desk.rows("SELECT FROM credentials WHERE tenant_id = %s", tenant) == []


@pytest.mark.parametrize("translate", [exchange_errors.translate, order_errors.translate])
def test_a_venue_that_echoes_the_key_is_not_quoted(translate: Any) -> None:
    key, text = "PLANTED-key-echoed", 'venue {"code": -1, "msg": "bad key PLANTED-key-echoed"}'
    for status in (0, 400, 401, 403, 418, 429, 500, 503):
        error = translate(base_error()(text), {}, frozenset(), status=status)
        assert key not in f"{error!r} {error.message} {error.code}"

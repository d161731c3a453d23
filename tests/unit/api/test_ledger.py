from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole
from nightdesk.ledger.service import append
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk
from tests.unit.api.test_accounts import connect


def trade(number: int) -> Fact:
    return Fact(
        kind=EntryKind.TRADE,
        identity=f"trade:XRPETH:{number}",
        source="binance.rest",
        occurred_at=NOON + timedelta(minutes=number),
        instrument=Instrument(VenueId("binance"), AssetId("XRP"), AssetId("ETH")),
        order_id="order-1",
        legs=(
            Leg(role=LegRole.BASE, asset=AssetId("XRP"), amount=Decimal("0.000000120000000000")),
            Leg(role=LegRole.QUOTE, asset=AssetId("ETH"), amount=Decimal("-1E+1")),
        ),
    )


@pytest.fixture
def account_id(anna: Caller, fake: FakeDesk) -> str:
    """An account of Anna's with three trades."""
    account_id = connect(anna).json["account_id"]
    (tenant_id,) = {tenant for tenant, account in fake.accounts.accounts.accounts if str(account) == account_id}
    own = next(account for _, account in fake.accounts.accounts.accounts if str(account) == account_id)
    facts = [trade(number) for number in (1, 2, 3)]
    append(
        fake.ledger,
        TenantId(tenant_id),
        AccountId(own),
        facts,
        recorded_at=NOON,
        correlation_id=CorrelationId("corr-ledger"),
    )
    return str(account_id)


def test_entries_are_exact_texts(anna: Caller, account_id: str) -> None:
    page = anna.call("GET", "/api/v1/ledger?limit=1").json
    (entry,) = page["items"]
    assert (entry["sequence"], entry["kind"], entry["instrument"]) == (3, "trade", "BINANCE:XRP/ETH")
    assert entry["occurred_at"] == "2026-03-01T12:03:00.000000Z"
    assert entry["legs"] == [
        {"role": "base", "asset": "XRP", "amount": "0.00000012", "wallet": "spot"},
        {"role": "quote", "asset": "ETH", "amount": "-10", "wallet": "spot"},
    ]
    assert len(entry["hash"]) == len(entry["previous_hash"]) == 64
    assert (entry["account_id"], entry["correlation_id"]) == (account_id, "corr-ledger")


def test_pages_follow_the_cursor_to_the_end(anna: Caller, account_id: str) -> None:
    first = anna.call("GET", f"/api/v1/ledger?account_id={account_id}&limit=2").json
    second = anna.call("GET", f"/api/v1/ledger?limit=2&cursor={first['next_cursor']}").json
    assert [entry["sequence"] for entry in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("asset=xrp", 3),
        ("asset=BTC", 0),
        ("kind=deposit", 0),
        ("instrument=BINANCE:XRP/ETH", 3),
        ("from=2026-03-01T12:02:00Z&to=2026-03-01T12:03:00Z", 1),
        ("to=2026-03-01T13:02:00%2B01:00", 1),
    ],
)
@pytest.mark.usefixtures("account_id")
def test_filters(anna: Caller, query: str, found: int) -> None:
    page = anna.call("GET", f"/api/v1/ledger?{query.replace('%2B', '+')}").json
    assert len(page["items"]) == found


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cursor=garbage", "ledger.cursor_malformed"),
        ("limit=0", "request.invalid"),
        ("limit=1001", "request.invalid"),
        ("limit=1e9", "request.invalid"),
        ("kind=theft", "request.invalid"),
        ("account_id=1", "request.invalid"),
        ("from=yesterday", "instant.malformed"),
        ("from=2026-03-01T12:00:00", "instant.no_offset"),
        ("instrument=XRPETH", "instrument.malformed"),
        ("asset=%00", "asset.malformed"),
    ],
)
def test_what_can_not_be_meant_is_refused(anna: Caller, query: str, code: str) -> None:
    answer = anna.call("GET", f"/api/v1/ledger?{query}")
    assert (answer.status, answer.code) == (400, code)


def test_verifying_names_what_was_altered(anna: Caller, fake: FakeDesk, account_id: str) -> None:
    whole = anna.call("GET", "/api/v1/ledger/verify").json
    assert whole["ok"] is True
    assert [(chain["account_id"], chain["entries"]) for chain in whole["accounts"]] == [(account_id, 3)]
    (chain,) = fake.ledger.chains.values()
    del chain[1]
    broken = anna.call("GET", f"/api/v1/ledger/verify?account_id={account_id}").json
    assert broken["ok"] is False
    assert broken["accounts"][0]["first_broken_sequence"] == 2


def test_another_tenants_ledger_is_not_found(boris: Caller, account_id: str) -> None:
    assert boris.call("GET", f"/api/v1/ledger?account_id={account_id}").code == "accounts.not_found"
    assert boris.call("GET", f"/api/v1/ledger/verify?account_id={account_id}").code == "accounts.not_found"
    assert boris.call("GET", "/api/v1/ledger").json == {"items": [], "next_cursor": None}

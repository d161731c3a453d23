"""The inbox, comparisons and transfers as the API tells them."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from nightdesk.accounts.reconciliation_view import ViewedCheck
from nightdesk.accounts.reconciling import BalanceKey, Check
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import Cause, Finding
from nightdesk.ledger.model import Route
from nightdesk.ledger.service import append
from tests.builders.ledger import CORRELATION, RECORDED, at, movement, new_account
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk

BTC = AssetId("BTC")


@pytest.fixture
def tenant(anna: Caller) -> TenantId:
    return TenantId(UUID(anna.call("GET", "/api/v1/me").json["tenant_id"]))


@pytest.fixture
def one_doubt(fake: FakeDesk, tenant: TenantId) -> None:
    """Anna has one."""
    made = Finding(
        cause=Cause.NEGATIVE_BALANCE,
        identity="negative",
        account_id=new_account(),
        asset=BTC,
        wallet="spot",
        occurred_at=at(5),
        at_stake=Money(Decimal("0.5"), BTC),
        details={"lacking": "0.5"},
    )
    fake.doubts.inbox.raise_(tenant, [made], RECORDED)


@pytest.mark.usefixtures("one_doubt")
def test_a_doubt_is_told_with_its_value_repaired_and_taken_back(anna: Caller) -> None:
    page = anna.call("GET", "/api/v1/inbox").json
    (told,) = page["items"]
    assert (page["total"], page["value"], page["base_asset"]) == (1, "25000", "USDT")
    assert (told["cause"], told["value"], told["at_stake"]) == (
        "negative_balance",
        "25000",
        {"amount": "0.5", "asset": "BTC"},
    )
    path = f"/api/v1/inbox/{told['finding_id']}"
    repair = {"action": "opening_lot", "note": "invoice", "cost_amount": "900", "cost_asset": "USDT"}
    preview = anna.call("POST", f"{path}/repair", {**repair, "preview": True}).json
    assert [entry["kind"] for entry in preview["entries"]] == ["deposit", "conversion"]
    assert preview["finding"]["state"] == "open"
    repaired = anna.call("POST", f"{path}/repair", repair).json
    assert (repaired["finding"]["state"], repaired["finding"]["settlement"]["undoable"]) == ("resolved", True)
    assert anna.call("POST", f"{path}/repair", repair).code == "inbox.ended"
    undone = anna.call("POST", f"{path}/undo", {"note": "no"}).json
    assert (undone["state"], [event["what"] for event in undone["events"]]) == (
        "open",
        ["raised", "opening_lot", "undone"],
    )


REFUSED = [
    ({"action": "dismiss"}, "inbox.note_missing"),
    ({"action": "accept_told", "note": "x"}, "inbox.action_unfit"),
    ({"action": "opening_lot", "note": "x", "cost_amount": "1"}, "inbox.repair_incomplete"),
    ({"action": "record_deposit", "note": "x", "wallet": "attic"}, "wallet.malformed"),
    ({"action": "make_up"}, "request.invalid"),
]


@pytest.mark.usefixtures("one_doubt")
@pytest.mark.parametrize(("wanted", "code"), REFUSED)
def test_a_repair_that_can_not_be_meant_is_refused(anna: Caller, wanted: dict[str, object], code: str) -> None:
    (told,) = anna.call("GET", "/api/v1/inbox").json["items"]
    assert anna.call("POST", f"/api/v1/inbox/{told['finding_id']}/repair", wanted).code == code


@pytest.mark.usefixtures("one_doubt")
def test_another_tenants_doubts_are_not_found(anna: Caller, boris: Caller) -> None:
    (told,) = anna.call("GET", "/api/v1/inbox").json["items"]
    assert boris.call("GET", "/api/v1/inbox").json["items"] == []
    assert boris.call("GET", f"/api/v1/inbox/{told['finding_id']}").code == "inbox.not_found"
    assert boris.call("POST", f"/api/v1/inbox/{told['finding_id']}/undo", {}).code == "inbox.not_found"


@pytest.mark.usefixtures("one_doubt")
def test_totals_are_intervals_while_a_doubt_is_open(anna: Caller) -> None:
    told = anna.call("GET", "/api/v1/portfolio/uncertainty").json
    assert (told["proven"], told["value"], len(told["findings"])) == (False, {"low": "0", "high": "25000"}, 1)


def test_balances_are_told_page_by_page(anna: Caller, fake: FakeDesk, tenant: TenantId) -> None:
    check = Check(
        key=BalanceKey(Wallet("spot"), BTC),
        derived=Decimal(1),
        reported=Decimal("1.5"),
        reported_at=NOON,
        as_of=NOON,
        cycles_open=3,
    )
    account = new_account()
    fake.doubts.checks = [
        (
            tenant,
            ViewedCheck(account, replace(check, key=BalanceKey(Wallet("spot"), AssetId(asset)), cycles_open=cycles)),
        )
        for asset, cycles in (("BTC", 3), ("ETH", 0))
    ]
    first = anna.call("GET", "/api/v1/reconciliation?limit=1").json
    assert (first["total"], first["differing"]) == (2, 1)
    (told,) = first["items"]
    assert (told["asset"], told["difference"], told["difference_value"]) == ("BTC", "0.5", "25000")
    rest = anna.call("GET", f"/api/v1/reconciliation?limit=1&cursor={first['next_cursor']}").json
    assert ([each["asset"] for each in rest["items"]], rest["next_cursor"]) == (["ETH"], None)
    assert len(anna.call("GET", "/api/v1/reconciliation?differences=true").json["items"]) == 1
    assert anna.call("GET", "/api/v1/reconciliation?cursor=abc").code == "reconciliation.cursor_malformed"


def test_transfers_are_linked_told_and_taken_apart(anna: Caller, fake: FakeDesk, tenant: TenantId) -> None:
    accounts = [new_account(), new_account()]
    facts = [movement(1, "BTC", "-1"), replace(movement(2, "BTC", "0.9", second=9**8), route=Route(address="x"))]
    for account, fact in zip(accounts, facts, strict=True):
        append(fake.ledger, tenant, AccountId(account), [fact], recorded_at=RECORDED, correlation_id=CORRELATION)
    names = [f"{accounts[0]}/withdrawal:1", f"{accounts[1]}/deposit:2"]
    (candidate,) = anna.call("GET", f"/api/v1/transfers/candidates?movement_id={names[0]}").json["items"]
    assert (candidate["movement_id"], candidate["address"]) == (names[1], "x")
    made = anna.call("POST", "/api/v1/transfers", {"movement_ids": names})
    assert (made.status, made.json["evidence"], made.json["score"]) == (201, ["person"], 100)
    assert len(anna.call("GET", "/api/v1/transfers").json["items"]) == 1
    assert anna.call("DELETE", f"/api/v1/transfers/{made.json['link_id']}").status == 204
    assert anna.call("GET", "/api/v1/transfers").json["items"] == []
    assert len(anna.call("GET", "/api/v1/transfers?linked=false").json["items"]) == 1
    assert anna.call("DELETE", f"/api/v1/transfers/{uuid4()}").code == "transfers.not_found"
    assert anna.call("GET", "/api/v1/transfers?cursor=abc").code == "transfers.cursor_malformed"

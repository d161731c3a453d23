import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nightdesk.identity.model import Role
from nightdesk.kernel.assets import unknown_asset
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.ledger.export_check import check
from nightdesk.ledger.model import Fact, LegRole
from nightdesk.ledger.service import append
from tests.builders.ledger import ACCOUNT, leg, movement, trade
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk

HOUR = timedelta(hours=1)


@pytest.fixture
def tenant(anna: Caller, fake: FakeDesk) -> TenantId:  # noqa: ARG001 - Anna signs in
    """Anna's tenant, whose ledger has two trades and a fact of an unknown asset."""
    (tenant_id,) = {user.tenant_id for user in fake.users.users.values() if user.email == "anna@example.com"}
    strange = movement(7, "BTC", "1")
    legs = (leg(LegRole.MOVEMENT, unknown_asset("XYZ"), "5"),)
    book(fake, tenant_id, trade(1, "1", "-100"), trade(2, "-1", "120"), replace(strange, legs=legs))
    return tenant_id


def book(fake: FakeDesk, tenant_id: TenantId, *facts: Fact) -> None:
    append(fake.ledger, tenant_id, ACCOUNT, facts, recorded_at=NOON - HOUR, correlation_id=CorrelationId("corr"))


def told(caller: Caller, path: str, body: Mapping[str, object] | None = None) -> Any:
    answer = caller.call("POST", f"/api/v1/{path}", body) if body else caller.call("GET", f"/api/v1/{path}")
    return answer.json


@pytest.mark.usefixtures("tenant")
def test_balances_are_exact_and_in_pages(anna: Caller) -> None:
    page = told(anna, "ledger/balances?at=2024-01-01T00:00:01Z&limit=1")
    (first,) = page["items"]
    assert (first["wallet"], first["asset"], first["quantity"]) == ("spot", "BTC", "1")
    assert page["at"] == "2024-01-01T00:00:01.000000Z"
    rest = told(anna, f"ledger/balances?at=2024-01-01T00:00:01Z&cursor={page['next_cursor']}")
    assert [(each["asset"], each["quantity"]) for each in rest["items"]] == [("USDT", "-100")]
    assert rest["next_cursor"] is None


@pytest.mark.usefixtures("tenant")
def test_nothing_was_known_before_it_was_recorded(anna: Caller) -> None:
    assert told(anna, "ledger/balances?known_on=2024-01-01T00:00:00Z")["items"] == []
    assert told(anna, "ledger?known_on=2024-01-01T00:00:00Z")["items"] == []
    assert len(told(anna, "ledger?known_on=2026-03-01T11:30:00Z")["items"]) == 2


@pytest.mark.parametrize("path", ["ledger", "ledger/balances", "ledger/export"])
def test_what_is_known_this_minute_is_not_settled(anna: Caller, path: str) -> None:
    refusal = anna.call("GET", f"/api/v1/{path}?known_on=2026-03-01T11:59:30Z")
    assert (refusal.status, refusal.code) == (400, "ledger.known_on_not_past")


@pytest.mark.usefixtures("tenant")
def test_export_is_checked_offline(anna: Caller) -> None:
    part = told(anna, "ledger/export")
    assert part["next_cursor"] is None
    assert check(line.encode() for line in part["items"]).entries == 2


@pytest.mark.usefixtures("tenant")
def test_correction_appends_two_entries(anna: Caller, fake: FakeDesk) -> None:
    legs = [{"role": "movement", "asset": "BTC", "amount": "1"}]
    right = {"kind": "deposit", "occurred_at": "2024-01-01T01:00:01+01:00", "legs": legs}
    wanted = {"account_id": str(ACCOUNT), "identity": "trade:BTCUSDT:1", "entry": right}
    reversal, correction = told(anna, "ledger/corrections", wanted)["items"]
    assert (reversal["kind"], correction["kind"]) == ("reversal", "deposit")
    assert correction["occurred_at"] == "2024-01-01T00:00:01.000000Z"
    assert correction["source"].startswith("user.")
    assert told(anna, "ledger/corrections", wanted)["items"] == []
    taken = {"account_id": str(ACCOUNT), "identity": "trade:BTCUSDT:2", "entry": None}
    assert len(told(anna, "ledger/corrections", taken)["items"]) == 1
    assert sum(len(chain) for chain in fake.ledger.chains.values()) == 5


def test_entry_that_is_not_there_is_not_found(anna: Caller) -> None:
    wanted = {"account_id": str(ACCOUNT), "identity": "trade:BTCUSDT:99", "entry": None}
    refusal = anna.call("POST", "/api/v1/ledger/corrections", wanted)
    assert (refusal.status, refusal.code) == (404, "ledger.entry_unknown")


def test_what_waits_for_a_name_is_shown_and_booked(anna: Caller, fake: FakeDesk, tenant: TenantId) -> None:
    book(fake, tenant, replace(movement(8, "BTC", "1"), legs=(leg(LegRole.MOVEMENT, unknown_asset("ABC"), "1"),)))
    page = told(anna, "ledger/quarantine?limit=1")
    (waiting,) = page["items"]
    assert (waiting["identity"], waiting["codes"], waiting["legs"][0]["asset"]) == ("deposit:7", ["XYZ"], "?XYZ")
    rest = told(anna, f"ledger/quarantine?cursor={page['next_cursor']}")
    assert [each["identity"] for each in rest["items"]] == ["deposit:8"]
    released = told(anna, "ledger/assets", {"venue": "binance", "code": "XYZ", "asset": "XYZCOIN"})
    assert released == {"recorded": 1, "duplicate": 0, "waiting": 0}
    assert told(anna, "ledger?asset=XYZCOIN")["items"][0]["identity"] == "deposit:7"


@pytest.mark.parametrize("path", ["ledger/balances", "ledger/quarantine"])
@pytest.mark.parametrize("cursor", ["W10", "%25%25", "WzEsMiwzXQ", "bnVsbA", "WyJhIiwiYiIsImMiXQ"])
def test_cursor_that_nobody_made_is_refused(anna: Caller, path: str, cursor: str) -> None:
    answer = anna.call("GET", f"/api/v1/{path}?cursor={cursor}")
    assert answer.status == 400 or (path == "ledger/balances" and cursor.startswith("WyJ"))


@pytest.mark.usefixtures("tenant")
def test_viewers_do_not_correct(anna: Caller, fake: FakeDesk) -> None:
    fake.users.users = {key: replace(user, role=Role.VIEWER) for key, user in fake.users.users.items()}
    wanted = {"account_id": str(ACCOUNT), "identity": "trade:BTCUSDT:1", "entry": None}
    assert anna.call("POST", "/api/v1/ledger/corrections", wanted).status == 403
    assert json.loads(anna.call("GET", "/api/v1/ledger/export").text)["items"]

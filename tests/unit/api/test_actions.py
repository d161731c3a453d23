from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.contracts.api.present_actions import action_of, action_shape
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole
from nightdesk.ledger.service import append
from nightdesk.rules.actions import Action, Notify, PanicSell, kind_of
from tests.builders.action_world import FIRING, due_of
from tests.builders.actions import EVERY_ACTION
from tests.builders.liquidation import MAIN
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk

SELL = {"kind": "panic_sell", "scope": {"kind": "position", "asset": "BTC"}}


@pytest.fixture
def fired(anna: Caller, fake: FakeDesk) -> TenantId:
    """A firing of Anna's that sold everything, and the ledger's entry of one of its fills."""
    tenant_id = TenantId(UUID(anna.call("GET", "/api/v1/me").json["tenant_id"]))
    world = fake.acting
    world.runs.begin(due_of(PanicSell(), Notify(), tenant_id=tenant_id), world.clock.now())
    world.runner().run(tenant_id, FIRING)
    fact = Fact(
        kind=EntryKind.TRADE,
        identity="trade:BTCUSDT:1",
        source="binance.ws",
        occurred_at=NOON,
        instrument=Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT")),
        order_id="venue-1",
        legs=(
            Leg(role=LegRole.BASE, asset=AssetId("BTC"), amount=Decimal(-2)),
            Leg(role=LegRole.QUOTE, asset=AssetId("USDT"), amount=Decimal(200)),
        ),
    )
    append(fake.ledger, tenant_id, MAIN, [fact], recorded_at=NOON, correlation_id=due_of().correlation_id)
    return tenant_id


@pytest.mark.parametrize("action", EVERY_ACTION, ids=kind_of)
def test_every_action_has_a_shape(action: Action) -> None:
    assert action_of(action_shape(action)) == action


def test_a_preview_shows_amounts_and_asks_for_consent(anna: Caller) -> None:
    shown = anna.call("POST", "/api/v1/actions/preview", {"actions": [SELL, {"kind": "notify"}]}).json
    assert shown["confirmation_needed"] is True
    sell, notify = shown["items"]
    assert [(each["quantity"], each["brings"]) for each in sell["sells"]] == [("2", "200"), ("1", "100")]
    assert (sell["dangerous"], notify["dangerous"]) == (True, False)


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        ([], 422),
        ([{"kind": "burn"}], 422),
        ([{"kind": "reduce", "ratio": "2"}], 422),
        ([SELL] * 21, 422),
    ],
)
def test_what_can_not_be_meant_is_refused(anna: Caller, actions: list[object], status: int) -> None:
    assert anna.call("POST", "/api/v1/actions/preview", {"actions": actions}).status in {status, 400}


@pytest.mark.usefixtures("fired")
def test_the_chain_of_a_firing_goes_from_what_was_seen_to_the_ledger(anna: Caller) -> None:
    chain = anna.call("GET", f"/api/v1/actions/firings/{FIRING}").json
    assert chain["evidence"] == [
        {"text": "price(BINANCE:BTC/USDT)", "value": "99.5", "source": "price", "at": "2026-03-01T12:00:00.000000Z"}
    ]
    sell, notify = chain["runs"]
    assert (sell["state"], notify["state"]) == ("done", "done")
    first = sell["intents"][0]
    assert (first["wanted"]["quantity"], first["filled"], first["order"]["state"]) == ("2", "2", "filled")
    assert [entry["legs"][0]["amount"] for entry in first["fills"]] == ["-2"]
    assert sell["residue"][0]["why"] == "dust"
    assert notify["intents"][0]["order"] is None


@pytest.mark.usefixtures("fired")
def test_firings_are_listed_for_their_own_tenant(anna: Caller, boris: Caller) -> None:
    (shown,) = anna.call("GET", "/api/v1/actions/firings").json["items"]
    assert shown["firing_id"] == str(FIRING)
    assert anna.call("GET", f"/api/v1/actions/firings?rule_set_id={UUID(int=9)}").json["items"] == []
    assert boris.call("GET", "/api/v1/actions/firings").json["items"] == []
    assert boris.call("GET", f"/api/v1/actions/firings/{FIRING}").code == "actions.firing_not_found"


def test_a_receiver_gets_its_secret(anna: Caller) -> None:
    assert anna.call("GET", "/api/v1/actions/webhook-secret").json["secret"].startswith("secret of ")

"""The API's routes of alerts over PostgreSQL: what is shown, what is never shown, who may do what."""

import json
from collections.abc import Iterator

import pytest

from nightdesk.alerts.model import ChannelId
from nightdesk.alerts.sealing import Address
from tests.builders.stored_desk import StoredDesk, stored_desk
from tests.fakes.desk import Caller
from tests.servers import Postgres

pytestmark = pytest.mark.integration
TELEGRAM = {"kind": "telegram", "bot_token": "123456:AAEsecret_token", "chat_id": "998877"}


@pytest.fixture
def stored(postgres: Postgres, valkey_url: str) -> Iterator[StoredDesk]:
    with stored_desk(postgres.url("app"), valkey_url) as desk:
        yield desk


def add(caller: Caller, **more: object) -> dict[str, object]:
    made = caller.call("POST", "/api/v1/alert-channels", {"name": "phone", "address": TELEGRAM, **more})
    assert made.status == 201, made.text
    return dict(made.json)


def verified(caller: Caller) -> str:
    channel_id = str(add(caller)["channel_id"])
    assert caller.call("POST", f"/api/v1/alert-channels/{channel_id}/test").json["state"] == "unverified"
    answer = caller.call("POST", f"/api/v1/alert-channels/{channel_id}/verify", {"code": "123456"})
    assert answer.json["state"] == "verified"
    return channel_id


def test_a_channel_is_added_proven_changed_and_removed(stored: StoredDesk) -> None:
    anna = stored.somebody()
    channel_id = verified(anna)
    path = f"/api/v1/alert-channels/{channel_id}"
    changed = anna.call("PATCH", path, {"takes_from": "critical", "paused": True}).json
    assert (changed["takes_from"], changed["state"], changed["hint"]) == ("critical", "paused", "chat …8877")
    listed = anna.call("GET", "/api/v1/alert-channels")
    assert "secret_token" not in listed.text
    kept = next(each for each in stored.alerts.gate.kept.items() if str(each[0]) == channel_id)
    assert kept == (
        ChannelId(kept[0]),
        Address(kept[1].kind, {"bot_token": "123456:AAEsecret_token", "chat_id": "998877"}),
    )
    assert anna.call("DELETE", path).status == 204
    assert anna.call("GET", "/api/v1/alert-channels").json["items"] == []
    assert anna.call("PATCH", path, {"name": "x"}).code == "channel.not_found"


@pytest.mark.parametrize(
    "address",
    [
        {"kind": "telegram", "bot_token": "no token", "chat_id": "1"},
        {"kind": "discord", "url": "https://evil.example/api/webhooks/1/x"},
        {"kind": "email", "address": "a@b\r\nBcc: c@d"},
        {"kind": "web_push", "endpoint": "https://push.example/1", "keys": {"p256dh": "x", "auth": "y"}},
        {"kind": "pigeon"},
    ],
)
def test_an_address_that_can_be_none_is_refused_without_showing_it(stored: StoredDesk, address: object) -> None:
    refused = stored.somebody().call("POST", "/api/v1/alert-channels", {"name": "x", "address": address})
    assert (refused.status, refused.code) == (400, "request.invalid")
    assert "no token" not in refused.text


def test_a_test_alert_is_raised_listed_and_acknowledged(stored: StoredDesk) -> None:
    anna = stored.somebody()
    channel_id = verified(anna)
    raised = anna.call("POST", "/api/v1/alerts/test", {"severity": "critical"})
    assert raised.status == 201
    (delivery,) = raised.json["deliveries"]
    assert (delivery["channel_id"], delivery["state"], delivery["way"]) == (channel_id, "waiting", "now")
    assert str(stored.alerts.queue.waiting[-1].subject) == delivery["delivery_id"]
    page = anna.call("GET", "/api/v1/alerts").json
    assert (len(page["items"]), page["unacknowledged"], page["next_cursor"]) == (1, 1, None)
    path = f"/api/v1/alerts/{raised.json['alert_id']}"
    assert anna.call("POST", f"{path}/acknowledge").json["acknowledged_at"] is not None
    assert anna.call("GET", "/api/v1/alerts?unacknowledged=true").json["items"] == []
    assert anna.call("POST", "/api/v1/alerts/acknowledge").json == {"acknowledged": 0}


def test_alerts_are_read_in_pages(stored: StoredDesk) -> None:
    anna = stored.somebody()
    for _ in range(3):
        anna.call("POST", "/api/v1/alerts/test", {"severity": "info"})
        stored.clock.advance(1)
    first = anna.call("GET", "/api/v1/alerts?limit=2").json
    rest = anna.call("GET", f"/api/v1/alerts?limit=2&cursor={first['next_cursor']}").json
    ids = [each["alert_id"] for each in first["items"] + rest["items"]]
    assert (len(ids), len(set(ids)), rest["next_cursor"]) == (3, 3, None)
    assert anna.call("GET", "/api/v1/alerts?cursor=nonsense").code == "alerts.cursor_malformed"


def test_preferences_are_kept_and_checked(stored: StoredDesk) -> None:
    anna = stored.somebody()
    path = "/api/v1/alert-preferences"
    before = anna.call("GET", path).json
    assert before["quiet"] is None
    wanted = {**before, "zone": "Europe/Berlin", "quiet": {"begins": "22:00", "ends": "07:00"}, "digest_up_to": "info"}
    assert anna.call("PUT", path, wanted).json == wanted
    assert anna.call("GET", path).json == wanted
    assert anna.call("PUT", path, {**wanted, "zone": "Mars/Olympus"}).code == "alerts.zone_unknown"
    assert (
        anna.call("PUT", path, {**wanted, "quiet": {"begins": "07:00", "ends": "07:00"}}).code == "alerts.quiet_empty"
    )
    nobody = {**wanted, "escalate_to": "00000000-0000-0000-0000-000000000001"}
    assert anna.call("PUT", path, nobody).code == "channel.not_found"


def test_a_hooks_path_is_shown_once(stored: StoredDesk) -> None:
    anna = stored.somebody()
    made = anna.call("POST", "/api/v1/signal-hooks", {"name": "trend"})
    assert made.status == 201
    assert made.json["path"].startswith("/hooks/tradingview/")
    listed = anna.call("GET", "/api/v1/signal-hooks").json
    assert [each["path"] for each in listed["items"]] == [None]
    assert json.loads(listed["template"])["order_id"] == "{{strategy.order.id}}"
    assert anna.call("GET", "/api/v1/signals").json == {"items": [], "next_cursor": None}
    assert anna.call("DELETE", f"/api/v1/signal-hooks/{made.json['hook_id']}").status == 204


def test_nobody_sees_anothers(stored: StoredDesk) -> None:
    anna, boris = stored.somebody(), stored.somebody()
    channel_id = verified(anna)
    alert_id = anna.call("POST", "/api/v1/alerts/test", {}).json["alert_id"]
    assert boris.call("GET", "/api/v1/alert-channels").json["items"] == []
    assert boris.call("GET", f"/api/v1/alerts/{alert_id}").code == "alert.not_found"
    assert boris.call("DELETE", f"/api/v1/alert-channels/{channel_id}").code == "channel.not_found"
    assert (
        boris.call("POST", f"/api/v1/alert-channels/{channel_id}/verify", {"code": "123456"}).code
        == "channel.not_found"
    )


def test_the_key_for_web_push_is_told(stored: StoredDesk) -> None:
    assert len(stored.somebody().call("GET", "/api/v1/alert-channels/push-key").json["public_key"]) == 87

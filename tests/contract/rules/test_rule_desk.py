"""Setting up rules, the same over the fake and over PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rules_desk import PostgresRuleDeskUnits
from nightdesk.kernel.errors import Conflict, NotFound
from nightdesk.kernel.ids import UserId
from nightdesk.rules import desk as rules_desk
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.desk import By, RuleDesk
from nightdesk.rules.model import Mode
from nightdesk.runtime.clock import SystemClock
from tests.builders.ledger import CORRELATION, RECORDED, new_tenant
from tests.fakes.clock import FakeClock
from tests.fakes.rules import FakeRuleSets
from tests.servers import Postgres

NOTIFY = {"kind": "notify", "text": "", "severity": "warning", "channels": []}
SELL = {"kind": "panic_sell", "scope": {"kind": "portfolio"}}


@dataclass(slots=True)
class Setting:
    desk: RuleDesk
    clock: FakeClock
    by: By

    def made(self, *actions: dict[str, Any]) -> RuleSetId:
        return self.desk.create(self.by, "mine", definition(*actions)).rule_set.rule_set_id


def definition(*actions: dict[str, Any], price: str = "100") -> dict[str, Any]:
    left = "price(BINANCE:BTC/USDT)"
    condition = {"kind": "compare", "left": left, "relation": ">", "right": price}
    return {
        "rules": [{"name": "over", "condition": condition}],
        "actions": list(actions or (NOTIFY,)),
        "repeating": True,
        "cooldown_s": 60,
        "active_hours": {"begin": "22:00", "end": "06:30", "zone": "Europe/Berlin", "weekdays": [1, 5]},
        "policy": "continue",
    }


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.integration)])
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    clock, tenant_id = FakeClock(SystemClock().now()), new_tenant()
    by = By(tenant_id, UserId(uuid4()), CORRELATION)
    if request.param == "fake":
        yield Setting(RuleDesk(FakeRuleSets(), clock, uuid4, shadow_least=timedelta(days=3)), clock, by)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    database = Database(postgres.url("app"))
    with database.transaction(tenant_id=tenant_id) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'rules', 'USDT', %s)", (tenant_id, RECORDED))
    yield Setting(RuleDesk(PostgresRuleDeskUnits(database), clock, uuid4, shadow_least=timedelta(days=3)), clock, by)
    database.close()


def test_a_rule_set_begins_as_a_draft_and_every_edit_is_a_version(setting: Setting) -> None:
    desk, by = setting.desk, setting.by
    which = setting.made()
    edited = desk.edit(by, which, version=1, name="mine too", definition=definition(price="200"))
    assert (edited.rule_set.version, edited.rule_set.mode, edited.rule_set.name) == (2, Mode.DRAFT, "mine too")
    assert desk.get(by.tenant_id, which) == edited
    assert desk.list(by.tenant_id) == (edited,)
    versions = desk.versions(by.tenant_id, which)
    assert [(each.rule_set.version, each.edited_by) for each in versions] == [(2, by.user_id), (1, by.user_id)]
    assert versions[0].rule_set.rules == edited.rule_set.rules
    assert [entry.what for entry in desk.audited(by.tenant_id, which)] == ["edited", "created"]
    with pytest.raises(Conflict, match="version 2"):
        desk.edit(by, which, version=1, name="late", definition=definition())


def test_editing_a_watched_one_pauses_it(setting: Setting) -> None:
    which = setting.made()
    setting.desk.set_mode(setting.by, which, Mode.SHADOW, version=1)
    edited = setting.desk.edit(setting.by, which, version=1, name="mine", definition=definition())
    assert (edited.rule_set.mode, edited.shadow_since) == (Mode.PAUSED, None)


def test_harmless_actions_go_live_at_once(setting: Setting) -> None:
    row = setting.desk.set_mode(setting.by, setting.made(), Mode.LIVE, version=1)
    assert row.rule_set.mode is Mode.LIVE
    assert row.stored.armed_at == setting.clock.now()
    assert setting.desk.live_from(row) == setting.clock.now()


def test_dangerous_ones_go_live_after_their_time_in_shadow_with_a_confirmation(setting: Setting) -> None:
    desk, by, clock = setting.desk, setting.by, setting.clock
    which = setting.made(SELL)
    with pytest.raises(Conflict, match="after 3 days in shadow"):
        desk.set_mode(by, which, Mode.LIVE, version=1)
    shadow = desk.set_mode(by, which, Mode.SHADOW, version=1)
    assert desk.live_from(shadow) == clock.now() + timedelta(days=3)
    clock.advance(3 * 86400 - 1)
    with pytest.raises(Conflict, match="in shadow"):
        desk.set_mode(by, which, Mode.LIVE, version=1)
    clock.advance(1)
    with pytest.raises(Conflict) as raised:
        desk.set_mode(by, which, Mode.LIVE, version=1)
    assert raised.value.code == "actions.confirmation_needed"
    token, _ = desk.confirm(by, which, 1)
    assert desk.set_mode(by, which, Mode.LIVE, version=1, confirmation=token).rule_set.mode is Mode.LIVE
    desk.set_mode(by, which, Mode.SHADOW, version=1)
    clock.advance(4 * 86400)
    with pytest.raises(Conflict):
        desk.set_mode(by, which, Mode.LIVE, version=1, confirmation=token)


def test_a_version_that_has_passed_is_neither_confirmed_nor_armed(setting: Setting) -> None:
    which = setting.made()
    for act in (
        lambda: setting.desk.confirm(setting.by, which, 2),
        lambda: setting.desk.set_mode(setting.by, which, Mode.SHADOW, version=2),
    ):
        with pytest.raises(Conflict) as raised:
            act()
        assert raised.value.code == "rules.version_passed"


def test_a_removed_one_is_not_found(setting: Setting) -> None:
    desk, by = setting.desk, setting.by
    which = setting.made()
    desk.remove(by, which)
    for act in (
        lambda: desk.get(by.tenant_id, which),
        lambda: desk.remove(by, which),
        lambda: desk.versions(by.tenant_id, which),
    ):
        with pytest.raises(NotFound):
            act()
    assert desk.list(by.tenant_id) == ()


def test_nothing_fired_and_nothing_is_remembered_of_a_new_one(setting: Setting) -> None:
    desk, tenant_id = setting.desk, setting.by.tenant_id
    which = setting.made()
    assert desk.firings(tenant_id) == desk.firings(tenant_id, which, setting.clock.now(), 5) == ()
    assert desk.judged(tenant_id, which) == ()
    assert desk.remembered(tenant_id) == {}
    with pytest.raises(NotFound):
        desk.firing(tenant_id, FiringId(uuid4()))


def test_a_tenant_has_so_many_at_most(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_desk, "RULE_SETS_MAX", 1)
    setting.made()
    with pytest.raises(Conflict) as raised:
        setting.made()
    assert raised.value.code == "rules.too_many"


def test_trying_keeps_nothing(setting: Setting) -> None:
    checked = setting.desk.check(setting.by, definition())
    assert checked.rules[0].name == "over"
    assert setting.desk.list(setting.by.tenant_id) == ()
    assert len(rules_desk.new_token()) > 40

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.accounts.keys import KeyUse
from nightdesk.accounts.model import AccountState
from nightdesk.contracts.api.present_keys import card_shape
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId
from nightdesk.portfolio.model import Portfolio, Total, ValuedHolding
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk
from tests.fakes.keys import RECORD, TESTED
from tests.unit.api.test_accounts import connect

NEW = {"key": "another-key-5678", "secret": "another-secret"}


def own_key(caller: Caller) -> str:
    return f"/api/v1/accounts/{connect(caller).json['account_id']}/key"


def use(minute: int, operation: str = "balances") -> KeyUse:
    at = NOON + timedelta(minutes=minute)
    return KeyUse(asker="api", operation=operation, outcome="ok", uses=3, first_at=at, last_at=at, correlation_id="c")


def holding(account_id: AccountId, asset: str, quantity: str, price: str | None) -> ValuedHolding:
    nothing = dict.fromkeys(
        ("difference", "average_cost_value", "realised_pnl_value", "unrealised_pnl_value", "value", "folded_at")
    )
    return ValuedHolding(
        account_id=account_id,
        asset=AssetId(asset),
        quantity=Decimal(quantity),
        reported_quantity=Decimal(quantity),
        reported_at=NOON,
        unproven=Decimal(0),
        average_cost=(),
        realised_pnl=(),
        price=None if price is None else Decimal(price),
        priced_at=NOON,
        stale=False,
        **nothing,
    )


def test_an_untested_key_is_shown_as_what_the_venue_says(anna: Caller) -> None:
    card = anna.call("GET", own_key(anna)).json
    assert [(each["right"], each["said"], each["verdict"]) for each in card["rights"]] == [
        ("read", True, "untold"),
        ("trade", True, "untold"),
        ("withdraw", False, "untold"),
    ]
    assert {each["code"] for each in card["rights"]} == {"keys.never_tested"}
    assert (card["tested_at"], card["stored"], card["last_used_at"]) == (None, None, None)
    assert card["delete_at"]["url"].startswith("https://www.binance.com/")


def test_trying_it_out_shows_what_it_may(anna: Caller) -> None:
    path = own_key(anna)
    tested = anna.call("POST", f"{path}/test")
    assert tested.status == 200
    assert [(each["verdict"], each["may"]) for each in tested.json["rights"]] == [
        ("allowed", True),
        ("allowed", True),
        ("untold", False),
    ]
    assert tested.json["stored"]["cipher"].startswith("AES-256-GCM")
    assert anna.call("GET", path).json == tested.json


def test_another_key_takes_its_place(anna: Caller, fake: FakeDesk) -> None:
    path = own_key(anna)
    answer = anna.call("PUT", path, NEW)
    assert (answer.status, answer.json["key_hint"], answer.json["same_owner"]) == (200, "5678", True)
    assert answer.json["stored"]["rotations"] == 1
    assert "another-secret" not in answer.text
    assert [event.name for _, event in fake.accounts.outbox.events][-1] == "account.key_rotated.v1"
    assert str(fake.refreshes.jobs[-1].account_id) in path


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"key": "other-account-key", "secret": "x"}, "accounts.key_of_another_account"),
        ({"key": "a\tkey", "secret": "x"}, "accounts.credential_malformed"),
        ({"key": "", "secret": "x"}, "request.invalid"),
    ],
)
def test_keys_that_do_not_fit_are_refused(anna: Caller, fake: FakeDesk, sent: dict[str, str], code: str) -> None:
    path = own_key(anna)
    before = dict(fake.gateway.held)
    assert anna.call("PUT", path, sent).code == code
    assert fake.gateway.held == before


def test_uses_come_in_pages_that_lose_none(anna: Caller, fake: FakeDesk) -> None:
    path = own_key(anna)
    account_id = AccountId(UUID(path.split("/")[4]))
    fake.keys.used[account_id] = [*(use(minute) for minute in range(5)), use(4, "decrypt")]
    first = anna.call("GET", f"{path}/uses?limit=4").json
    rest = anna.call("GET", f"{path}/uses?limit=4&cursor={first['next_cursor']}").json
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (4, 2, None)
    seen = [(each["last_at"], each["operation"]) for each in first["items"] + rest["items"]]
    assert len(set(seen)) == 6
    assert seen == sorted(seen, reverse=True)
    assert anna.call("GET", path).json["last_used_at"] == seen[0][0]
    assert anna.call("GET", f"{path}/uses?cursor=bm9uc2Vuc2U").code == "keys.cursor_malformed"


def test_another_tenants_key_is_not_found(anna: Caller, boris: Caller) -> None:
    path = own_key(anna)
    for method, place, body in (("GET", "", None), ("POST", "/test", None), ("PUT", "", NEW), ("GET", "/uses", None)):
        assert boris.call(method, path + place, body).code == "accounts.not_found"


def test_a_drill_is_walked_and_remembered(anna: Caller, fake: FakeDesk) -> None:
    own_key(anna)
    answer = anna.call("POST", "/api/v1/keys/revoke-all", {"mode": "drill", "confirmation": "DRILL"})
    assert (answer.status, answer.json["drill"]["keys"], answer.json["drill"]["destroyed"]) == (200, 1, 0)
    assert [step["name"] for step in answer.json["steps"]] == ["keys"]
    (key,) = answer.json["keys"]
    assert (key["label"], key["venue"], key["destroyed"]) == ("Main", "binance", False)
    assert fake.halts == []
    assert len(fake.gateway.held) == 1
    assert anna.call("GET", "/api/v1/keys/drills").json["items"] == [answer.json["drill"]]


def test_revoking_halts_destroys_and_stops(anna: Caller, boris: Caller, fake: FakeDesk) -> None:
    path = own_key(anna)
    connect(boris)
    wanted = {"mode": "real", "confirmation": "REVOKE ALL KEYS"}
    answer = anna.call("POST", "/api/v1/keys/revoke-all", wanted)
    assert [(step["name"], step["code"]) for step in answer.json["steps"]] == [
        ("halt", None),
        ("keys", None),
        ("imports", None),
    ]
    drill = answer.json["drill"]
    assert (drill["keys"], drill["destroyed"], drill["halted"]) == (1, 1, True)
    assert len(fake.halts) == 1
    assert len(fake.gateway.held) == 1  # the other tenant's
    account = anna.call("GET", path.removesuffix("/key")).json
    assert (account["state"], account["state_code"]) == ("failing", "accounts.not_connected")
    assert (account["import"]["state"], account["import"]["error_code"]) == ("failed", "accounts.not_connected")
    assert anna.call("POST", f"{path}/test").code == "accounts.not_connected"
    assert anna.call("PUT", path, NEW).json["state"] == "active"


@pytest.mark.parametrize(("mode", "word"), [("drill", "drill"), ("real", "DRILL"), ("real", "revoke all keys")])
def test_the_words_must_be_typed(anna: Caller, fake: FakeDesk, mode: str, word: str) -> None:
    own_key(anna)
    answer = anna.call("POST", "/api/v1/keys/revoke-all", {"mode": mode, "confirmation": word})
    assert (answer.status, answer.code) == (400, "keys.not_confirmed")
    assert fake.keys.kept_drills == []


def test_keys_go_even_if_trading_can_not_be_halted(anna: Caller, fake: FakeDesk) -> None:
    own_key(anna)

    def refuse(*_: object) -> None:
        raise Unavailable("database.unavailable", "No.")

    anna.desk.keys.keys._halt = refuse
    answer = anna.call("POST", "/api/v1/keys/revoke-all", {"mode": "real", "confirmation": "REVOKE ALL KEYS"})
    assert answer.json["steps"][0]["code"] == "database.unavailable"
    assert (answer.json["drill"]["halted"], answer.json["drill"]["destroyed"]) == (False, 1)
    assert fake.gateway.held == {}


def test_what_is_at_stake_follows_what_the_key_may(anna: Caller, fake: FakeDesk) -> None:
    path = own_key(anna)
    caller = anna.desk.identity.authenticate(anna.token or "")
    card = anna.desk.keys.keys.card(caller.tenant_id, AccountId(UUID(path.split("/")[4])))
    mine = card.account.account_id
    held = (holding(mine, "BTC", "0.5", "50000"), holding(mine, "ODD", "7", None))
    others = holding(AccountId(UUID(int=9)), "BTC", "1", "50000")
    portfolio = Portfolio(
        portfolio_id=caller.tenant_id,
        base_asset=AssetId("USDT"),
        as_of=NOON,
        total=Total(value=Decimal(0), complete=True, priced_at=None),
        accounts=(),
        assets=(),
        holdings=(*held, others),
        unpriced=(),
        rates={},
    )
    tested = replace(card, record=replace(RECORD, test=TESTED))
    stake = card_shape(tested, portfolio).stake
    assert (stake.seen.amount, stake.tradable.amount, stake.withdrawable.amount) == ("25000", "25000", "0")
    assert stake.unpriced == ["ODD"]
    gone = replace(card, record=replace(RECORD, destroyed_at=NOON))
    assert card_shape(gone, portfolio).stake.seen.amount == "0"
    account = replace(card.account, state=AccountState.FAILING, permissions=None)
    assert card_shape(replace(card, account=account), portfolio).rights[0].said is None
    assert fake.keys.kept_drills == []

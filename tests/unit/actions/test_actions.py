from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope, ScopeKind
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.orders import OrderType
from nightdesk.rules.action_codec import action_from, action_json, actions_hash, canonical
from nightdesk.rules.actions import (
    ACTIONS_MAX,
    KINDS,
    Action,
    CallWebhook,
    HaltTrading,
    Notify,
    PanicSell,
    Reduce,
    Sell,
    Size,
    SizeUnit,
    any_dangerous,
    check_actions,
    is_dangerous,
    kind_of,
)
from tests.builders.actions import ACCOUNT, BTC, EVERY_ACTION, LIMIT_BUY


def test_every_kind_of_action_is_tried_here() -> None:
    assert {kind_of(action) for action in EVERY_ACTION} == set(KINDS)


@pytest.mark.parametrize("action", EVERY_ACTION, ids=kind_of)
def test_an_action_comes_back_from_its_json(action: Action) -> None:
    assert action_from(action_json(action)) == action


def test_only_what_moves_no_money_is_harmless() -> None:
    assert {kind_of(action) for action in EVERY_ACTION if not is_dangerous(action)} == {"notify", "webhook"}
    assert any_dangerous(EVERY_ACTION)
    assert not any_dangerous((Notify(), Notify()))


def test_equal_actions_have_one_text_and_one_hash() -> None:
    once, again = Reduce(ratio=Decimal("0.5")), Reduce(ratio=Decimal("0.50"))
    assert canonical((once,)) == '[{"kind":"reduce","ratio":"0.5","scope":{"kind":"portfolio"}}]'
    assert actions_hash((once,)) == actions_hash((again,))
    assert actions_hash((once, PanicSell())) != actions_hash((PanicSell(), once))


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"kind": "burn"},
        {"kind": "sell"},
        {"kind": "sell", "asset": 3},
        {"kind": "sell", "asset": "BTC", "size": "all"},
        {"kind": "sell", "asset": "BTC", "colour": "red"},
        {"kind": "sell", "asset": "BTC", "account_id": "mine"},
        {"kind": "panic_sell", "scope": {"account_id": "mine"}},
        {"kind": "notify", "channels": "telegram"},
        {"kind": "notify", "channels": ["telegram"]},
        {"kind": "notify", "severity": "deafening"},
        {"kind": "webhook", "url": "https://x.example", "signed": "yes"},
    ],
)
def test_what_means_no_action_is_refused(shape: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        action_from(shape)
    assert refused.value.code == "actions.malformed"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Size(SizeUnit.BASE, Decimal(0)), "actions.size_not_positive"),
        (lambda: Reduce(ratio=Decimal("1.1")), "actions.ratio_over_one"),
        (lambda: Sell(asset=BTC, size=Size(SizeUnit.QUOTE, Decimal(5))), "actions.size_unit"),
        (lambda: replace(LIMIT_BUY, type=OrderType.MARKET), "actions.limit_price"),
        (lambda: replace(LIMIT_BUY, limit_price=Decimal(5)), "actions.limit_price"),
        (lambda: replace(LIMIT_BUY, type=OrderType.STOP_LOSS), "actions.order_type"),
        (lambda: replace(LIMIT_BUY, limit_price=Decimal(0), limit_offset_ratio=None), "actions.price_not_positive"),
        (lambda: replace(LIMIT_BUY, limit_offset_ratio=Decimal(-1)), "actions.price_not_positive"),
        (lambda: HaltTrading(scope=Scope(account_id=ACCOUNT)), "actions.halt_scope"),
        (lambda: CallWebhook(url="http://hooks.example"), "actions.webhook_url"),
        (lambda: Notify(text="$secret"), "actions.template_unknown"),
        (lambda: Notify(text="x" * 2001), "actions.template_too_long"),
        (lambda: check_actions(()), "actions.none"),
        (lambda: check_actions([PanicSell()] * (ACTIONS_MAX + 1)), "actions.too_many"),
    ],
)
def test_what_can_not_be_meant_is_refused(make: Callable[[], object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make()
    assert refused.value.code == code


def test_a_sequence_that_can_be_run_is_accepted() -> None:
    check_actions(EVERY_ACTION)
    assert replace(LIMIT_BUY, limit_price=Decimal(5), limit_offset_ratio=None).limit_price == 5


def test_scopes_take_in_what_they_name() -> None:
    other, eth = AccountId(UUID(int=8)), AssetId("ETH")
    account, position = Scope(account_id=ACCOUNT), Scope(asset=BTC)
    assert [scope.kind for scope in (WHOLE_PORTFOLIO, account, position)] == list(ScopeKind)
    assert WHOLE_PORTFOLIO.covers(ACCOUNT, BTC)
    assert account.covers_account(ACCOUNT)
    assert not account.covers_account(other)
    assert position.covers(ACCOUNT, BTC)
    assert not position.covers(ACCOUNT, eth)

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Action, HaltTrading, Notify, PanicSell
from nightdesk.rules.confirming import LASTS, demand, issue
from tests.fakes.actions import FakeConfirmationStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TENANT, USER, RULE_SET = TenantId(UUID(int=1)), UserId(UUID(int=2)), RuleSetId(UUID(int=3))
DANGEROUS: tuple[Action, ...] = (PanicSell(), Notify())


def confirmed() -> FakeConfirmationStore:
    store = FakeConfirmationStore()
    token, expires_at = issue(
        store,
        lambda: "token",
        NOW,
        tenant_id=TENANT,
        user_id=USER,
        rule_set_id=RULE_SET,
        rule_set_version=1,
        actions=DANGEROUS,
    )
    assert (token, expires_at) == ("token", NOW + LASTS)
    return store


def go_live(
    store: FakeConfirmationStore,
    token: str | None,
    after: timedelta = timedelta(0),
    *,
    tenant_id: TenantId = TENANT,
    version: int = 1,
    actions: Sequence[Action] = DANGEROUS,
) -> None:
    demand(
        store,
        token,
        NOW + after,
        tenant_id=tenant_id,
        rule_set_id=RULE_SET,
        rule_set_version=version,
        actions=actions,
    )


def refusal(store: FakeConfirmationStore, token: str | None, after: timedelta = timedelta(0), **said: object) -> str:
    with pytest.raises(Conflict) as refused:
        go_live(store, token, after, **said)  # type: ignore[arg-type]
    return refused.value.code


def test_dangerous_actions_go_live_with_the_consent_to_them_once() -> None:
    store = confirmed()
    assert b"token" not in {kept.token_hash for kept in store.kept.values()}
    go_live(store, "token")
    assert refusal(store, "token") == "actions.confirmation_unknown"


def test_harmless_actions_need_no_consent() -> None:
    go_live(FakeConfirmationStore(), None, actions=(Notify(),))


def test_without_the_consent_nothing_dangerous_goes_live() -> None:
    assert refusal(confirmed(), None) == "actions.confirmation_needed"
    assert refusal(confirmed(), "guess") == "actions.confirmation_unknown"
    assert refusal(confirmed(), "token", tenant_id=TenantId(UUID(int=9))) == "actions.confirmation_unknown"


def test_a_consent_ends_with_its_time_and_with_any_change() -> None:
    assert refusal(confirmed(), "token", LASTS) == "actions.confirmation_expired"
    assert refusal(confirmed(), "token", version=2) == "actions.confirmation_for_other"
    assert refusal(confirmed(), "token", actions=(PanicSell(), HaltTrading())) == "actions.confirmation_for_other"

"""Keys are tested, rotated and revoked in the same words inside the gateway's function and before it."""

from __future__ import annotations

from typing import Any

import pytest

from nightdesk.accounts.keys import Right, Verdict, owner_digest
from nightdesk.accounts.model import TenantRef
from nightdesk.kernel.errors import Conflict, InvalidInput, Unavailable
from tests.contract.gateway.test_gateway_answers import ACCOUNT, CORRELATION, CREDENTIAL, READING, Desk, desk

__all__ = ["desk"]
TENANT = TenantRef(tenant_id=ACCOUNT.tenant_id, correlation_id=CORRELATION)


def gateway(here: Desk) -> Any:
    return here.gateway


def test_a_test_comes_through_without_the_owner(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    test = gateway(desk).test_key(ACCOUNT)
    (probe,) = test.probes
    assert (test.permissions, probe.right, probe.verdict) == (READING, Right.WITHDRAW, Verdict.REFUSED)
    assert test.addresses == ("192.0.2.7",)
    assert desk.credentials.uses[-1] == ("test_key", "ok")


def test_a_key_that_shows_it_can_withdraw_is_refused(desk: Desk) -> None:
    desk.venue.withdrawing = Verdict.ALLOWED
    with pytest.raises(InvalidInput) as refusal:
        desk.gateway.connect(ACCOUNT, CREDENTIAL)
    assert refusal.value.code == "accounts.key_may_withdraw"
    assert desk.credentials.kept == {}


def test_a_busy_venue_does_not_keep_a_good_key_out(desk: Desk) -> None:
    desk.venue.test_failure = Unavailable("venue.unavailable", "Later.")
    assert desk.gateway.connect(ACCOUNT, CREDENTIAL) == READING
    assert desk.credentials.tests == [None]
    with pytest.raises(Unavailable):
        gateway(desk).rotate(ACCOUNT, CREDENTIAL, confirmed=True)
    assert desk.credentials.uses[-1] == ("rotate", "venue.unavailable")


@pytest.mark.parametrize(
    ("kept", "before", "told", "same"),
    [("7", None, "7", True), (None, "7", "7", True), (None, None, "7", None), ("7", "7", None, None)],
)
def test_whose_key_it_is(
    desk: Desk,
    kept: str | None,
    before: str | None,
    told: str | None,
    same: bool | None,  # noqa: FBT001
) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    desk.credentials.known_owner = owner_digest(ACCOUNT.account_id, kept)
    desk.venue.owner_told_before, desk.venue.owner_told = before, told
    if same is None:
        with pytest.raises(Conflict) as refusal:
            gateway(desk).rotate(ACCOUNT, CREDENTIAL, confirmed=False)
        assert refusal.value.code == "accounts.key_owner_unknown"
    rotation = gateway(desk).rotate(ACCOUNT, CREDENTIAL, confirmed=same is None)
    assert rotation.same_owner is same
    assert desk.credentials.uses[-1] == ("rotate", "ok")


def test_a_key_of_another_account_is_refused_whatever_the_user_says(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    desk.credentials.known_owner = owner_digest(ACCOUNT.account_id, "8")
    with pytest.raises(Conflict) as refusal:
        gateway(desk).rotate(ACCOUNT, CREDENTIAL, confirmed=True)
    assert refusal.value.code == "accounts.key_of_another_account"


def test_all_keys_are_revoked(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    (gone,) = gateway(desk).revoke_all(TENANT, drill=False)
    assert (gone.account_id, gone.destroyed, gone.code) == (ACCOUNT.account_id, True, None)
    assert desk.credentials.kept == {}
    assert gateway(desk).revoke_all(TENANT, drill=False) == ()


def test_a_key_that_can_not_be_destroyed_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)

    def refuse(*_: object) -> bool:
        raise Unavailable("database.unavailable", "No.")

    monkeypatch.setattr(type(desk.credentials), "delete", refuse)
    (kept,) = gateway(desk).revoke_all(TENANT, drill=False)
    assert (kept.destroyed, kept.code) == (False, "database.unavailable")


def test_who_asked_is_told(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    drilled = gateway(desk).revoke_all(TENANT, drill=True)
    assert [key.destroyed for key in drilled] == [False]
    assert desk.credentials.uses[-1] == ("revoke_drill", "ok")

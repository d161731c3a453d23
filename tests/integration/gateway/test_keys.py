"""What keys may do, tried out at every venue; keys in the place of others; all of them destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import quote
from uuid import uuid4

import pytest

from nightdesk.accounts.keys import KeyDrill, RevokeMode, Right, Verdict
from nightdesk.accounts.model import Account, AccountRef, Credential, TenantRef
from nightdesk.adapters.postgres.key_use import PostgresKeyUnits
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import AccountId
from tests.builders.desk_accounts import CORRELATION, DeskAccounts, desk_accounts
from tests.servers import Paper, Postgres, paper_exchange

pytestmark = pytest.mark.integration

VENUES = ["binance", "bitfinex", "coinbase", "htx", "kraken"]
EMPTY = {"kind": "empty", "balances": {"BTC": "1", "USDT": "1000"}}
READING = {"read": True, "trade": False, "withdraw": False}
TRADING = {"read": True, "trade": True, "withdraw": False}


UNHURRIED = {
    "bitfinex": {"requests_permille": 1_000_000},
    "coinbase": {"public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 100_000},
    "htx": {"market_a_second": 10_000, "public_in_3s": 10_000, "private_a_second": 10_000},
    "kraken": {"counter_max": 10_000, "public_max": 10_000},
}


@pytest.fixture(scope="module")
def unhurried_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange of this file's own, whose limits nobody reaches."""
    with paper_exchange(tmp_path_factory.mktemp("keys") / "paper") as paper:
        for venue, limits in UNHURRIED.items():
            paper.admin("POST", "/limits", {"venue": venue, **limits})
        yield paper


@pytest.fixture
def desk(postgres: Postgres, unhurried_paper: Paper, tmp_path: Path) -> Iterator[DeskAccounts]:
    with desk_accounts(postgres, unhurried_paper, tmp_path) as made:
        yield made


def ref(desk: DeskAccounts, account: Account) -> AccountRef:
    return AccountRef(
        tenant_id=desk.tenant_id,
        account_id=account.account_id,
        venue=VenueId(account.venue),
        correlation_id=CORRELATION,
        asker="test",
    )


def quoted(credential: Credential) -> str:
    return quote(credential.key, safe="")


def further_key(desk: DeskAccounts, of: Credential, permissions: dict[str, bool] = TRADING) -> Credential:
    made = desk.paper.admin("POST", f"/accounts/{quoted(of)}/keys", {"permissions": permissions})
    said = cast("dict[str, str]", made)
    return Credential(said["key"], said["secret"])


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(("may", "trading"), [(READING, Verdict.REFUSED), (TRADING, Verdict.ALLOWED)])
def test_what_a_key_may_do_is_tried_out(desk: DeskAccounts, venue: str, may: dict[str, bool], trading: Verdict) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY, may, venue=venue), venue=venue)
    test = desk.gateway.test_key(ref(desk, account))
    verdicts = {probe.right: probe.verdict for probe in test.probes}
    assert verdicts[Right.READ] is Verdict.ALLOWED
    assert verdicts[Right.TRADE] is trading
    assert verdicts[Right.WITHDRAW] is (Verdict.REFUSED if venue in {"kraken", "htx"} else Verdict.UNTOLD)
    assert test.contradicted == ()
    assert test.permissions.may_trade is may["trade"]


def test_trying_a_key_out_changes_nothing(desk: DeskAccounts) -> None:
    for venue in VENUES:
        credential = desk.open_at_venue(EMPTY, venue=venue)
        account = desk.connect(credential, venue=venue)
        before = desk.paper.admin("GET", f"/accounts/{quoted(credential)}")
        desk.gateway.test_key(ref(desk, account))
        assert desk.paper.admin("GET", f"/accounts/{quoted(credential)}") == before
        assert desk.paper.admin("GET", f"/accounts/{quoted(credential)}/orders") == {"orders": [], "fills": []}


@pytest.mark.parametrize("venue", VENUES)
def test_another_key_takes_the_place_of_the_first(desk: DeskAccounts, venue: str) -> None:
    first = desk.open_at_venue(EMPTY, venue=venue)
    account = desk.connect(first, venue=venue)
    here = ref(desk, account)
    held = desk.gateway.balances(here)
    second = further_key(desk, first)
    rotation = desk.gateway.rotate(here, second, confirmed=False)
    assert rotation.same_owner is True
    desk.paper.admin("DELETE", f"/keys/{quoted(first)}")  # the old one is deleted at the venue
    assert desk.gateway.balances(here) == held
    again = desk.gateway.rotate(here, second, confirmed=False)  # an answer was lost: the same once more
    assert again.same_owner is True
    shown = desk.service().get(desk.tenant_id, account.account_id)
    assert (shown.key_hint, shown.state) == (second.key[-4:], "active")
    kept = desk.rows("SELECT rotations, destroyed_at FROM account_keys WHERE account_id = %s", account.account_id)
    assert kept == [(1, None)]
    assert desk.rows("SELECT count(*) FROM credentials WHERE account_id = %s", account.account_id) == [(1,)]


@pytest.mark.parametrize("venue", VENUES)
def test_a_key_of_another_account_is_refused(desk: DeskAccounts, venue: str) -> None:
    first = desk.open_at_venue(EMPTY, venue=venue)
    here = ref(desk, desk.connect(first, venue=venue))
    before = desk.rows("SELECT ciphertext, sealed_at FROM credentials WHERE account_id = %s", here.account_id)
    stranger = desk.open_at_venue(EMPTY, venue=venue)
    with pytest.raises(Conflict) as refusal:
        desk.gateway.rotate(here, stranger, confirmed=True)
    assert refusal.value.code == "accounts.key_of_another_account"
    assert desk.rows("SELECT ciphertext, sealed_at FROM credentials WHERE account_id = %s", here.account_id) == before
    desk.gateway.balances(here)


def test_a_key_that_may_withdraw_takes_no_place(desk: DeskAccounts) -> None:
    first = desk.open_at_venue(EMPTY, venue="kraken")
    here = ref(desk, desk.connect(first, venue="kraken"))
    with pytest.raises(InvalidInput) as refusal:
        desk.gateway.rotate(here, further_key(desk, first, TRADING | {"withdraw": True}), confirmed=True)
    assert refusal.value.code == "accounts.key_may_withdraw"
    desk.gateway.balances(here)


def test_a_key_of_two_accounts_is_refused(desk: DeskAccounts) -> None:
    first, other = desk.open_at_venue(EMPTY), desk.open_at_venue(EMPTY)
    here = ref(desk, desk.connect(first))
    desk.connect(other, "Other")
    desk.rows("UPDATE account_keys SET owner_digest = NULL WHERE tenant_id = %s RETURNING 1", desk.tenant_id)
    desk.paper.admin("DELETE", f"/keys/{quoted(first)}")
    with pytest.raises(Conflict) as unknown:
        desk.gateway.rotate(here, other, confirmed=False)
    assert unknown.value.code == "accounts.key_owner_unknown"
    with pytest.raises(Conflict) as refusal:
        desk.gateway.rotate(here, other, confirmed=True)
    assert refusal.value.code == "accounts.already_connected"
    assert desk.rows("SELECT rotations FROM account_keys WHERE account_id = %s", here.account_id) == [(0,)]


def test_a_disconnected_account_takes_no_key(desk: DeskAccounts) -> None:
    first = desk.open_at_venue(EMPTY)
    account = desk.connect(first)
    desk.service().disconnect(desk.tenant_id, account.account_id, CORRELATION)
    with pytest.raises(NotFound) as refusal:
        desk.gateway.rotate(ref(desk, account), further_key(desk, first), confirmed=True)
    assert refusal.value.code == "accounts.not_found"
    assert desk.rows("SELECT count(*) FROM credentials WHERE tenant_id = %s", desk.tenant_id) == [(0,)]


def test_a_drill_destroys_nothing_and_the_real_thing_everything(desk: DeskAccounts) -> None:
    accounts = [desk.connect(desk.open_at_venue(EMPTY, venue=venue), venue, venue=venue) for venue in VENUES]
    tenant = TenantRef(tenant_id=desk.tenant_id, correlation_id=CORRELATION, asker="test")
    drilled = desk.gateway.revoke_all(tenant, drill=True)
    assert {key.account_id for key in drilled} == {account.account_id for account in accounts}
    assert not any(key.destroyed or key.code for key in drilled)
    desk.gateway.balances(ref(desk, accounts[0]))
    revoked = desk.gateway.revoke_all(tenant, drill=False)
    assert [key.destroyed for key in revoked] == [True] * len(VENUES)
    for table in ("credentials", "credential_versions"):
        assert desk.rows(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", desk.tenant_id) == [(0,)]  # noqa: S608
    for account in accounts:
        with pytest.raises(Conflict):
            desk.gateway.balances(ref(desk, account))
    assert desk.gateway.revoke_all(tenant, drill=False) == ()
    opened = desk.rows(
        "SELECT count(*) FROM credential_uses WHERE tenant_id = %s AND operation = 'decrypt'", desk.tenant_id
    )
    assert opened == [(1,)]  # by asking for balances, not by destroying


def test_uses_of_a_minute_are_one_row(desk: DeskAccounts) -> None:
    here = ref(desk, desk.connect(desk.open_at_venue(EMPTY)))
    for _ in range(5):
        desk.gateway.balances(here)
    query = """
        SELECT asker, outcome, sum(uses)::int, count(*) <= 2 FROM credential_uses
        WHERE account_id = %s AND operation = 'balances' GROUP BY asker, outcome
    """
    assert desk.rows(query, here.account_id) == [("service", "ok", 5, True)]


def test_the_desk_sees_how_a_key_is_kept_and_used(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY, venue="kraken"), venue="kraken")
    desk.gateway.balances(ref(desk, account))
    with PostgresKeyUnits(desk.app)(desk.tenant_id) as store:
        record = store.record(desk.tenant_id, account.account_id)
        uses = store.uses(desk.tenant_id, account.account_id, before=None, limit=10)
        strange = store.record(desk.tenant_id, AccountId(uuid4()))
    assert strange is None
    assert record is not None
    assert record.test is not None
    assert (record.rotations, record.destroyed_at, record.test.owner) == (0, None, None)
    assert [use.operation for use in uses] == ["balances", "decrypt", "connect"]
    last = uses[0]
    with PostgresKeyUnits(desk.app)(desk.tenant_id) as store:
        place = (last.last_at, last.asker, last.operation, last.outcome)
        older = store.uses(desk.tenant_id, account.account_id, before=place, limit=1)
    assert older == uses[1:2]


def test_drills_are_kept(desk: DeskAccounts) -> None:
    def drill(minute: int) -> KeyDrill:
        at = datetime(2026, 11, 1, 12, minute, tzinfo=UTC)
        return KeyDrill(
            drill_id=uuid4(),
            mode=RevokeMode.DRILL,
            actor="user:1",
            started_at=at,
            finished_at=at,
            keys=5,
            destroyed=0,
            halted=False,
            took_ms=12.5,
        )

    drills = [drill(minute) for minute in range(3)]
    with PostgresKeyUnits(desk.app)(desk.tenant_id) as store:
        for each in drills:
            store.add_drill(desk.tenant_id, each)
        assert store.drills(desk.tenant_id, before=None, limit=2) == (drills[2], drills[1])
        assert store.drills(desk.tenant_id, before=drills[1].started_at, limit=2) == (drills[0],)

"""The gateway's function on a real database, a real key file, and ccxt at the paper exchange."""

from __future__ import annotations

import stat
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.exchange_gateway.dispatch import answer
from nightdesk.accounts.custody import SealedCredential
from nightdesk.accounts.model import AccountRef, AccountState, Credential, KnownHistory
from nightdesk.adapters.postgres.credentials import PostgresCredentialUnits
from nightdesk.adapters.vault.key_file import FileKeyWrapper
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError
from nightdesk.kernel.ids import AccountId, TenantId
from tests.builders.desk_accounts import CORRELATION, READING, DeskAccounts

pytestmark = pytest.mark.integration

EMPTY = {"kind": "empty", "balances": {"USDT": "1000"}}


def ref(desk: DeskAccounts, account_id: AccountId | None = None) -> AccountRef:
    return AccountRef(
        tenant_id=desk.tenant_id,
        account_id=account_id or AccountId(uuid4()),
        venue=VenueId("binance"),
        correlation_id=CORRELATION,
    )


def uses(desk: DeskAccounts) -> list[tuple[Any, ...]]:
    query = "SELECT operation, outcome FROM credential_uses WHERE tenant_id = %s ORDER BY first_at"
    return desk.rows(query, desk.tenant_id)


def test_good_key_is_sealed(desk: DeskAccounts) -> None:
    credential = desk.open_at_venue(EMPTY)
    account = desk.connect(credential)
    assert account.state is AccountState.ACTIVE
    assert account.permissions is not None
    assert (account.permissions.may_read, account.permissions.may_withdraw) == (True, False)
    ((ciphertext, source),) = desk.rows(
        "SELECT ciphertext, key_source FROM credentials WHERE account_id = %s", account.account_id
    )
    assert credential.secret.encode() not in ciphertext
    assert source.startswith("file:")
    assert stat.S_IMODE(desk.key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        (READING | {"withdraw": True}, "accounts.key_may_withdraw"),
        # The venue has one answer for an unknown key and for one that may not even read.
        (READING | {"read": False}, "accounts.key_wrong"),
    ],
)
def test_key_that_may_the_wrong_things(desk: DeskAccounts, permissions: dict[str, bool], code: str) -> None:
    credential = desk.open_at_venue(EMPTY, permissions)
    with pytest.raises(InvalidInput) as error:
        desk.connect(credential)
    assert error.value.code == code
    assert desk.service().list(desk.tenant_id) == ()
    assert desk.rows("SELECT * FROM credentials WHERE tenant_id = %s", desk.tenant_id) == []
    assert uses(desk) == [("connect", code)]


@pytest.mark.parametrize("wrong", ["secret", "key", "short"])
def test_wrong_key_or_secret(desk: DeskAccounts, wrong: str) -> None:
    good = desk.open_at_venue(EMPTY)
    bad = {
        "secret": Credential(good.key, "x" * 64),
        "key": Credential("x" * 64, good.secret),
        "short": Credential("not-a-key", "not-a-secret"),
    }[wrong]
    with pytest.raises(InvalidInput) as error:
        desk.connect(bad)
    assert error.value.code == "accounts.key_wrong"
    assert desk.rows("SELECT * FROM credentials WHERE tenant_id = %s", desk.tenant_id) == []


@pytest.mark.parametrize(
    "event",
    [
        {"operation": "create_order"},
        {"operation": "withdraw"},
        {"operation": "reveal"},
        {"operation": "__init__"},
        {"operation": None},
        {"operation": ["connect"]},
        {},
        [],
        None,
        "connect",
    ],
)
def test_operations_that_are_not_offered(desk: DeskAccounts, event: object) -> None:
    refusal = answer(desk.custody, event)
    assert refusal["ok"] is False
    assert (refusal["error"]["code"], refusal["error"]["kind"]) == ("gateway.operation_refused", "forbidden")


def test_malformed_request_shows_nothing_of_itself(desk: DeskAccounts) -> None:
    secret = "plainly-visible-secret"
    refusal = answer(desk.custody, {"operation": "connect", "key": 1, "secret": secret, "tenant_id": "no"})
    assert refusal["error"]["code"] == "gateway.request_malformed"
    assert secret not in str(refusal)


def test_no_answer_holds_a_credential(desk: DeskAccounts) -> None:
    credential = desk.open_at_venue(EMPTY)
    account = desk.connect(credential)
    here = desk.invoked()
    event = {
        "tenant_id": str(desk.tenant_id),
        "account_id": str(account.account_id),
        "venue": "binance",
        "correlation_id": CORRELATION,
    }
    for more in (
        {"operation": "balances"},
        {"operation": "streams"},
        {"operation": "history_page", "stream": "deposits", "cursor": {}},
        {"operation": "history_page", "stream": "trades:BTC/USDT", "cursor": {}},
    ):
        told = desk_answer = here._function(event | more)
        assert told["ok"], desk_answer
        assert credential.secret not in str(told)
        assert credential.key not in str(told)


def test_disconnecting_forgets_the_key(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY))
    desk.gateway.balances(ref(desk, account.account_id))
    desk.service().disconnect(desk.tenant_id, account.account_id, CORRELATION)
    assert desk.rows("SELECT * FROM credentials WHERE tenant_id = %s", desk.tenant_id) == []
    with pytest.raises(Conflict) as error:
        desk.gateway.balances(ref(desk, account.account_id))
    assert error.value.code == "accounts.not_connected"


def test_another_tenant_cannot_use_an_account(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY))
    stranger = AccountRef(
        tenant_id=TenantId(uuid4()),
        account_id=account.account_id,
        venue=account.venue,
        correlation_id=CORRELATION,
    )
    with pytest.raises(Conflict) as error:
        desk.gateway.balances(stranger)
    assert error.value.code == "accounts.not_connected"


def test_key_sealed_before_addresses_counted_is_asked_about_once(desk: DeskAccounts) -> None:
    credential = desk.open_at_venue(EMPTY)
    here = ref(desk, desk.connect(credential).account_id)
    vault = EnvelopeVault(FileKeyWrapper(desk.key_file))

    def kept() -> SealedCredential:
        with PostgresCredentialUnits(desk.vault_database)(desk.tenant_id) as store:
            found = store.get(desk.tenant_id, here.account_id)
        assert found is not None
        return found

    old = vault.seal(here, credential, kept().sealed_at)
    with PostgresCredentialUnits(desk.vault_database)(desk.tenant_id) as store:
        store.put(desk.tenant_id, here.account_id, old)
    desk.sessions.forget(here)

    desk.gateway.balances(here)
    learned = kept()
    assert (vault.open(here, learned).ip_bound, learned.sealed_at) == (False, old.sealed_at)
    desk.sessions.forget(here)
    desk.gateway.balances(here)
    assert kept() == learned
    with PostgresCredentialUnits(desk.vault_database)(desk.tenant_id) as store:
        store.replace(desk.tenant_id, here.account_id, old, old)
    assert kept() == learned  # what was learned of a key that is gone is not kept


def test_row_moved_to_another_account_does_not_open(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY))
    moved = AccountId(uuid4())
    with psycopg.connect(desk.postgres.url("superuser")) as connection:
        connection.execute("UPDATE credentials SET account_id = %s WHERE account_id = %s", (moved, account.account_id))
    with pytest.raises(NightdeskError) as error:
        desk.gateway.balances(ref(desk, moved))
    assert error.value.code == "vault.tampered"


@pytest.mark.parametrize("role", ["app", "outbox"])
def test_other_roles_cannot_read_credentials(desk: DeskAccounts, role: str) -> None:
    with psycopg.connect(desk.postgres.url(role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM credentials")


def test_every_use_leaves_a_row(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue(EMPTY))
    here = ref(desk, account.account_id)
    desk.gateway.balances(here)
    desk.gateway.streams(here, KnownHistory())
    with pytest.raises(NightdeskError):
        desk.gateway.history_page(here, "orders", {})
    assert uses(desk) == [
        ("connect", "ok"),
        ("decrypt", "ok"),
        ("balances", "ok"),
        ("streams", "ok"),
        ("history_page", "import.stream_unknown"),
    ]


def test_unknown_venue(desk: DeskAccounts) -> None:
    with pytest.raises(InvalidInput) as error:
        desk.gateway.tickers(VenueId("atlantis"), CORRELATION)
    assert error.value.code == "accounts.venue_unknown"


def test_prices_need_no_credential(desk: DeskAccounts) -> None:
    prices = desk.gateway.tickers(VenueId("binance"), CORRELATION)
    assert "BTC/USDT" in {price.instrument.symbol for price in prices}
    assert all(price.last > 0 for price in prices)
    assert uses(desk) == []

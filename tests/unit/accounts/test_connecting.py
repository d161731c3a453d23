from __future__ import annotations

from datetime import timedelta

import pytest

from nightdesk.accounts.model import Account, AccountState, Credential, ImportJob, ImportState
from nightdesk.accounts.service import AccountsService
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError, NotFound, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from tests.builders.ledger import new_tenant
from tests.fakes.accounts import FakeAccountsUnits, FakeImportQueue, FakeRefreshQueue, FakeVenueGateway
from tests.fakes.clock import CountedIds, FakeClock

CORRELATION = CorrelationId("correlation-1")
GOOD = Credential("k" * 60 + "last", "s" * 64)


class Desk:
    def __init__(self) -> None:
        self.units, self.gateway, self.clock = FakeAccountsUnits(), FakeVenueGateway(), FakeClock()
        self.imports: FakeImportQueue = FakeImportQueue()
        self.refreshes, self.tenant = FakeRefreshQueue(), new_tenant()

    @property
    def service(self) -> AccountsService:
        return AccountsService(
            units=self.units,
            gateway=self.gateway,
            imports=self.imports,
            refreshes=self.refreshes,
            clock=self.clock,
            new_id=CountedIds(len(self.units.accounts.accounts) * 10 + 1),
        )

    def connect(self, credential: Credential = GOOD, *, venue: str = "binance", label: str = " Main ") -> Account:
        return self.service.connect(
            self.tenant, venue=venue, credential=credential, label=label, correlation_id=CORRELATION
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_connected_account_is_active_and_its_import_queued(desk: Desk) -> None:
    account = desk.connect()
    assert (account.state, account.label, account.key_hint) == (AccountState.ACTIVE, "Main", "last")
    progress = desk.service.import_progress(desk.tenant, account.account_id)
    assert progress is not None
    assert progress.state is ImportState.QUEUED
    assert [job.import_id for job in desk.imports.imports] == [progress.import_id]
    assert [event.name for _, event in desk.units.outbox.events] == ["account.connected.v1"]


@pytest.mark.parametrize(
    "refusal",
    [
        InvalidInput("accounts.key_wrong", "No."),
        InvalidInput("accounts.key_may_withdraw", "No."),
        Unavailable("venue.unavailable", "Down."),
    ],
)
def test_refused_key_leaves_nothing(desk: Desk, refusal: NightdeskError) -> None:
    desk.gateway.refusal = refusal
    with pytest.raises(NightdeskError) as error:
        desk.connect()
    assert error.value is refusal
    assert desk.service.list(desk.tenant) == ()
    assert not desk.imports.imports


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"venue": "atlantis"}, "accounts.venue_unknown"),
        ({"label": "  "}, "accounts.label_malformed"),
        ({"label": "x" * 81}, "accounts.label_malformed"),
        ({"credential": Credential("", "s")}, "accounts.credential_malformed"),
        ({"credential": Credential("k", "x" * 5000)}, "accounts.credential_malformed"),
        ({"credential": Credential("k\n", "s")}, "accounts.credential_malformed"),
        ({"credential": Credential("k", "\n\r\n")}, "accounts.credential_malformed"),
        ({"credential": Credential("k", "s\x00")}, "accounts.credential_malformed"),
    ],
)
def test_malformed_input_never_reaches_the_gateway(desk: Desk, change: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        desk.connect(**change)  # type: ignore[arg-type]
    assert error.value.code == code
    assert desk.gateway.connects == 0


def test_a_secret_may_have_several_lines(desk: Desk) -> None:
    desk.connect(credential=Credential("k", "-----BEGIN-----\r\nMHc\n-----END-----\n"))
    assert desk.gateway.connects == 1


def test_same_key_twice(desk: Desk) -> None:
    desk.connect()
    with pytest.raises(Conflict) as error:
        desk.connect()
    assert error.value.code == "accounts.already_connected"
    assert len(desk.service.list(desk.tenant)) == 1


def test_check_that_was_never_finished_does_not_block(desk: Desk) -> None:
    class Dies(FakeVenueGateway):
        def connect(self, *_: object) -> None:  # type: ignore[override]
            raise KeyboardInterrupt

    desk.gateway = Dies()
    with pytest.raises(KeyboardInterrupt):
        desk.connect()
    desk.gateway = FakeVenueGateway()
    with pytest.raises(Conflict):
        desk.connect()
    desk.clock.advance(timedelta(minutes=3).total_seconds())
    assert desk.connect().state is AccountState.ACTIVE


def test_queue_that_is_down_leaves_the_import_to_the_sweeper(desk: Desk) -> None:
    class Down(FakeImportQueue):
        def send(self, job: ImportJob, delay_s: int = 0) -> None:
            raise Unavailable("queue.unavailable", f"{job.import_id} {delay_s}")

    desk.imports = Down()
    account = desk.connect()
    progress = desk.service.import_progress(desk.tenant, account.account_id)
    assert progress is not None
    assert progress.state is ImportState.QUEUED


def test_disconnected_account_is_gone_with_its_key(desk: Desk) -> None:
    account = desk.connect()
    desk.service.disconnect(desk.tenant, account.account_id, CORRELATION)
    assert desk.gateway.held == {}
    assert desk.service.list(desk.tenant) == ()
    with pytest.raises(NotFound):
        desk.service.get(desk.tenant, account.account_id)
    assert [progress.state for progress in desk.units.imports.imports.values()] == [ImportState.FAILED]
    assert desk.connect().state is AccountState.ACTIVE


def test_open_import_is_not_queued_twice(desk: Desk) -> None:
    account = desk.connect()
    first = desk.service.import_progress(desk.tenant, account.account_id)
    again = desk.service.start_import(desk.tenant, account.account_id, CORRELATION)
    assert first == again


def test_another_tenants_account_is_not_found(desk: Desk) -> None:
    account = desk.connect()
    stranger = new_tenant()
    for call in (desk.service.get, desk.service.import_progress):
        with pytest.raises(NotFound):
            call(stranger, account.account_id)
    with pytest.raises(NotFound):
        desk.service.disconnect(stranger, account.account_id, CORRELATION)


def test_refresh_of_all(desk: Desk) -> None:
    accounts = [desk.connect(Credential(f"key-number-{number}", "secret")) for number in range(3)]
    assert desk.service.request_refresh_of_all(desk.tenant, CORRELATION) == 3
    assert [job.account_id for job in desk.refreshes.jobs] == [account.account_id for account in accounts]


def test_refresh_of_an_unknown_account(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.service.request_refresh(TenantId(desk.tenant), AccountId(CountedIds(7)()), CORRELATION)


def test_credential_hides_in_every_text() -> None:
    for text in (repr(GOOD), str(GOOD), f"{GOOD}"):
        assert GOOD.key not in text
        assert GOOD.secret not in text

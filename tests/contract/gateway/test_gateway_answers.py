"""`VenueGateway` is the same thing inside the gateway's function and before it, through JSON."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.exchange_gateway.dispatch import answer
from nightdesk.accounts.custody import CustodyService, KeptKey, SealedCredential, VenueSession
from nightdesk.accounts.keys import KeyTest, Probe, Right, Verdict
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    Skip,
    StreamStart,
)
from nightdesk.accounts.ports import VenueGateway
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.contracts import gateway_forms as forms
from nightdesk.contracts.gateway import GatewayFailure
from nightdesk.kernel import errors
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.model import Price
from tests.builders.ledger import movement, trade
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.invocation import gateway_of

CORRELATION = CorrelationId("correlation-1")
ACCOUNT = AccountRef(
    tenant_id=TenantId(uuid4()), account_id=AccountId(uuid4()), venue=VenueId("binance"), correlation_id=CORRELATION
)
CREDENTIAL = Credential("k" * 64, "s" * 64)
READING = KeyPermissions(may_read=True, may_trade=True, may_withdraw=False, ip_bound=True, checked_at=NOON)
PAGE = HistoryPage(
    facts=(
        trade(1, "0.000000000000000001", "-12345678901234567890.5", ("BNB", "-0.00004683")),
        movement(2, "BTC", "0.5"),
    ),
    skips=(Skip(identity="trade:?:1", reason="import.instrument_unknown", payload={"id": 1, "deep": {"a": [None]}}),),
    cursor={"from_id": 70219822, "held_ms": None, "text": "x"},
    finished=False,
    done_ratio=0.25,
)
PRICE = Price(
    instrument=Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT")), last=Decimal("50000.01"), at=NOON
)


@dataclass(slots=True)
class FakeVenue:
    """Sessions at a venue that answers what it was told to."""

    permissions_of_key: KeyPermissions = READING
    failure: NightdeskError | None = None
    opened: int = 0
    test_failure: NightdeskError | None = None
    withdrawing: Verdict = Verdict.REFUSED
    owner_told: str | None = "7"
    owner_told_before: str | None = "7"

    @contextmanager
    def try_out(self, venue: VenueId, credential: Credential) -> Iterator[VenueSession]:
        assert (venue, credential) == (ACCOUNT.venue, CREDENTIAL)
        yield cast("VenueSession", self)

    def session(self, account: AccountRef, sealed_at: datetime, credential: Callable[[], Credential]) -> VenueSession:
        assert (account, sealed_at, credential()) == (ACCOUNT, NOON, replace(CREDENTIAL, ip_bound=True))
        self.opened += 1
        return cast("VenueSession", self)

    def forget(self, account: AccountRef) -> None:
        assert account == ACCOUNT

    def permissions(self) -> KeyPermissions:
        return self.permissions_of_key

    def test_key(self, permissions: KeyPermissions) -> KeyTest:
        if self.test_failure:
            raise self.test_failure
        return KeyTest(
            permissions=permissions,
            probes=(Probe(right=Right.WITHDRAW, verdict=self.withdrawing, asked="GET /withdrawals"),),
            addresses=("192.0.2.7",),
            owner=self.owner_told,
            tested_at=NOON,
        )

    def owner(self) -> str | None:
        return self.owner_told_before

    def balances(self) -> tuple[ReportedBalance, ...]:
        self._maybe_fail()
        return (ReportedBalance(asset=AssetId("BTC"), free=Decimal("0.1"), locked=Decimal("2E-18")),)

    def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        self._maybe_fail()
        names = [f"{asset}" for asset in sorted(known.assets)] + sorted(known.streams) + [f"{known.earliest_at}"]
        return tuple(StreamStart(stream=name, cursor={"n": 1}) for name in names)

    def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        self._maybe_fail()
        assert (stream, cursor) == ("trades:BTC/USDT", {"from_id": 3})
        return PAGE

    def tickers(self, venue: VenueId) -> tuple[Price, ...]:
        assert venue == ACCOUNT.venue
        return (PRICE,)

    def _maybe_fail(self) -> None:
        if self.failure:
            raise self.failure


@dataclass(slots=True)
class FakeVault:
    """Seals nothing: what matters here is the way."""

    def seal(self, account: AccountRef, credential: Credential, sealed_at: datetime) -> SealedCredential:
        assert (account, credential) == (ACCOUNT, replace(CREDENTIAL, ip_bound=True))
        return SealedCredential(wrapped_key=b"w", key_source="fake", nonce=b"n", ciphertext=b"c", sealed_at=sealed_at)

    def open(self, account: AccountRef, sealed: SealedCredential) -> Credential:
        assert (account, sealed.ciphertext) == (ACCOUNT, b"c")
        return replace(CREDENTIAL, ip_bound=True)


@dataclass(slots=True)
class FakeCredentials:
    """One tenant's credentials and uses."""

    kept: dict[AccountId, SealedCredential] = field(default_factory=dict)
    uses: list[tuple[str, str]] = field(default_factory=list)
    tests: list[KeyTest | None] = field(default_factory=list)
    known_owner: bytes | None = None

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FakeCredentials]:
        assert tenant_id == ACCOUNT.tenant_id
        return nullcontext(self)

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential | None:  # noqa: ARG002
        return self.kept.get(account_id)

    def put(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        sealed: SealedCredential,
        test: KeyTest | None = None,
    ) -> None:
        self.kept[account_id] = sealed
        self.tests.append(test)

    def swap(self, account: AccountRef, sealed: SealedCredential, key: str, test: KeyTest) -> None:
        assert key == CREDENTIAL.key
        self.put(account.tenant_id, account.account_id, sealed, test)

    def owner(self, tenant_id: TenantId, account_id: AccountId) -> bytes | None:  # noqa: ARG002
        return self.known_owner

    def note_test(self, account: AccountRef, test: KeyTest) -> None:
        assert account == ACCOUNT
        self.tests.append(test)

    def keys(self, tenant_id: TenantId) -> tuple[KeptKey, ...]:  # noqa: ARG002
        return tuple(KeptKey(account_id, ACCOUNT.venue) for account_id in self.kept)

    def replace(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        sealed: SealedCredential,
        by: SealedCredential,
    ) -> None:
        if self.kept.get(account_id) == sealed:
            self.kept[account_id] = by

    def delete(self, tenant_id: TenantId, account_id: AccountId, destroyed_at: datetime) -> bool:  # noqa: ARG002
        return self.kept.pop(account_id, None) is not None

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:  # noqa: ARG002
        self.uses.append((operation, outcome))


@dataclass(slots=True)
class Desk:
    venue: FakeVenue
    credentials: FakeCredentials
    gateway: VenueGateway


@pytest.fixture(params=["inside", "through JSON"])
def desk(request: pytest.FixtureRequest) -> Desk:
    venue, credentials = FakeVenue(), FakeCredentials()
    custody = CustodyService(units=credentials, vault=FakeVault(), sessions=cast("Any", venue), clock=FakeClock())
    gateway = custody if request.param == "inside" else gateway_of(lambda event: answer(custody, event))
    return Desk(venue, credentials, gateway)


def test_connecting_keeps_the_credential(desk: Desk) -> None:
    assert desk.gateway.connect(ACCOUNT, CREDENTIAL) == READING
    assert list(desk.credentials.kept) == [ACCOUNT.account_id]
    assert desk.credentials.uses == [("connect", "ok")]


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        ({"may_withdraw": True}, "accounts.key_may_withdraw"),
        ({"may_read": False}, "accounts.key_cannot_read"),
    ],
)
def test_refused_key_is_not_kept(desk: Desk, permissions: dict[str, bool], code: str) -> None:
    rights = {"may_read": True, "may_trade": True, "may_withdraw": False, "ip_bound": False} | permissions
    desk.venue.permissions_of_key = KeyPermissions(**rights, checked_at=NOON)
    with pytest.raises(InvalidInput) as error:
        desk.gateway.connect(ACCOUNT, CREDENTIAL)
    assert error.value.code == code
    assert desk.credentials.kept == {}
    assert desk.credentials.uses == [("connect", code)]


def test_page_comes_through_digit_for_digit(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    assert desk.gateway.history_page(ACCOUNT, "trades:BTC/USDT", {"from_id": 3}) == PAGE


def test_balances_and_prices(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    (balance,) = desk.gateway.balances(ACCOUNT)
    assert balance.locked == Decimal("0.000000000000000002")
    assert desk.gateway.tickers(ACCOUNT.venue, CORRELATION) == (PRICE,)


def test_streams_depend_on_what_is_known(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    known = KnownHistory(assets=frozenset({AssetId("BTC")}), streams=frozenset({"deposits"}), earliest_at=NOON)
    assert [start.stream for start in desk.gateway.streams(ACCOUNT, known)] == ["BTC", "deposits", str(NOON)]


def test_account_without_a_key(desk: Desk) -> None:
    with pytest.raises(NightdeskError) as error:
        desk.gateway.balances(ACCOUNT)
    assert error.value.code == "accounts.not_connected"
    desk.gateway.disconnect(ACCOUNT)


@pytest.mark.parametrize(
    "failure",
    [
        errors.RateLimited("venue.banned", "Wait.", retry_after_s=120),
        errors.Unavailable("venue.unavailable", "Down."),
        errors.InvalidInput("accounts.key_wrong", "No."),
        errors.Conflict("venue.request_refused", "No."),
        errors.NotFound("import.stream_unknown", "No."),
        errors.Broken("vault.tampered", "No."),
    ],
)
def test_errors_keep_what_a_caller_needs(desk: Desk, failure: NightdeskError) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    desk.venue.failure = failure
    with pytest.raises(type(failure)) as error:
        desk.gateway.balances(ACCOUNT)
    told = error.value
    assert (told.code, told.message, told.retry_after_s) == (failure.code, failure.message, failure.retry_after_s)
    assert desk.credentials.uses[-1] == ("balances", failure.code)


def test_error_of_a_kind_nobody_knows_is_broken() -> None:
    failure = GatewayFailure(code="x.y", kind="surprise", message="No.")
    assert isinstance(forms.error_of(failure), errors.Broken)


class Client:
    """A Lambda client that answers as scripted."""

    def __init__(self, answer_: dict[str, Any] | Exception) -> None:
        self._answer = answer_

    def invoke(self, **_: object) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    "told",
    [
        EndpointConnectionError(endpoint_url="http://localhost"),
        {"Payload": io.BytesIO(b'{"errorMessage": "boom"}'), "FunctionError": "Unhandled"},
        {"Payload": io.BytesIO(b"not json")},
        {"Payload": io.BytesIO(b'{"ok": false}')},
        {"Payload": io.BytesIO(b"[]")},
    ],
)
def test_function_that_does_not_answer_properly(told: dict[str, Any] | Exception) -> None:
    gateway = LambdaVenueGateway(Client(told), "gateway")  # type: ignore[arg-type]
    with pytest.raises(Unavailable) as error:
        gateway.connect(ACCOUNT, CREDENTIAL)
    assert error.value.code == "gateway.unavailable"
    assert error.value.__cause__ is None
    assert CREDENTIAL.secret not in repr(error.value)


def test_credential_is_opened_by_the_sealing(desk: Desk) -> None:
    desk.gateway.connect(ACCOUNT, CREDENTIAL)
    for _ in range(3):
        desk.gateway.balances(ACCOUNT)
    assert desk.venue.opened == 3
    assert desk.credentials.kept[ACCOUNT.account_id].sealed_at + timedelta(0) == NOON

"""A venue and books in memory for the account streamer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from nightdesk.accounts.custody import SealedCredential
from nightdesk.accounts.model import (
    Account,
    AccountRef,
    AccountState,
    Credential,
    Cursor,
    HistoryPage,
    KnownHistory,
    ReportedBalance,
    StreamPosition,
    StreamStart,
)
from nightdesk.accounts.streaming_books import StreamBooks
from nightdesk.accounts.streaming_ports import StreamListener, StreamUnit
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.chain import link
from nightdesk.ledger.model import Appended, Entry, Fact, Head
from nightdesk.markets.orders import VenueOrder
from tests.fakes.accounts import FakeAccountStore, FakeImportStore, FakeOutbox
from tests.fakes.clock import NOON, FakeClock

TENANT, ACCOUNT = TenantId(UUID(int=1)), AccountId(UUID(int=2))
BINANCE = VenueId("binance")
REF = AccountRef(
    tenant_id=TENANT, account_id=ACCOUNT, venue=BINANCE, correlation_id=CorrelationId("correlation-stream")
)


@dataclass(slots=True)
class FakeRecorder:
    """A ledger that takes each identity once; the errors strike one call each, the poison always."""

    entries: list[Entry] = field(default_factory=list)
    errors: list[NightdeskError] = field(default_factory=list)
    poison: dict[str, NightdeskError] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    settled: int = 0

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Appended:
        if self.errors:
            raise self.errors.pop(0)
        for fact in facts:
            if fact.identity in self.poison:
                raise self.poison[fact.identity]
        self.batches.append(len(facts))
        known = set(self.identities)
        fresh = list({fact.identity: fact for fact in facts if fact.identity not in known}.values())
        head = Head(self.entries[-1].sequence, self.entries[-1].hash) if self.entries else Head()
        entries = link(
            head,
            fresh,
            tenant_id=account.tenant_id,
            account_id=account.account_id,
            recorded_at=recorded_at,
            correlation_id=account.correlation_id,
        )
        added = tuple(entries)
        self.entries += added
        return Appended(entries=added, duplicates=())

    def settle(self, account: AccountRef, now: datetime) -> None:  # noqa: ARG002
        self.settled += 1

    def quantities(self, account: AccountRef) -> Mapping[AssetId, Decimal]:  # noqa: ARG002
        held: dict[AssetId, Decimal] = {}
        for entry in self.entries:
            for leg in entry.fact.legs:
                held[leg.asset] = held.get(leg.asset, Decimal(0)) + leg.amount
        return held

    def traded(self, account: AccountRef) -> frozenset[str]:  # noqa: ARG002
        return frozenset(entry.fact.instrument.symbol for entry in self.entries if entry.fact.instrument)

    def earliest_at(self, account: AccountRef) -> datetime | None:  # noqa: ARG002
        return min((entry.fact.occurred_at for entry in self.entries), default=None)

    @property
    def identities(self) -> list[str]:
        return [entry.fact.identity for entry in self.entries]


@dataclass(slots=True)
class FakeReported:
    """What was reported last of each asset."""

    balances: dict[AssetId, ReportedBalance] = field(default_factory=dict)

    def merge(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,  # noqa: ARG002
        balances: Sequence[ReportedBalance],
        reported_at: datetime,  # noqa: ARG002
    ) -> None:
        self.balances |= {balance.asset: balance for balance in balances}

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        self.balances.clear()
        self.merge(tenant_id, account_id, balances, reported_at)


@dataclass(slots=True)
class FakeNews:
    """What was told."""

    told: list[Entry] = field(default_factory=list)

    def publish(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        assert (tenant_id, account_id) == (TENANT, ACCOUNT)
        self.told += entries


@dataclass(slots=True)
class FakeVault:
    """Opens every credential, unless an error is set; keeps its uses."""

    error: NightdeskError | None = None
    uses: list[str] = field(default_factory=list)
    sealed: SealedCredential | None = field(
        default_factory=lambda: SealedCredential(
            wrapped_key=b"", key_source="test", nonce=b"", ciphertext=b"", sealed_at=NOON
        )
    )

    @contextmanager
    def units(self, tenant_id: TenantId) -> Iterator[FakeVault]:
        assert tenant_id == TENANT
        yield self

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential | None:  # noqa: ARG002
        return self.sealed

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:  # noqa: ARG002
        self.uses.append(f"{operation}:{outcome}")

    def seal(self, account: AccountRef, credential: Credential, sealed_at: datetime) -> SealedCredential:
        raise NotImplementedError

    def open(self, account: AccountRef, sealed: SealedCredential) -> Credential:  # noqa: ARG002
        if self.error:
            raise self.error
        return Credential("key", "secret")


@dataclass(slots=True)
class FakeStreamedOrders:
    """What was told of orders."""

    heard: list[VenueOrder] = field(default_factory=list)

    def hear(self, account: AccountRef, told: Sequence[VenueOrder], now: datetime) -> None:  # noqa: ARG002
        self.heard += told


class Books:
    """Books of one active account."""

    def __init__(self) -> None:
        self.clock, self.recorder, self.reported, self.news = FakeClock(), FakeRecorder(), FakeReported(), FakeNews()
        self.imports = FakeImportStore()
        self.orders = FakeStreamedOrders()
        self.unit = StreamUnit(
            FakeAccountStore(), self.imports, FakeOutbox(), self.reported, self.recorder, self.orders
        )
        self.unit.accounts.add(
            Account(
                tenant_id=TENANT,
                account_id=ACCOUNT,
                venue=BINANCE,
                label="Main",
                state=AccountState.ACTIVE,
                created_at=NOON,
            ),
            b"fingerprint",
        )
        self.books = StreamBooks(self.units, self.news, self.clock)

    @contextmanager
    def units(self, tenant_id: TenantId) -> Iterator[StreamUnit]:
        assert tenant_id == TENANT
        yield self.unit

    @property
    def state(self) -> tuple[AccountState, str | None]:
        account = self.unit.accounts.get(TENANT, ACCOUNT)
        assert account
        return account.state, account.state_code

    def read(self, *streams: str) -> None:
        """These streams of history were begun by an import."""
        for rank, stream in enumerate(streams):
            self.imports.put_position(TENANT, ACCOUNT, StreamPosition(stream=stream, rank=rank), NOON)


@dataclass(slots=True)
class FakeStream:
    """An account at a venue; a connection that lives until `broken` is set."""

    held: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Fact]] = field(default_factory=dict)
    errors: list[NightdeskError] = field(default_factory=list)
    refusal: NightdeskError | None = None
    broken: NightdeskError | None = None
    asked: list[str] = field(default_factory=list)
    listener: StreamListener | None = None
    opened: int = 0
    closed: int = 0

    def stream(self, account: AccountRef, credential: Credential) -> FakeStream:
        assert (account.account_id, credential) == (ACCOUNT, Credential("key", "secret"))
        return self

    async def open(self, listener: StreamListener) -> None:
        self.opened += 1
        if self.refusal:
            raise self.refusal
        self.listener = listener

    async def run(self) -> None:
        while self.broken is None:  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.001)
        error, self.broken = self.broken, None
        raise error

    async def balances(self) -> tuple[ReportedBalance, ...]:
        return tuple(
            ReportedBalance(asset=AssetId(asset), free=Decimal(amount), locked=Decimal(0))
            for asset, amount in self.held.items()
        )

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG002
        return tuple(StreamStart(stream=stream) for stream in self.history)

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """Pages of two."""
        if self.errors:
            raise self.errors.pop(0)
        if stream not in self.history:
            raise NotFound("import.stream_unknown", "There is no such stream.")
        self.asked.append(stream)
        first = int(cursor.get("first") or 0)
        facts = tuple(self.history[stream][first : first + 2])
        finished = first + 2 >= len(self.history[stream])
        return HistoryPage(
            facts=facts, skips=(), cursor={"first": first + len(facts)}, finished=finished, done_ratio=1.0
        )

    def instrument_of(self, stream: str) -> Instrument | None:
        base, _, quote = stream.removeprefix("trades:").partition("/")
        return Instrument(BINANCE, AssetId(base), AssetId(quote)) if quote else None

    def is_movements(self, stream: str) -> bool:
        return stream in {"deposits", "withdrawals"}

    async def close(self) -> None:
        self.closed += 1

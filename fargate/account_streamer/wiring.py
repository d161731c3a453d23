"""Puts the account streamer together from the settings."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import uuid4

import boto3

from fargate.account_streamer.follower import Parts
from fargate.account_streamer.service import AccountStreamer
from nightdesk.accounts.files.claims import unclaimed_facts
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.streaming_books import StreamBooks, StreamKeys
from nightdesk.accounts.streaming_ports import StreamUnit
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.exchange.account_stream import CcxtAccountStreams
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.postgres.account_streams import (
    PostgresAccountHistory,
    PostgresReportedBalances,
    PostgresStreamedAccounts,
)
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.credentials import PostgresCredentialUnits
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.file_events import PostgresKnownEvents
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.orders import PostgresOrders
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.ledger_news import ValkeyLedgerNews
from nightdesk.adapters.redis.listener import ValkeyListener
from nightdesk.adapters.redis.order_news import ValkeyOrderNews
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.model import Appended, Fact
from nightdesk.markets.orders import VenueOrder
from nightdesk.orders.bookkeeping import OrderBook
from nightdesk.orders.model import Order
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring_keys import key_wrapper
from nightdesk.wiring_venues import shared_budget, shared_turns

CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    streamer: AccountStreamer
    streams: CcxtAccountStreams
    meter: Meter


@functools.cache
def wire() -> Wired:
    """The process's parts, made once."""
    known, clock, meter = settings(), SystemClock(), Meter("account_streamer")
    custody = Database(_custody_conninfo(known), max_size=2)
    valkey_url = known.require("valkey_url")
    streams = CcxtAccountStreams(
        Route.parse(known.venues_route),
        clock,
        stale_after_s=known.account_streams_stale_after_s,
        balance=shared_budget(known, meter),
        turns=shared_turns(known),
    )
    parts = Parts(
        streams=streams,
        books=StreamBooks(
            PostgresStreamUnits(Database(_conninfo(known), max_size=CONNECTIONS), ValkeyOrderNews(valkey(valkey_url))),
            ValkeyLedgerNews(valkey(valkey_url)),
            clock,
        ),
        keys=StreamKeys(
            PostgresCredentialUnits(custody), EnvelopeVault(key_wrapper(known.require("vault_key"))), clock
        ),
        clock=clock,
        reconcile_every_s=known.account_streams_reconcile_every_s,
    )
    streamer = AccountStreamer(
        PostgresStreamedAccounts(custody),
        parts,
        ValkeyListener(valkey_url),
        new_id=uuid4,
        accounts_max=known.account_streams_max,
    )
    return Wired(known, streamer, streams, meter)


class PostgresStreamUnits:
    """Opens transactions that hold what a stream told whole: entries, holdings, balances, cursor, events."""

    def __init__(self, database: Database, news: ValkeyOrderNews) -> None:
        self._database = database
        self._news = news

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[StreamUnit]:
        """A transaction of the tenant; after it the news of orders is told."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            orders = HeardOrders(OrderBook(PostgresOrders(connection), PostgresOutbox(connection)))
            yield StreamUnit(
                PostgresAccountStore(connection),
                PostgresImportStore(connection),
                PostgresOutbox(connection),
                PostgresReportedBalances(connection),
                Recorder(connection),
                orders,
            )
        self._news.publish(tenant_id, orders.changed)


class HeardOrders:
    """`StreamedOrders`: the desk's orders in one transaction, and which of them changed."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self.changed: list[Order] = []

    def hear(self, account: AccountRef, told: Sequence[VenueOrder], now: datetime) -> None:
        """Keep what the venue tells of them."""
        self.changed += self._book.hear(account, told, now, "stream")


class Recorder:
    """`StreamRecorder`: the ledger and the holdings that follow from it, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._history = PostgresAccountHistory(connection)
        self._imports = PostgresImportStore(connection)
        self._recorder = LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection))
        self._claims = PostgresKnownEvents(connection)

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Appended:
        """Append what is not there yet, neither so nor as a file told it before."""
        self._claims.lock(account.tenant_id, account.account_id)
        return self._recorder.record(
            account.tenant_id,
            account.account_id,
            unclaimed_facts(self._claims, account.tenant_id, account.account_id, facts, recorded_at),
            recorded_at=recorded_at,
            correlation_id=account.correlation_id,
        )

    def settle(self, account: AccountRef, now: datetime) -> None:
        """Fold what older facts made stale."""
        self._recorder.settle(account.tenant_id, account.account_id, now)

    def quantities(self, account: AccountRef) -> Mapping[AssetId, Decimal]:
        """What the account holds by its ledger."""
        return self._history.quantities(account.tenant_id, account.account_id)

    def traded(self, account: AccountRef) -> frozenset[str]:
        """Symbols of the markets that the account's ledger names."""
        return self._history.traded(account.tenant_id, account.account_id)

    def earliest_at(self, account: AccountRef) -> datetime | None:
        """When the account's ledger begins."""
        return self._imports.earliest_at(account.tenant_id, account.account_id)


def _conninfo(known: Settings) -> str:
    """The role that books: `app`."""
    if known.database_url is not None:
        return known.database_url.get_secret_value()
    return database_conninfo(known, cast("SecretsClient", boto3.client("secretsmanager", config=QUICK)))


def _custody_conninfo(known: Settings) -> str:
    """The role that reads sealed credentials: `gateway`."""
    return _conninfo(
        known.model_copy(
            update={"database_url": known.vault_database_url, "database_secret": known.vault_database_secret}
        )
    )

"""The same events by webhook, stream, poll and file: once each in the ledger, in whatever order they come."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from nightdesk.adapters.exchange.venues import binance_rows, binance_stream
from nightdesk.contracts.webhooks import FeeReported, TradeInbound, TradeReported
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.instants import to_ms
from nightdesk.ledger.model import Fact
from tests.builders.desk_files import DeskFiles
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
MARKET = Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT"))
START = datetime(2024, 3, 1, 12, tzinfo=UTC)
FILLS = 10


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def polled(number: int) -> Fact:
    """As the REST history tells a fill; all ten are equal but for the venue's id."""
    row = {
        "symbol": "BTCUSDT",
        "id": 7000 + number,
        "orderId": 42,
        "qty": "0.01000000",
        "quoteQty": "420.50000000",
        "commission": "0.00100000",
        "commissionAsset": "BNB",
        "time": to_ms(START),
        "isBuyer": True,
    }
    fact = binance_rows.trade(row, MARKET, str)
    assert isinstance(fact, Fact), fact
    return fact


def streamed(number: int) -> Fact:
    """The same, as the user data stream tells it."""
    event: dict[str, Any] = {
        "e": "executionReport",
        "s": "BTCUSDT",
        "S": "BUY",
        "t": 7000 + number,
        "i": 42,
        "l": "0.01000000",
        "Y": "420.50000000",
        "n": "0.00100000",
        "N": "BNB",
        "T": to_ms(START),
    }
    fact = binance_rows.trade(binance_stream.trade_row(event), MARKET, str)
    assert isinstance(fact, Fact), fact
    return replace(fact, source=binance_stream.SOURCE)


def reported(files: DeskFiles, number: int) -> TradeInbound:
    """The same, as the user's own bot reports it."""
    return TradeInbound(
        tenant_id=files.tenant,
        account_id=UUID(files.account_id),
        venue="binance",
        correlation_id="corr-webhook",
        received_at=files.desk.clock.now(),
        report=TradeReported(
            event_id=f"bot-{number}",
            trade_id=str(7000 + number),
            symbol="BTC/USDT",
            side="buy",
            quantity="0.01",
            quote_quantity="420.5",
            fee=FeeReported(asset="BNB", amount="0.001"),
            occurred_at=START,
            order_id="42",
        ),
    )


def csv() -> bytes:
    """The same, as the venue's export has them: to the second, without ids."""
    row = f"{START:%Y-%m-%d %H:%M:%S},BTCUSDT,BUY,42050,0.01BTC,420.5USDT,0.001BNB\n"
    return ("Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n" + row * FILLS).encode()


def ways(files: DeskFiles) -> list[Callable[[], object]]:
    recording = files.desk.recording()

    def hook() -> None:
        for number in range(FILLS):
            recording.record(reported(files, number))

    return [
        lambda: files.tell([polled(number) for number in range(FILLS)]),
        lambda: files.tell([streamed(number) for number in range(FILLS)]),
        hook,
        lambda: files.load(csv()),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_ten_equal_fills_stay_ten_whichever_ways_and_order_they_come(files: DeskFiles, seed: int) -> None:
    arrivals = ways(files) * 2
    random.Random(seed).shuffle(arrivals)
    for arrive in arrivals:
        arrive()
    entries = files.entries()
    assert len(entries) == FILLS
    held = files.caller.call("GET", f"/api/v1/ledger/balances?account_id={files.account_id}").json["items"]
    assert {(each["asset"], each["quantity"]) for each in held} == {
        ("BTC", "0.1"),
        ("USDT", "-4205"),
        ("BNB", "-0.01"),
    }
    assert files.caller.call("GET", f"/api/v1/ledger/verify?account_id={files.account_id}").json["ok"]


def test_stream_and_history_tell_a_fill_alike() -> None:
    assert replace(streamed(3), source=polled(3).source) == polled(3)
    assert streamed(3).occurred_at + timedelta(0) == START

"""How fast candles are stored and read."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.candle_stream import decode_rows, encode_rows
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.ids import TenantId
from tests.perf.rows import Row, percentile
from tests.servers import Servers

SERIES = 20
BARS = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def bench_store_bulk(servers: Servers) -> list[Row]:
    """A backlog of bars: 200,000 in batches as the writer reads them, the rollups of all of them included."""
    store = PostgresCandleStore(Database(servers.postgres().url("streams"), min_size=1, max_size=1))
    batches = _batches([f"PERF:{uuid4().hex[:8].upper()}/USDT" for _ in range(SERIES)])
    store.prepare(START, START + timedelta(minutes=BARS))
    took_s = _timed(store, batches)
    again_s = _timed(store, batches)
    rows = SERIES * BARS
    return [
        Row(name="candles stored, new, rollups included", value=rows / took_s, unit="rows/s", bar=">= 100000"),
        Row(name="candles stored again, rollups included", value=rows / again_s, unit="rows/s"),
    ]


def bench_store_live(servers: Servers) -> list[Row]:
    """One closed minute of 400 markets: the writer's ordinary work."""
    store = PostgresCandleStore(Database(servers.postgres().url("streams"), min_size=1, max_size=1))
    names = [f"PERF:{uuid4().hex[:8].upper()}/USDT" for _ in range(400)]
    took_ms = []
    for minute in range(30):
        rows = tuple(CandleRow(name, Resolution.MINUTE, _bar(minute), "trades") for name in names)
        started = time.perf_counter()
        store.upsert([Batch(minute, rows)])
        took_ms.append((time.perf_counter() - started) * 1000)
    return [Row(name="a minute of 400 markets stored, p95", value=percentile(took_ms, 0.95), unit="ms", bar="<= 1000")]


def bench_read(servers: Servers) -> list[Row]:
    """The newest 500 bars of a chart, from the store's end and through the rollup."""
    postgres = servers.postgres()
    name = f"PERF:{uuid4().hex[:8].upper()}/USDT"
    PostgresCandleStore(Database(postgres.url("streams"))).upsert(_batches([name]))
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
        connection.execute("ANALYZE")
    service = CandleService(candle_readers(Database(postgres.url("app"), min_size=1)))
    rows = []
    for resolution in ("1m", "5m", "15m"):
        took_ms = [_read(service, name, Resolution(resolution)) for _ in range(200)]
        value = percentile(took_ms, 0.95)
        rows.append(Row(name=f"newest 500 bars of {resolution} read, p95", value=value, unit="ms", bar="<= 10"))
    return rows


def bench_codec() -> list[Row]:
    """An entry of the stream: written and read with all its checks."""
    rows = [CandleRow("BINANCE:BTC/USDT", Resolution.MINUTE, _bar(index), "trades") for index in range(1000)]
    started = time.perf_counter()
    for _ in range(20):
        decode_rows(encode_rows(rows))
    return [Row(name="candles through the codec", value=20_000 / (time.perf_counter() - started), unit="rows/s")]


def _bar(index: int) -> Candle:
    price = 100.0 + index % 17 / 7
    return Candle(START + timedelta(minutes=index), price, price + 1, price - 1, price + 0.5, 1.0 + index % 3)


def _batches(names: list[str]) -> list[Batch]:
    """Entries of 1,000 rows, ordered by time as a stream is."""
    rows = [
        CandleRow(name, Resolution.MINUTE, bar, "trades")
        for bar in (_bar(index) for index in range(BARS))
        for name in names
    ]
    return [Batch(index, tuple(rows[index : index + 1000])) for index in range(0, len(rows), 1000)]


def _timed(store: PostgresCandleStore, batches: list[Batch]) -> float:
    started = time.perf_counter()
    for index in range(0, len(batches), 50):
        store.upsert(batches[index : index + 50])
    return time.perf_counter() - started


def _read(service: CandleService, name: str, resolution: Resolution) -> float:
    started = time.perf_counter()
    page = service.page(TenantId(uuid4()), CandleQuery(series=name, resolution=resolution))
    assert len(page.candles) == 500
    return (time.perf_counter() - started) * 1000

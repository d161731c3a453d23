"""How much longer a candidate takes to be judged for the figures of bars that are computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter
from uuid import uuid4

from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rules_bars import PostgresRuleBars
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import Call
from nightdesk.kernel.ids import CorrelationId
from nightdesk.rules.firing import CandidateRow, ToldBars, candidate_id
from nightdesk.rules.recomputing import KeptBars, Recomputed
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rules import TENANT, rule_set
from tests.perf.rows import Row, percentile
from tests.servers import Servers

DAYS = 30
START = datetime(2026, 2, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
BATCH = 10_000


def bench_recomputed(servers: Servers) -> list[Row]:
    """RSI of a minute and of a quarter of an hour, each over its era: read for the first time, then again and again."""
    market = f"BINANCE:{uuid4().hex[:8].upper()}/USDT"
    bars = [_bar(minute) for minute in range(DAYS * 1440)]
    store = PostgresCandleStore(Database(servers.postgres().url("streams"), min_size=1, max_size=1))
    for begin in range(0, len(bars), BATCH):
        rows = tuple(CandleRow(market, Resolution.MINUTE, bar, "trades") for bar in bars[begin : begin + BATCH])
        store.upsert([Batch(begin, rows)])
    kept = KeptBars(PostgresRuleBars(Database(servers.postgres().url("app"), min_size=1, max_size=1)))
    texts = [f"RSI({market},1m,14)", f"RSI({market},15m,14)"]
    first_ms = _judge_ms(kept, texts, market)
    again_ms = [_judge_ms(kept, texts, market) for _ in range(100)]
    return [
        Row(name="two indicators of a candidate computed anew, first time", value=first_ms, unit="ms", bar="<= 150"),
        Row(name="two indicators computed anew, p95", value=percentile(again_ms, 0.95), unit="ms", bar="<= 50"),
    ]


def _judge_ms(kept: KeptBars, texts: Sequence[str], market: str) -> float:
    wanted, told = rule_set(), ToldBars(tuple(_bar(DAYS * 1440 + number) for number in range(3)), _bar(DAYS * 1440 + 3))
    candidate = CandidateRow(
        tenant_id=TENANT,
        rule_set_id=wanted.rule_set_id,
        candidate_id=candidate_id(wanted.rule_set_id, START, END),
        version=1,
        armed_at=START,
        instant=END + timedelta(minutes=3),
        before=NOTHING_SEEN,
        told_at=END,
        correlation_id=CorrelationId("perf"),
        bars={market: told},
    )
    started = perf_counter()
    figures = Recomputed(kept, candidate)
    for text in texts:
        root = parse(text).root
        assert isinstance(root, Call)
        assert isinstance(figures.seen(root).value, Decimal)
    return (perf_counter() - started) * 1000


def _bar(minute: int) -> Candle:
    price = 60_000.0 + minute * 37 % 1000
    return Candle(START + timedelta(minutes=minute), price, price + 9, price - 9, price + 1, 1.0 + minute % 7)

"""Whoever records tells it after the commit."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from functions.accounts_import.wiring import PostgresImportUnits
from functions.ledger_record.wiring import PostgresRecordingUnits
from nightdesk.accounts.importing import ImportService
from nightdesk.adapters.redis.ledger_news import ValkeyLedgerNews
from nightdesk.kernel.ids import CorrelationId
from tests.builders.ledger import RECORDED, trade
from tests.integration.account_streamer.rig import Rig

pytestmark = pytest.mark.integration


@pytest.fixture
def news(rig: Rig) -> ValkeyLedgerNews:
    return ValkeyLedgerNews(Redis.from_url(rig.valkey_url))


def test_an_import_tells_counts_of_large_pages_and_rows_of_small_ones(rig: Rig, news: ValkeyLedgerNews) -> None:
    desk = rig.desk
    account = desk.connect(desk.open_at_venue({"kind": "seeded", "seed": 5, "trades": 120, "symbols": ["BTC/USDT"]}))
    units = PostgresImportUnits(desk.app, news)
    importer = ImportService(
        units=units, gateway=desk.gateway, queue=desk.queue, channel=desk.channel, clock=desk.clock
    )
    with rig.news() as told:
        importer.run(desk.job(account), lambda: 600)
        pages = told()
    assert sum(page["count"] for page in pages) == desk.progress(account).rows_recorded
    assert all(len(page["entries"]) == (page["count"] if page["count"] <= 50 else 0) for page in pages)
    assert any(page["count"] > 50 for page in pages)
    assert pages[-1]["count"] == 0


def test_a_reported_trade_is_told_once_it_is_committed(rig: Rig, news: ValkeyLedgerNews) -> None:
    account, units = rig.account(), PostgresRecordingUnits(rig.desk.app, news)

    def record() -> None:
        with units(rig.desk.tenant_id) as unit:
            unit.recorder.record(
                rig.desk.tenant_id,
                account.account_id,
                [trade(1, "1", "-5")],
                recorded_at=RECORDED,
                correlation_id=CorrelationId("correlation-news"),
            )
            assert told() == before

    with rig.news() as told:
        before: list[dict[str, Any]] = []
        record()
        before = list(told())
        assert [message["entries"][0]["identity"] for message in before] == ["trade:BTCUSDT:1"]
        record()
        assert told() == before

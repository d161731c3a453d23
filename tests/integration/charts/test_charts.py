"""Charts in PostgreSQL: what was kept comes back identical, and nobody reaches another's."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from nightdesk.adapters.postgres.chart_layouts import PostgresChartUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.contracts.api.chart_layouts import LayoutContent
from nightdesk.kernel.errors import Conflict, NightdeskError, NotFound
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.model import ChartPoint, LayoutId, PointSetId, PointStyle, ShareId
from nightdesk.markets.charts.service import ChartDesk, Owner
from tests.fakes.clock import FakeClock
from tests.lengths import length
from tests.property.strategies_of_charts import layouts
from tests.servers import Postgres

pytestmark = pytest.mark.integration
CONTENT = LayoutContent(series="BINANCE:BTC/USDT", resolution="15m").model_dump(mode="json")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[Database]:
    database = Database(postgres.url("app"))
    yield database
    database.close()


@pytest.fixture(scope="module")
def charts(database: Database) -> ChartDesk:
    return ChartDesk(PostgresChartUnits(database), FakeClock(), lambda: uuid4().hex)


def new_owner(postgres: Postgres) -> Owner:
    tenant_id, user_id = TenantId(uuid4()), UserId(uuid4())
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO tenants (tenant_id, name, base_asset, created_at) VALUES (%s, 'A', 'USDT', now())",
            (tenant_id,),
        )
        connection.execute(
            "INSERT INTO users VALUES (%s, %s, %s, %s, 'owner', 'USDT', 'UTC', now())",
            (user_id, tenant_id, user_id.hex, user_id.hex),
        )
    return Owner(tenant_id, user_id)


@pytest.fixture(scope="module")
def anna(postgres: Postgres) -> Owner:
    return new_owner(postgres)


@pytest.fixture(scope="module")
def boris(postgres: Postgres) -> Owner:
    return new_owner(postgres)


@settings(max_examples=length(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(content=layouts())
def test_what_was_kept_comes_back_identical(charts: ChartDesk, anna: Owner, content: LayoutContent) -> None:
    layout_id = LayoutId(uuid4())
    charts.put_layout(anna, layout_id, name=str(layout_id), content=content.model_dump(mode="json"), replaces=0)
    assert LayoutContent.model_validate(charts.layout(anna, layout_id).content) == content
    charts.remove_layout(anna, layout_id)


def test_of_two_tabs_one_is_told(charts: ChartDesk, anna: Owner) -> None:
    layout_id, told = LayoutId(uuid4()), []

    def put(number: int) -> None:
        content = {**CONTENT, "resolution": f"{number}h"}
        try:
            charts.put_layout(anna, layout_id, name="Tabs", content=content, replaces=0)
            told.append("kept")
        except NightdeskError as error:
            told.append(error.code)

    tabs = [threading.Thread(target=put, args=(number,)) for number in (1, 2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(told) == ["charts.layout_changed", "kept"]
    charts.remove_layout(anna, layout_id)


def test_lists_go_page_by_page(charts: ChartDesk, boris: Owner) -> None:
    for number in range(3):
        charts.put_layout(boris, LayoutId(uuid4()), name=f"P{number}", content=CONTENT, replaces=0)
    first = charts.layouts(boris, None, 2)
    rest = charts.layouts(boris, (first[-1].made_at, first[-1].layout_id), 2)
    assert {each.name for each in (*first, *rest)} == {"P0", "P1", "P2"}


def test_points_are_exact(charts: ChartDesk, anna: Owner, boris: Owner) -> None:
    set_id = PointSetId(uuid4())
    charts.put_point_set(anna, set_id, name="Funding", style=PointStyle.LINE, colour=1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [ChartPoint(start + timedelta(hours=hour), Decimal("0.000000000000000001") * hour, "a") for hour in range(4)]
    assert charts.add_points(anna, set_id, rows[::-1]).points == 4
    assert charts.add_points(anna, set_id, [replace(rows[1], label="b")]).points == 4
    assert charts.points(anna, set_id, since=rows[1].at, until=rows[3].at, limit=9) == [
        replace(rows[1], label="b"),
        rows[2],
    ]
    assert charts.remove_points(anna, set_id, rows[0].at, rows[2].at).points == 2
    renamed = charts.put_point_set(anna, set_id, name="Rates", style=PointStyle.MARKS, colour=2)
    assert [*charts.point_sets(anna, None, 9)] == [renamed]
    assert charts.point_sets(anna, (renamed.made_at, set_id), 9) == []
    with pytest.raises(Conflict, match="Rates"):
        charts.put_point_set(anna, PointSetId(uuid4()), name="Rates", style=PointStyle.MARKS, colour=2)
    with pytest.raises(NotFound):
        charts.points(boris, set_id, since=None, until=None, limit=1)
    charts.remove_point_set(anna, set_id)
    assert charts.point_sets(anna, None, 9) == []


def test_only_an_open_link_crosses_tenants(charts: ChartDesk, anna: Owner, boris: Owner) -> None:
    content = {"layout": CONTENT}
    inside = charts.share(anna, ShareId(uuid4()), content, name="Inside", is_open=False, sets=[])
    across = charts.share(anna, ShareId(uuid4()), content, name="Across", is_open=True, sets=[])
    assert charts.open(anna, inside.token).content == {"layout": CONTENT, "points": []}
    assert charts.open(boris, across.token).share == across.share
    for token in (inside.token, "nonsense"):
        with pytest.raises(NotFound):
            charts.open(boris, token)
    assert charts.shares(boris, None, 9) == []
    assert {each.name for each in charts.shares(anna, None, 9)} == {"Inside", "Across"}
    first = charts.shares(anna, None, 1)[0]
    assert len(charts.shares(anna, (first.made_at, first.share_id), 9)) == 1
    charts.revoke(anna, across.share.share_id)
    with pytest.raises(NotFound):
        charts.open(boris, across.token)


def test_tokens_are_kept_as_hashes(charts: ChartDesk, anna: Owner, postgres: Postgres) -> None:
    made = charts.share(anna, ShareId(uuid4()), {"layout": CONTENT}, name="Hashed", is_open=True, sets=[])
    with psycopg.connect(postgres.url("superuser")) as connection:
        row = connection.execute("SELECT s::text FROM chart_shares s WHERE share_id = %s", (made.share.share_id,))
        assert made.token not in str(row.fetchone())

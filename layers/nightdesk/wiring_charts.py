"""What answers callers about charts is wired with."""

from __future__ import annotations

from functools import partial
from secrets import token_urlsafe

from nightdesk.adapters.postgres.chart_layouts import PostgresChartUnits
from nightdesk.contracts.api.chart_answers import ChartAnswers
from nightdesk.markets.charts.service import ChartDesk
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores, formula_service


def chart_answers(stores: Stores) -> ChartAnswers:
    """What answers callers about layouts, points and shares."""
    charts = ChartDesk(PostgresChartUnits(stores.database), SystemClock(), partial(token_urlsafe, 32))
    return ChartAnswers(charts, formula_service(stores.database))

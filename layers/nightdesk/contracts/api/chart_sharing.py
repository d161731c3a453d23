"""What of a chart may leave its user: market series, indicators and drawings, with own formulas written out."""

from __future__ import annotations

from typing import Final

from nightdesk.contracts.api.chart_layouts import LayoutContent, StudyShape
from nightdesk.indicators.formula import Formulas
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import MARKET_METRICS, Expression
from nightdesk.markets.charts.errors import private

_PORTFOLIO: Final = "PORTFOLIO:"
_CHART: Final = ("ZZSHARED:SERIES/SERIES", "1M")
"""Stands for the chart's own series and resolution while formulas are written out."""


def shareable(content: LayoutContent, formulas: Formulas, *, is_open: bool) -> LayoutContent:
    """The content as another user gets it: nobody's fills, orders or cost go with it.

    What is open to all has own formulas written out, for another tenant has others of the same names.

    Raises:
        Forbidden: `charts.portfolio_not_shared`: it would be open to all, and shows something of a portfolio.
        ExpressionError: A study can't be read.
    """
    own = content.model_copy(update={"points": (), "fills": False, "orders": False})
    if not is_open:
        return own
    _require_public("The chart's series", content.series)
    for drawing in content.drawings:
        _require_public("A drawing's series", drawing.series)
    return own.model_copy(update={"studies": tuple(_written_out(study, formulas) for study in content.studies)})


def _written_out(study: StudyShape, formulas: Formulas) -> StudyShape:
    expression = parse(study.text, formulas, on=_CHART)
    if _is_private(expression):
        raise private(f"The study {study.text[:60]!r}")
    text = expression.text.replace(",".join(_CHART), "series,resolution").replace(_CHART[0], "series")
    return study.model_copy(update={"text": text})


def _is_private(expression: Expression) -> bool:
    if any(str(series).startswith(_PORTFOLIO) for series, _ in expression.bars):
        return True
    return any(metric.name not in MARKET_METRICS for metric in expression.metrics)


def _require_public(what: str, series: str) -> None:
    if series.startswith(_PORTFOLIO):
        raise private(what)

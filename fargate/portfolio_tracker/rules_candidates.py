"""Makes of a rule set that fires, as far as the tracker can tell, the row that whoever judges it reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fargate.portfolio_tracker.rules_snapshot import CANDLES, Known
from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.kernel.assets import Instrument
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import BRIDGES
from nightdesk.rules.engine import advance
from nightdesk.rules.firing import CandidateRow, ToldBars, candidate_id
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import RuleSet, operands
from nightdesk.rules.reading import expression_of
from nightdesk.rules.recomputing import is_of_prices
from nightdesk.rules.scheduling import minute_of
from nightdesk.rules.watching import Candidate
from nightdesk.runtime import correlation


def row_of(
    candidate: Candidate, armed_at: datetime, known: Known, told: tuple[datetime, Mapping[str, ToldBars]]
) -> CandidateRow:
    """The row of a candidate.

    Args:
        candidate: As the watch found it.
        armed_at: Since when its rule set is watched.
        known: What was known at its instant.
        told: The wall time, and the newest bars of its series.
    """
    rule_set = candidate.rule_set
    instant = minute_of(rule_set, candidate.before, candidate.snapshot.instant)
    readings = known.readings(rule_set)
    advance(rule_set, candidate.before, instant, readings)
    return CandidateRow(
        tenant_id=rule_set.tenant_id,
        rule_set_id=rule_set.rule_set_id,
        candidate_id=candidate_id(rule_set.rule_set_id, armed_at, instant),
        version=rule_set.version,
        armed_at=armed_at,
        instant=instant,
        before=candidate.before,
        # What only the calendar decides is of its minute, and reads no price.
        prices=_prices(known.prices, known.held.get(rule_set.tenant_id), readings.seen) if readings.seen else {},
        told={text: seen for text, seen in readings.seen.items() if seen.source == CANDLES},
        told_at=told[0],
        correlation_id=correlation.new(),
        bars=told[1],
    )


def series_of(rule_set: RuleSet) -> set[SeriesName]:
    """Series whose bars the rule set's figures are made of."""
    found: set[SeriesName] = set()
    for expression in map(expression_of, operands(rule_set.condition)):
        found |= {name for name, _ in expression.bars}
        found |= {metric.target for metric in expression.metrics if isinstance(metric.target, PortfolioSeries)}
        if is_of_prices(expression):
            found |= {metric.target for metric in expression.metrics if isinstance(metric.target, Instrument)}
    return found


def _prices(
    prices: Mapping[Instrument, Price], held: Held | None, seen: Mapping[str, object]
) -> dict[Instrument, Price]:
    """Those prices that figures of the holdings, or of markets that were named, are made of."""
    assets = set(BRIDGES)
    if held is not None:
        assets |= {held.books.base_asset, *(holding.asset for holding in held.books.holdings)}
    named = {text.partition("(")[2].rstrip(")") for text in seen}
    return {
        instrument: price
        for instrument, price in prices.items()
        if {instrument.base, instrument.quote} <= assets or str(instrument) in named
    }

"""Rule sets as rows and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.codec import definition_from
from nightdesk.rules.firing import CandidateId, CandidateRow, bars_from, seen_from
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import Mode, RuleSet
from nightdesk.rules.state_codec import state_from

STORED_COLUMNS: Final = (
    "tenant_id, rule_set_id, portfolio_id, name, version, mode, definition, firings_armed, firings, last_fired_at,"
    " armed_at"
)
CANDIDATE_COLUMNS: Final = (
    "tenant_id, rule_set_id, candidate_id, version, armed_at, instant, before, prices, told, told_at, correlation_id,"
    " bars"
)


def stored_rule_set(row: Sequence[Any]) -> StoredRuleSet:
    """The rule set that a row of `STORED_COLUMNS` is."""
    tenant, rule_set_id, portfolio, name, version, mode, definition, armed_firings, firings, fired_at, armed_at = row
    rule_set = RuleSet(
        tenant_id=TenantId(tenant),
        rule_set_id=RuleSetId(rule_set_id),
        portfolio_id=TenantId(portfolio),
        name=name,
        version=version,
        mode=Mode(mode),
        **definition_from(definition),
    )
    return StoredRuleSet(
        rule_set=rule_set,
        firings=armed_firings,
        firings_ever=firings,
        last_fired_at=fired_at,
        armed_at=armed_at,
    )


def candidate(row: Sequence[Any]) -> CandidateRow:
    """The candidate that a row of `CANDIDATE_COLUMNS` is."""
    tenant, rule_set_id, candidate_id, version, armed_at, instant, before, prices, told, told_at, correlation, bars = (
        row
    )
    return CandidateRow(
        tenant_id=TenantId(tenant),
        rule_set_id=RuleSetId(rule_set_id),
        candidate_id=CandidateId(candidate_id),
        version=version,
        armed_at=armed_at,
        instant=instant,
        before=state_from(before),
        prices=prices_from(prices),
        told=seen_from(told),
        told_at=told_at,
        correlation_id=CorrelationId(correlation),
        bars=bars_from(bars),
    )


def prices_json(prices: Mapping[Instrument, Price]) -> dict[str, list[Any]]:
    """Prices as JSON: `{"BINANCE:BTC/USDT": ["60000.1", "2026-…", 17, "60000", "60000.2"]}`."""
    return {
        str(each): [f"{price.last:f}", price.at.isoformat(), price.number, _text(price.bid), _text(price.ask)]
        for each, price in prices.items()
    }


def prices_from(shape: Mapping[str, Sequence[Any]]) -> dict[Instrument, Price]:
    """The prices that JSON of this form means; what was kept before places and quotes were has none."""
    prices = (_price(parse_instrument(name), parts) for name, parts in shape.items())
    return {price.instrument: price for price in prices}


def _price(instrument: Instrument, parts: Sequence[Any]) -> Price:
    last, at, number, bid, ask = (*parts, -1, None, None)[:5]
    return Price(
        instrument=instrument,
        last=Decimal(last),
        at=datetime.fromisoformat(at),
        number=number,
        bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"

"""Firings, the candidates they come from, and why a candidate did or did not fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NewType
from uuid import UUID, uuid5

from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.model import Mode, Rule
from nightdesk.rules.reading import Seen
from nightdesk.rules.state import RuleSetState

CandidateId = NewType("CandidateId", UUID)

_CANDIDATES: Final = UUID("4a0f2a61-7c5e-4b1e-9a8e-0c6b7d1f3e52")
_FIRINGS: Final = UUID("b9b4a0de-1f0c-4b44-8a1b-5a2f60f2c7d3")

Outcome = str
"""An engine's `Decision`, or `edited`, `not_watched`, `duplicate`, `removed`, `disagrees`.

`disagrees`: it would fire, but a figure that it was told with is not the one that is found.
"""


@dataclass(frozen=True, slots=True)
class ToldBars:
    """The newest bars of a series as the tracker heard them; the store may not have them yet.

    Attributes:
        closed: Oldest first.
        forming: The last that was told of the bar that forms; None before the first.
    """

    closed: tuple[Candle, ...] = ()
    forming: Candle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """A rule set that fires as far as the tracker can tell, as it is kept until it is judged.

    Attributes:
        armed_at: Since when the rule set was watched, in wall time.
        before: What it remembered before the instant.
        prices: Prices of the instant that its figures are made of.
        told: Figures of the instant that change with bars, and values a window ago, by their texts.
        told_at: In wall time.
        bars: The newest bars of each series that its figures are made of, in the series' own resolution.
    """

    tenant_id: TenantId
    rule_set_id: RuleSetId
    candidate_id: CandidateId
    version: int
    armed_at: datetime
    instant: datetime
    before: RuleSetState
    prices: Mapping[Instrument, Price] = field(default_factory=dict)
    told: Mapping[str, Seen] = field(default_factory=dict)
    told_at: datetime
    correlation_id: CorrelationId
    bars: Mapping[str, ToldBars] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CandidateRef:
    """Which candidate is to be judged."""

    tenant_id: TenantId
    rule_set_id: RuleSetId
    candidate_id: CandidateId
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a candidate came to.

    Attributes:
        truths: Of each rule, by name; empty when it was not looked at.
        seen: Every figure that was read.
    """

    outcome: Outcome
    judged_at: datetime
    truths: Mapping[str, bool | None] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A rule set fired.

    Attributes:
        mode: Shadow firings do nothing.
        number: 1 is the rule set's first since it was made.
        instant: Of market time.
        fired_at: In wall time.
        evidence: Every figure that was read, by its text.
        reason: One sentence for a person.
    """

    tenant_id: TenantId
    rule_set_id: RuleSetId
    firing_id: FiringId
    version: int
    mode: Mode
    number: int
    instant: datetime
    fired_at: datetime
    reason: str
    evidence: Mapping[str, Seen]
    correlation_id: CorrelationId


def candidate_id(rule_set_id: RuleSetId, armed_at: datetime, instant: datetime) -> CandidateId:
    """The same for the same rule set at the same instant."""
    return CandidateId(uuid5(_CANDIDATES, f"{rule_set_id}:{armed_at.isoformat()}:{instant.isoformat()}"))


def firing_id(rule_set_id: RuleSetId, number: int) -> FiringId:
    """The same for the same firing, whichever candidate brings it about."""
    return FiringId(uuid5(_FIRINGS, f"{rule_set_id}:{number}"))


def reason_of(rules: tuple[Rule, ...], seen: Mapping[str, Seen]) -> str:
    """What was true, with the figures, in one sentence."""
    names = ", ".join(rule.name for rule in rules)
    figures = ", ".join(f"{text} = {_plain(each.value)}" for text, each in seen.items())
    return f"{names}: {figures}" if figures else names


def _plain(value: Decimal | None) -> str:
    return "not known" if value is None else f"{value.normalize():f}"


def seen_json(seen: Mapping[str, Seen]) -> dict[str, Any]:
    """Figures as JSON: amounts are decimal texts."""
    return {
        text: {
            "value": None if each.value is None else f"{each.value:f}",
            "source": each.source,
            "at": None if each.at is None else each.at.isoformat(),
        }
        for text, each in seen.items()
    }


def seen_from(shape: Mapping[str, Any]) -> dict[str, Seen]:
    """The figures that JSON of this form means."""
    return {
        text: Seen(
            None if each["value"] is None else Decimal(each["value"]),
            each["source"],
            None if each["at"] is None else datetime.fromisoformat(each["at"]),
        )
        for text, each in shape.items()
    }


def bars_json(bars: Mapping[str, ToldBars]) -> dict[str, Any]:
    """Bars as JSON: `{"BINANCE:BTC/USDT": {"closed": [["2026-…", open, high, low, close, volume]], "forming": …}}`."""
    return {
        series: {
            "closed": [_bar_json(bar) for bar in told.closed],
            "forming": None if told.forming is None else _bar_json(told.forming),
        }
        for series, told in bars.items()
    }


def bars_from(shape: Mapping[str, Any]) -> dict[str, ToldBars]:
    """The bars that JSON of this form means."""
    return {
        series: ToldBars(
            tuple(_bar_from(bar) for bar in told["closed"]),
            None if told["forming"] is None else _bar_from(told["forming"]),
        )
        for series, told in shape.items()
    }


def _bar_json(bar: Candle) -> list[Any]:
    return [bar.at.isoformat(), bar.open, bar.high, bar.low, bar.close, bar.volume]


def _bar_from(parts: Sequence[Any]) -> Candle:
    return Candle(datetime.fromisoformat(parts[0]), *map(float, parts[1:]))

"""Replays, sweeps and templates in the shapes of the API."""

from __future__ import annotations

from collections.abc import Sequence

from nightdesk.contracts.api.present_rules import definition_shape, seen_shapes
from nightdesk.contracts.api.replays import (
    BuiltTemplate,
    EquityShape,
    FiguresShape,
    FillModelShape,
    HeldAssetShape,
    HoldFiguresShape,
    MarketHoldShape,
    OutcomeShape,
    RefusedRowShape,
    ReplayFillShape,
    ReplayFiringShape,
    ReplayShape,
    SweepRowShape,
    SweepShape,
    TemplateParameterShape,
    TemplateShape,
)
from nightdesk.contracts.api.rules import WriteRuleSet
from nightdesk.indicators.bars import bar_at
from nightdesk.kernel.instants import format_instant, to_ms
from nightdesk.kernel.money import format_amount
from nightdesk.rules.model import RuleSet
from nightdesk.rules.replay import ReplayedFiring
from nightdesk.rules.replay_broker import FillModel
from nightdesk.rules.replay_terms import told_model
from nightdesk.rules.replaying import Replayed
from nightdesk.rules.strategy_result import HeldAsset, HoldFigures, ReplayFigures
from nightdesk.rules.sweep import Grid, Swept
from nightdesk.rules.templates import Template

TOLD_MAX = 1000
"""So many firings, and so many fills, are told one by one."""


def replay_shape(replayed: Replayed, took_ms: float) -> ReplayShape:
    """A replay with everything that came of it."""
    return ReplayShape(
        **_stage(replayed),
        rule_sets=[written(each) for each in replayed.rule_sets],
        figures=_figures(replayed.result.figures()),
        equity=_equity(replayed),
        firings=_firings(replayed),
        fills=_fills(replayed),
        start=[_holding(each) for each in replayed.result.start()],
        end=[_holding(each) for each in replayed.result.end()],
        took_ms=round(took_ms, 1),
    )


def sweep_shape(grid: Grid, swept: Swept, took_ms: float) -> SweepShape:
    """A grid's results."""
    return SweepShape(
        **_stage(swept.first),
        template=grid.template.template,
        sort=grid.sort,
        rows=[SweepRowShape(parameters=dict(row.parameters), figures=_figures(row.figures)) for row in swept.rows],
        refused=[
            RefusedRowShape(parameters=dict(row.parameters), code=row.code, message=row.message)
            for row in swept.refused
        ],
        took_ms=round(took_ms, 1),
    )


def template_shape(template: Template) -> TemplateShape:
    """A template and its parameters."""
    return TemplateShape(
        template=template.template,
        name=template.name,
        description=template.description,
        parameters=[
            TemplateParameterShape(
                name=each.name,
                label=each.label,
                description=each.description,
                kind=each.kind.value,
                default=each.default,
                least=None if each.least is None else format_amount(each.least),
                most=None if each.most is None else format_amount(each.most),
            )
            for each in template.parameters
        ],
    )


def built_shape(rule_sets: Sequence[RuleSet]) -> BuiltTemplate:
    """The rule sets of a strategy."""
    return BuiltTemplate(rule_sets=[written(each) for each in rule_sets])


def written(rule_set: RuleSet) -> WriteRuleSet:
    """A rule set as the rules' API takes it."""
    return WriteRuleSet(name=rule_set.name, definition=definition_shape(rule_set))


def _stage(replayed: Replayed) -> dict[str, object]:
    """What replays and sweeps have in common."""
    stage, clock, result = replayed.stage, replayed.stage.tape.clock, replayed.result
    market = stage.market
    beside = None if market is None else result.buy_and_hold(market)
    return {
        "from_": format_instant(bar_at(clock.first, clock.resolution)),
        "to": format_instant(bar_at(clock.end, clock.resolution)),
        "resolution": clock.resolution,
        "bars": len(stage.tape),
        "base_asset": stage.books.base_asset,
        "fill_model": _model(stage.model),
        "hold": HoldFiguresShape(**_hold(result.hold())),
        "buy_and_hold": None if beside is None else MarketHoldShape(instrument=str(market), **_hold(beside)),
        "notes": list(stage.notes),
    }


def _model(model: FillModel) -> FillModelShape:
    return FillModelShape(
        fee_ratio=format_amount(model.fee_ratio),
        slippage_ratio=format_amount(model.slippage_ratio),
        lot=format_amount(model.lot),
        text=told_model(model),
    )


def _figures(figures: ReplayFigures) -> FiguresShape:
    return FiguresShape(
        start_value=format_amount(figures.start_value),
        end_value=format_amount(figures.end_value),
        return_ratio=None if figures.return_ratio is None else format_amount(figures.return_ratio),
        max_drawdown_ratio=format_amount(figures.max_drawdown_ratio),
        trades=figures.trades,
        sales=figures.sales,
        win_ratio=None if figures.win_ratio is None else format_amount(figures.win_ratio),
        realised=format_amount(figures.realised),
        fees_paid=format_amount(figures.fees_paid),
        exposure_ratio=format_amount(figures.exposure_ratio),
        firings=figures.firings,
    )


def _hold(figures: HoldFigures) -> dict[str, str | None]:
    return {
        "end_value": format_amount(figures.end_value),
        "return_ratio": None if figures.return_ratio is None else format_amount(figures.return_ratio),
        "max_drawdown_ratio": format_amount(figures.max_drawdown_ratio),
    }


def _equity(replayed: Replayed) -> EquityShape:
    curve, tape = replayed.result.curve(), replayed.stage.tape
    return EquityShape(
        at=[to_ms(tape.instant(place)) for place in curve.places],
        values=[_known(value) for value in curve.values],
        hold=[_known(value) for value in curve.hold],
    )


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN


def _firings(replayed: Replayed) -> list[ReplayFiringShape]:
    numbers = {id(each): number for number, each in enumerate(replayed.rule_sets)}
    return [_firing(each, numbers[id(each.rule_set)]) for each in replayed.firings[:TOLD_MAX]]


def _firing(firing: ReplayedFiring, number: int) -> ReplayFiringShape:
    return ReplayFiringShape(
        rule_set=number,
        instant=format_instant(firing.instant),
        evidence=seen_shapes(firing.evidence),
        outcomes=[OutcomeShape(action=each.action, outcome=each.outcome) for each in firing.outcomes],
    )


def _fills(replayed: Replayed) -> list[ReplayFillShape]:
    told = zip(replayed.fills[:TOLD_MAX], replayed.result.gains()[:TOLD_MAX], strict=True)
    return [
        ReplayFillShape(
            at=format_instant(fill.at),
            account_id=fill.account_id,
            instrument=str(fill.instrument),
            side=fill.side,
            quantity=format_amount(fill.quantity),
            price=format_amount(fill.price),
            fee=format_amount(fill.fee),
            fee_asset=fill.fee_asset,
            reason=fill.reason,
            gain=None if gain is None else format_amount(gain),
        )
        for fill, gain in told
    ]


def _holding(held: HeldAsset) -> HeldAssetShape:
    return HeldAssetShape(
        account_id=held.key[0],
        asset=held.key[1],
        amount=format_amount(held.quantity),
        value=None if held.value is None else format_amount(held.value),
    )

"""Puts the nodes of an expression together: what may stand where, and constants computed at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final

from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.catalogue import PERIOD_MAX, Parameter
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.model import (
    ASSET_METRICS,
    COIN_METRICS,
    MARKET_METRICS,
    WHOLE_METRICS,
    Arithmetic,
    Field,
    Lag,
    Leaf,
    Metric,
    MetricName,
    Negation,
    Node,
    Number,
    Operator,
    Price,
    Target,
    parts,
    walk,
)
from nightdesk.kernel.assets import AssetId, Instrument

_EXACT: Final = Context(prec=28)
_MAGNITUDE_MAX: Final = 30


def number(value: Decimal, position: int) -> Number:
    """A constant.

    Raises:
        ExpressionError: `indicators.number`: far too large or too small.
    """
    if value and abs(value.adjusted()) > _MAGNITUDE_MAX:
        raise ExpressionError("indicators.number", "This number is out of range", position)
    return Number(value + 0 if value else Decimal(0))


def negated(of: Node) -> Node:
    """The node with its sign turned."""
    match of:
        case Number(value=value):
            return Number(-value if value else value)
        case Negation(of=inner):
            return inner
        case _:
            return Negation(of)


def joined(operator: Operator, left: Node, right: Node, position: int) -> Node:
    """Both with the operator between them; constants are computed exactly.

    Raises:
        ExpressionError: `indicators.division_by_zero`: by the constant zero.
    """
    if operator is Operator.DIVIDE and isinstance(right, Number) and not right.value:
        raise ExpressionError("indicators.division_by_zero", "Nothing can be divided by zero", position)
    if isinstance(left, Number) and isinstance(right, Number):
        return number(_computed(operator, left.value, right.value), position)
    return Arithmetic(operator, left, right)


def _computed(operator: Operator, left: Decimal, right: Decimal) -> Decimal:
    match operator:
        case Operator.ADD:
            return _EXACT.add(left, right)
        case Operator.SUBTRACT:
            return _EXACT.subtract(left, right)
        case Operator.MULTIPLY:
            return _EXACT.multiply(left, right)
        case Operator.DIVIDE:
            return _EXACT.divide(left, right)


def price(series: SeriesName, resolution: Resolution, field: Field, position: int) -> Price:
    """A column of bars.

    Raises:
        ExpressionError: `indicators.resolution_unavailable`: portfolios have no bars under 15 minutes.
    """
    if isinstance(series, PortfolioSeries) and resolution.span < Resolution.MINUTES_15.span:
        message = f"A portfolio has no bars under {Resolution.MINUTES_15}"
        raise ExpressionError("indicators.resolution_unavailable", message, position)
    return Price(series, resolution, field)


def metric(name: MetricName, target: Target, asset: AssetId | None, position: int) -> Metric:
    """A live figure.

    Raises:
        ExpressionError: `indicators.metric_target`: the figure is not one of such a thing.
    """
    of_market = isinstance(target, Instrument)
    if (name in MARKET_METRICS) is not of_market and name not in COIN_METRICS:
        kind = "a market" if name in MARKET_METRICS else "a portfolio or an account"
        raise ExpressionError("indicators.metric_target", f"{name} is a figure of {kind}", position)
    if name in ASSET_METRICS and asset is None:
        raise ExpressionError("indicators.metric_target", f"{name} needs an asset, as in {name}(…,BTC)", position)
    if asset is not None and (of_market or name in WHOLE_METRICS):
        raise ExpressionError("indicators.metric_target", f"{name} takes no asset", position)
    return Metric(name, target, asset)


def lag(of: Node, bars: int, position: int) -> Lag:
    """What it was so many bars ago.

    Raises:
        ExpressionError: `indicators.lag`, or what `require_bars` raises.
    """
    if not 1 <= bars <= PERIOD_MAX:
        raise ExpressionError("indicators.lag", f"lag goes back 1 to {PERIOD_MAX} bars", position)
    require_bars((of,), position)
    return Lag(of, bars)


def require_bars(inputs: Sequence[Node], position: int) -> None:
    """Pass if all of it is computed from bars of one resolution.

    Raises:
        ExpressionError: `indicators.live_in_function`, `indicators.no_bars`, `indicators.mixed_resolutions`.
    """
    nodes = [node for each in inputs for node in walk(each)]
    live = next((node for node in nodes if isinstance(node, Metric)), None)
    if live is not None:
        message = f"{live.name} is a live figure without bars; take close(…) of a resolution instead"
        raise ExpressionError("indicators.live_in_function", message, position)
    if not all(any(isinstance(node, Price) for node in walk(each)) for each in inputs):
        raise ExpressionError("indicators.no_bars", "A function is computed over bars, not over a constant", position)
    if len({node.resolution for node in nodes if isinstance(node, Price)}) > 1:
        message = "A function is computed over bars of one resolution; join different ones outside of it"
        raise ExpressionError("indicators.mixed_resolutions", message, position)


def parameter_value(parameter: Parameter, value: Decimal, position: int) -> int | float:
    """The parameter's number as the function takes it.

    Raises:
        ExpressionError: `indicators.parameter_range`.
    """
    taken = int(value) if parameter.whole else float(value)
    if not parameter.lowest <= taken <= parameter.highest or (parameter.whole and taken != value):
        kind = "a whole number" if parameter.whole else "a number"
        message = f"{parameter.name} is {kind} from {parameter.lowest} to {parameter.highest}"
        raise ExpressionError("indicators.parameter_range", message, position)
    return taken


def leaves_of(root: Node) -> tuple[Leaf, ...]:
    """What the tree's arithmetic stands on, each once, in order of appearance."""
    found: dict[Leaf, None] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Leaf):
            found[node] = None
        else:
            pending.extend(reversed(parts(node)))
    return tuple(found)

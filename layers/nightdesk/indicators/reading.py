"""The reader of expressions: one method for each thing that can stand in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from nightdesk.candles.model import SeriesName, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators import building
from nightdesk.indicators.arguments import Arguments
from nightdesk.indicators.catalogue import Function, catalogue
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import LAG, RESOLUTION, SERIES, Formula, Formulas
from nightdesk.indicators.limits import DEPTH_MAX, Budget
from nightdesk.indicators.model import (
    AccountTarget,
    Call,
    Field,
    Metric,
    MetricName,
    Node,
    Number,
    Operator,
    SignalTarget,
    Target,
)
from nightdesk.indicators.scanner import ASSET, NAME, NUMBER, TARGET, Scanner
from nightdesk.indicators.scanner import RESOLUTION as RESOLUTION_PATTERN
from nightdesk.kernel.assets import asset_id
from nightdesk.kernel.errors import InvalidInput

Meant = TypeVar("Meant")
_METRICS: Final = frozenset(metric.value for metric in MetricName)
_FIELDS: Final = frozenset(field.value for field in Field)
_RESOLUTIONS: Final = frozenset(resolution.value for resolution in Resolution)
_SUMS: Final = (Operator.ADD, Operator.SUBTRACT)
_PRODUCTS: Final = (Operator.MULTIPLY, Operator.DIVIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """What words mean where a text is read.

    Attributes:
        budget: Shared by all texts of one expression.
        path: Names of the formulas within which we are, outermost first.
        depth: How deep the text's use lies already.
    """

    formulas: Formulas
    budget: Budget
    series: str | None = None
    resolution: str | None = None
    numbers: Mapping[str, Decimal] = attribute(default_factory=dict)
    path: tuple[str, ...] = ()
    depth: int = 0


class Reader:
    """Reads one text."""

    def __init__(self, text: str, bindings: Bindings) -> None:
        self._scanner = Scanner(text)
        self._bindings = bindings
        self._depth = bindings.depth

    def read(self) -> Node:
        """The tree of the whole text.

        Raises:
            ExpressionError: It is no expression.
        """
        root = self._sum()
        if not self._scanner.ended:
            raise self._scanner.error(f"An operator or the end is expected{self._scanner.found()}")
        return root

    def _sum(self) -> Node:
        self._descend()
        node = self._product()
        while (operator := self._operator(_SUMS)) is not None:
            position = self._scanner.position
            node = building.joined(operator, node, self._product(), position)
        self._depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while (operator := self._operator(_PRODUCTS)) is not None:
            position = self._scanner.position
            node = building.joined(operator, node, self._signed(), position)
        return node

    def _signed(self) -> Node:
        turned = False
        while self._scanner.takes("-"):
            turned = not turned
        node = self._single()
        return building.negated(node) if turned else node

    def _single(self) -> Node:
        position = self._scanner.position
        self._bindings.budget.spend(position)
        if self._scanner.takes("("):
            node = self._sum()
            self._scanner.expect(")")
            return node
        digits = self._scanner.take(NUMBER)
        if digits is not None:
            return building.number(Decimal(digits), position)
        return self._named(self._scanner.require(NAME, "A number, a function or a formula"), position)

    def _named(self, name: str, position: int) -> Node:
        if not self._scanner.takes("("):
            return self._bound(name, position)
        if name == LAG:
            return self._lag(position)
        if name.lower() == MetricName.SIGNAL:
            return self._signal()
        if name.lower() in _METRICS:
            return self._metric(MetricName(name.lower()), position)
        if name.lower() in _FIELDS:
            return self._price(Field(name.lower()), position)
        function = catalogue().get(name.upper())
        return self._formula(name, position) if function is None else self._call(function, position)

    def _bound(self, name: str, position: int) -> Node:
        value = self._bindings.numbers.get(name)
        if value is None:
            message = f"{name[:40]!r} means nothing here; functions and formulas are followed by ("
            raise ExpressionError("indicators.unknown_name", message, position)
        return building.number(value, position)

    def _lag(self, position: int) -> Node:
        of = self._sum()
        self._scanner.expect(",")
        bars = self._whole()
        self._scanner.expect(")")
        return building.lag(of, bars, position)

    def _metric(self, name: MetricName, position: int) -> Node:
        target = self._target()
        asset = None
        if self._scanner.takes(","):
            start = self._scanner.position
            asset = _meant(start, lambda: asset_id(self._scanner.require(ASSET, "An asset")))
        self._scanner.expect(")")
        return building.metric(name, target, asset, position)

    def _signal(self) -> Node:
        """The newest signal of a name, of one market or of any."""
        name = self._scanner.require(ASSET, "The name of a signal")
        market = self._scanner.require(ASSET, "A market") if self._scanner.takes(",") else None
        self._scanner.expect(")")
        return Metric(MetricName.SIGNAL, SignalTarget(name, market))

    def _price(self, column: Field, position: int) -> Node:
        series, resolution = self._bars()
        self._scanner.expect(")")
        return building.price(series, resolution, column, position)

    def _call(self, function: Function, position: int) -> Node:
        inputs = self._own_columns(function, position) if self._sees_series() else self._inputs(function)
        parameters = Arguments(self._scanner, self._constant, begun=True).parameters(function)
        building.require_bars(inputs, position)
        return Call(function.name, inputs, parameters, self._output(function))

    def _own_columns(self, function: Function, position: int) -> tuple[Node, ...]:
        series, resolution = self._bars()
        columns = [each.field for each in function.inputs]
        missing = next((each.name for each in function.inputs if each.field is None), None)
        if missing is not None:
            message = f"{function.name} needs a formula for {missing}; give one for each input"
            raise ExpressionError("indicators.inputs", message, position)
        return tuple(building.price(series, resolution, column, position) for column in columns if column)

    def _inputs(self, function: Function) -> tuple[Node, ...]:
        inputs = []
        for number, _ in enumerate(function.inputs):
            if number and not self._scanner.takes(","):
                names = ", ".join(each.name for each in function.inputs)
                message = f"{function.name} takes a series and its resolution, or a formula for each of: {names}"
                raise ExpressionError("indicators.inputs", message, self._scanner.position)
            inputs.append(self._sum())
        return tuple(inputs)

    def _output(self, function: Function) -> str:
        if not self._scanner.takes("."):
            return function.outputs[0]
        position = self._scanner.position
        output = self._scanner.require(NAME, "The name of an output")
        if output not in function.outputs:
            message = f"{function.name} has no output {output[:40]!r}, but {', '.join(function.outputs)}"
            raise ExpressionError("indicators.unknown_output", message, position)
        return output

    def _formula(self, name: str, position: int) -> Node:
        formula = self._bindings.formulas.get(name)
        if formula is None:
            message = f"There is no function and no formula {name[:40]!r}"
            raise ExpressionError("indicators.unknown_function", message, position)
        if name in self._bindings.path:
            message = f"The formula would use itself: {' > '.join((*self._bindings.path, name))}"
            raise ExpressionError("indicators.cycle", message, position)
        return self._written_out(formula, position)

    def _written_out(self, formula: Formula, position: int) -> Node:
        bindings = replace(self._bindings, path=(*self._bindings.path, formula.name), depth=self._depth)
        bars = self._bars() if self._sees_series() else None
        numbers = Arguments(self._scanner, self._constant, begun=bars is not None).numbers(formula)
        series, resolution = (None, None) if bars is None else map(str, bars)
        bindings = replace(bindings, series=series, resolution=resolution, numbers=numbers)
        try:
            return Reader(formula.text, bindings).read()
        except ExpressionError as error:
            raise ExpressionError(error.code, f"In {formula.name}: {error.reason}", position) from None

    def _bars(self) -> tuple[SeriesName, Resolution]:
        position = self._scanner.position
        text = self._word(SERIES, self._bindings.series) or self._scanner.require(TARGET, "A series")
        series = _meant(position, lambda: parse_series(text))
        self._scanner.expect(",")
        return series, self._resolution()

    def _resolution(self) -> Resolution:
        position = self._scanner.position
        text = self._word(RESOLUTION, self._bindings.resolution)
        text = text or self._scanner.require(RESOLUTION_PATTERN, "A resolution such as 15m")
        if text not in _RESOLUTIONS:
            names = ", ".join(Resolution)
            raise ExpressionError("indicators.unknown_resolution", f"{text} is none of {names}", position)
        return Resolution(text)

    def _target(self) -> Target:
        position = self._scanner.position
        text = self._word(SERIES, self._bindings.series)
        text = text or self._scanner.require(TARGET, "A market, portfolio or account")
        return _meant(position, lambda: _target_of(text))

    def _sees_series(self) -> bool:
        return self._scanner.sees(TARGET) is not None or self._scanner.sees(NAME) == SERIES

    def _word(self, word: str, meaning: str | None) -> str | None:
        """What a placeholder stands for, if it comes next."""
        if self._scanner.sees(NAME) != word:
            return None
        if meaning is None:
            message = f"Nothing says which {word} is meant; give the formula a series and a resolution"
            raise ExpressionError("indicators.unbound", message, self._scanner.position)
        self._scanner.take(NAME)
        return meaning

    def _constant(self) -> Decimal:
        position = self._scanner.position
        node = self._sum()
        if not isinstance(node, Number):
            raise ExpressionError("indicators.not_constant", "A number is expected, not a figure", position)
        return node.value

    def _whole(self) -> int:
        position = self._scanner.position
        value = self._constant()
        if value != int(value):
            raise ExpressionError("indicators.lag", "A whole number is expected", position)
        return int(value)

    def _operator(self, operators: tuple[Operator, ...]) -> Operator | None:
        return next((operator for operator in operators if self._scanner.takes(operator)), None)

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            message = f"An expression is at most {DEPTH_MAX} deep"
            raise ExpressionError("indicators.too_large", message, self._scanner.position)


def _target_of(text: str) -> Target:
    kind, _, rest = text.partition(":")
    if kind.upper() != "ACCOUNT":
        return parse_series(text)
    try:
        return AccountTarget(UUID(rest))
    except ValueError:
        raise InvalidInput("indicators.target", f"{text[:60]!r} names no account.") from None


def _meant(position: int, read: Callable[[], Meant]) -> Meant:
    """What a name means; what is wrong with it is told with its place."""
    try:
        return read()
    except ExpressionError:
        raise
    except InvalidInput as error:
        raise ExpressionError(error.code, error.message.rstrip("."), position) from None

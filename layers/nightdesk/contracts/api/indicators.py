"""Functions of expressions, expressions themselves, and the user's formulas."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.indicators.canonical import plain
from nightdesk.indicators.catalogue import Function
from nightdesk.indicators.formula import PARAMETERS_MAX, Formula, FormulaParameter
from nightdesk.indicators.limits import CHARACTERS_MAX
from nightdesk.indicators.model import Expression
from nightdesk.indicators.ports import FormulaVersion
from nightdesk.kernel.instants import format_instant

FormulaName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
ExpressionText = Annotated[str, StringConstraints(min_length=1, max_length=CHARACTERS_MAX)]
NumberText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$")]


class InputShape(Shape):
    """What a function is computed over; `field` is the column taken of a series, null if it needs a formula."""

    name: str
    field: str | None


class ParameterShape(Shape):
    """A number that a function is set with; `choices` are names of the numbers from 0 on."""

    name: str
    whole: bool
    default: float
    lowest: float
    highest: float
    choices: list[str]


class OutputShape(Shape):
    """What a function gives, and how it is drawn."""

    name: str
    style: Literal["line", "dashed", "histogram"]


class FunctionShape(Shape):
    """A function of the catalogue.

    Attributes:
        overlay: On the scale of its input: drawn over the price.
        pattern: Tells a candlestick pattern: 100, 0 or -100.
    """

    name: str
    title: str
    group: str
    inputs: list[InputShape]
    parameters: list[ParameterShape]
    outputs: list[OutputShape]
    overlay: bool
    pattern: bool


class FunctionList(Shape):
    """Every function, by name."""

    items: list[FunctionShape]


class ExpressionShape(Shape):
    """What a text means.

    Attributes:
        text: Canonical, with every formula written out.
        series: Whose bars it is computed from, with their resolutions: `BINANCE:BTC/USDT,1h`.
        metrics: Live figures in it.
    """

    text: str
    series: list[str]
    metrics: list[str]
    warm_up_bars: int


class FormulaParameterShape(RequestShape):
    """A number that each use of the formula may set."""

    name: FormulaName
    default: NumberText


class PutFormula(RequestShape):
    """A formula as it shall be; `replaces` is the version seen, 0 for a new one."""

    text: ExpressionText
    parameters: Annotated[tuple[FormulaParameterShape, ...], Field(max_length=PARAMETERS_MAX)] = ()
    replaces: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class FormulaParameterTold(Shape):
    """A parameter of a formula."""

    name: str
    default: DecimalText


class FormulaShape(Shape):
    """One version of a formula; its text is null where it was removed."""

    name: str
    version: int
    text: str | None
    parameters: list[FormulaParameterTold]
    made_at: InstantText


class FormulaList(Shape):
    """Formulas by name, or versions of one from the oldest on."""

    items: list[FormulaShape]


def function_shape(function: Function) -> FunctionShape:
    """The function as it is answered."""
    return FunctionShape(
        name=function.name,
        title=function.title,
        group=function.group,
        inputs=[InputShape(name=each.name, field=each.field) for each in function.inputs],
        parameters=[
            ParameterShape(
                name=each.name,
                whole=each.whole,
                default=each.default,
                lowest=each.lowest,
                highest=each.highest,
                choices=list(each.choices),
            )
            for each in function.parameters
        ],
        outputs=[
            OutputShape(name=name, style=style) for name, style in zip(function.outputs, function.styles, strict=True)
        ],
        overlay=function.overlay,
        pattern=function.pattern,
    )


def expression_shape(expression: Expression) -> ExpressionShape:
    """The expression as it is answered."""
    bars = sorted(f"{series},{resolution}" for series, resolution in expression.bars)
    return ExpressionShape(
        text=expression.text,
        series=bars,
        metrics=sorted({metric.name.value for metric in expression.metrics}),
        warm_up_bars=expression.warm_up_bars,
    )


def formula_of(name: str, wanted: PutFormula) -> Formula:
    """What the caller wants kept."""
    parameters = tuple(FormulaParameter(each.name, Decimal(each.default)) for each in wanted.parameters)
    return Formula(name, wanted.text, parameters)


def formula_shape(version: FormulaVersion) -> FormulaShape:
    """The version as it is answered."""
    formula = version.formula
    parameters = formula.parameters if formula else ()
    return FormulaShape(
        name=version.name,
        version=version.version,
        text=formula.text if formula else None,
        parameters=[FormulaParameterTold(name=each.name, default=plain(each.default)) for each in parameters],
        made_at=format_instant(version.made_at),
    )

"""What is asked of expressions over the bars of a chart, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, ValidationError

from nightdesk.candles.resolutions import Resolution
from nightdesk.contracts.api.common import RequestShape, Shape
from nightdesk.contracts.api.indicators import ExpressionText
from nightdesk.indicators.limits import EXPRESSIONS_MAX
from nightdesk.kernel.errors import InvalidInput

_MANY: Final = frozenset({"expression"})
InstantOrMs = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class HistoryRequest(RequestShape):
    """What is asked.

    Attributes:
        expression: One or more; in them `series` and `resolution` mean those asked for here.
        series: Whose bars are told of.
        from_: RFC 3339 or milliseconds since 1970; the first bar begins then or later.
        to: Exclusive, likewise; without it as many bars as are told at once.
        forming: The bar that forms, as start in milliseconds, open, high, low, close and volume with commas between.
    """

    expression: Annotated[list[ExpressionText], Field(min_length=1, max_length=EXPRESSIONS_MAX)]
    series: Annotated[str, StringConstraints(min_length=3, max_length=100)]
    resolution: Resolution
    from_: Annotated[InstantOrMs, Field(alias="from")]
    to: InstantOrMs | None = None
    forming: Annotated[str, StringConstraints(max_length=200)] | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, Sequence[str]]) -> Self:
        """The request of a query string.

        Raises:
            InvalidInput: `request.invalid`.
        """
        given = {name: list(values) if name in _MANY else values[-1] for name, values in parameters.items()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3]]
            raise InvalidInput("request.invalid", "; ".join(told)) from None


class IndicatorValues(Shape):
    """One expression's values.

    Attributes:
        expression: As it was asked for.
        text: Canonical.
        values: One for each bar; null where there is none.
    """

    expression: str
    text: str
    values: list[float | None]


class IndicatorHistory(Shape):
    """Values of expressions at the bars of a series; `starts` are in milliseconds since 1970."""

    series: str
    resolution: str
    starts: list[int]
    items: list[IndicatorValues]

"""Arrays and streams give the same bits: for every function of TA-Lib, and for formulas made at random."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightdesk.indicators.bars import Bars, Floats
from nightdesk.indicators.batch import Segment
from nightdesk.indicators.building import joined, negated
from nightdesk.indicators.catalogue import Function, catalogue
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.functions import bound
from nightdesk.indicators.language import expression_of, parse
from nightdesk.indicators.limits import warm_up_bars
from nightdesk.indicators.model import Call, Field, Lag, Node, Number, Operator, Price
from nightdesk.indicators.stream import Track
from tests.builders.bars import BTC, rows, walk
from tests.lengths import length

BARS = walk(400)
BEGINNINGS = (0, 3, 60, 250)


def same(left: Sequence[float] | Floats, right: Sequence[float] | Floats) -> bool:
    """Bit for bit; no value is as good as no value."""
    return np.array_equal(np.asarray(left), np.asarray(right), equal_nan=True)


def streamed(node: Node, bars: Bars, begin: int) -> tuple[list[float], list[float]]:
    """What peeking at each bar told, and what closing it told, after beginning from some."""
    track = Track({BTC: bars.cut(bars.first, bars.first + begin)}, [node])
    peeked, closed = [], []
    for row in rows(bars)[begin:]:
        track.peek([(row[0], row[1] * 1.1, row[2] * 0.9, row[3], row[4] + 1)])  # leaves nothing behind
        track.peek([row])
        peeked.append(track.cells[0].forming)
        track.push([row])
        closed.append(track.cells[0].closed)
    return peeked, closed


def assert_same(node: Node, begin: int) -> None:
    whole = Segment({BTC: BARS}).of(node)
    peeked, closed = streamed(node, BARS, begin)
    assert same(closed, whole[begin:]), expression_of(node).text
    assert same(peeked, whole[begin:]), expression_of(node).text


def texts(function: Function) -> list[str]:
    """One expression for each output."""
    inputs = "BINANCE:BTC/USDT,1h"
    if any(each.field is None for each in function.inputs):
        inputs = "close(BINANCE:BTC/USDT,1h),RSI(BINANCE:BTC/USDT,1h) / 4"
    return [f"{function.name}({inputs}).{output}" for output in function.outputs]


@pytest.mark.parametrize("name", catalogue())
def test_every_function_gives_the_same_bits_bar_by_bar(name: str) -> None:
    for text in texts(catalogue()[name]):
        for begin in BEGINNINGS:
            assert_same(parse(text).root, begin)


prices = st.sampled_from(Field).map(lambda field: Price(BTC, BARS.resolution, field))
numbers = st.integers(-20, 20).filter(bool).map(lambda value: Number(Decimal(value) / 4))


@st.composite
def calls(draw: st.DrawFn, inputs: st.SearchStrategy[Node]) -> Node:
    """A function over formulas, with small parameters."""
    function = catalogue()[draw(st.sampled_from(sorted(catalogue())))]
    parameters: list[int | float] = []
    for parameter in function.parameters:
        if parameter.whole:
            parameters.append(draw(st.integers(int(parameter.lowest), min(int(parameter.highest), 20))))
        else:
            low, high = max(parameter.lowest, -5.0), min(parameter.highest, 5.0)
            parameters.append(draw(st.floats(low, high).map(lambda value: round(value, 3))))
    return Call(
        function.name,
        tuple(draw(inputs) for _ in function.inputs),
        tuple(parameters),
        draw(st.sampled_from(function.outputs)),
    )


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        calls(inner),
        st.builds(Lag, inner, st.integers(1, 5)),
        st.builds(negated, inner),
        st.builds(joined, st.sampled_from(Operator), inner, inner | numbers, st.just(0)),
    )


trees = st.recursive(prices, _larger, max_leaves=6)


@settings(max_examples=length(50, 150), deadline=None)
@given(trees, st.sampled_from(BEGINNINGS))
def test_random_formulas_give_the_same_bits_bar_by_bar(tree: Node, begin: int) -> None:
    try:
        assert_same(tree, begin)
    except ExpressionError as error:
        assert error.code in {"indicators.parameters_refused", "indicators.warm_up_too_long"}  # noqa: PT017


@settings(max_examples=length(50, 100), deadline=None)
@given(trees)
@example(Call("STDDEV", (Price(BTC, BARS.resolution, Field.OPEN),), (2, -0.0), "real"))
def test_a_canonical_text_is_read_as_the_same_expression(tree: Node) -> None:
    try:
        text = expression_of(tree).text
    except ExpressionError:
        return
    assert parse(text).text == text


@settings(max_examples=length(100, 300), deadline=None)
@given(calls(prices))
def test_no_function_needs_more_bars_than_the_catalogue_says(call: Node) -> None:
    assert isinstance(call, Call)
    try:
        assert bound(call).lookback <= warm_up_bars(call)
    except ExpressionError as error:
        assert error.code == "indicators.parameters_refused"  # noqa: PT017

"""Reads expressions.

    price(BINANCE:BTC/USDT)                         a live figure
    close(BINANCE:BTC/USDT,1h)                      a column of bars: open, high, low, close, volume
    RSI(BINANCE:BTC/USDT,15m,14)                    a function over a series' bars
    MACD(BINANCE:BTC/USDT,1h,12,26,9).macdsignal    one of its outputs; the first if none is named
    EMA(RSI(BINANCE:BTC/USDT,15m),timeperiod=9)     a function over formulas, one for each input
    lag(close(BINANCE:BTC/USDT,1d),7)               what it was seven bars ago
    trend(PORTFOLIO:<id>,1h) * 100 - 5              the user's own formulas, and arithmetic
    signal(breakout), signal(breakout,BTCUSDT)      what the newest signal of a name says, of one market or of any

Names of functions are read in any case. Parameters may be left out from the end, or named.
"""

from __future__ import annotations

from nightdesk.indicators.building import leaves_of
from nightdesk.indicators.canonical import canonical
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formula, Formulas, require_named
from nightdesk.indicators.limits import CHARACTERS_MAX, Budget, require_small
from nightdesk.indicators.model import Expression, Node
from nightdesk.indicators.reading import Bindings, Reader

_SAMPLES = (("BINANCE:BTC/USDT", "1h"), ("PORTFOLIO:00000000-0000-4000-8000-000000000000", "1h"))


def parse(text: str, formulas: Formulas | None = None, *, on: tuple[str, str] | None = None) -> Expression:
    """The expression that a text is, with every formula it uses written out.

    Args:
        text: What somebody wrote.
        formulas: Those it may use.
        on: What `series` and `resolution` mean in it, such as those of a chart.

    Raises:
        ExpressionError: It is none; its code says why, its position where.
    """
    series, resolution = on or (None, None)
    bindings = Bindings(formulas=formulas or {}, budget=Budget(), series=series, resolution=resolution)
    return expression_of(_tree(text, bindings))


def expression_of(root: Node) -> Expression:
    """The expression of a tree.

    Raises:
        ExpressionError: `indicators.too_large`, `indicators.warm_up_too_long`.
    """
    warm_up_bars = require_small(root)
    text = canonical(root)
    _require_short(text)
    return Expression(text, root, leaves_of(root), warm_up_bars)


def check_formula(formula: Formula, formulas: Formulas | None = None) -> Expression:
    """What the formula is on some series: a market, or a portfolio if it is only for those.

    Args:
        formula: With a new name, or in the place of one that is there.
        formulas: Others that it may use.

    Raises:
        ExpressionError: It has a name that it can't have, or could be used on neither; `indicators.cycle` if it
            would use itself.
    """
    require_named(formula)
    known = {**(formulas or {}), formula.name: formula}
    try:
        return _sampled(formula, known, _SAMPLES[0])
    except ExpressionError as error:
        if error.code != "indicators.metric_target":
            raise
        return _sampled(formula, known, _SAMPLES[1])


def _sampled(formula: Formula, formulas: Formulas, sample: tuple[str, str]) -> Expression:
    numbers = {parameter.name: parameter.default for parameter in formula.parameters}
    series, resolution = sample
    bindings = Bindings(
        formulas=formulas,
        budget=Budget(),
        series=series,
        resolution=resolution,
        numbers=numbers,
        path=(formula.name,),
    )
    return expression_of(_tree(formula.text, bindings))


def _tree(text: str, bindings: Bindings) -> Node:
    _require_short(text)
    return Reader(text, bindings).read()


def _require_short(text: str) -> None:
    if len(text) > CHARACTERS_MAX:
        raise ExpressionError("indicators.too_large", f"An expression has at most {CHARACTERS_MAX} characters")

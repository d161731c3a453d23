"""What expressions mean, and where they go wrong."""

from decimal import Decimal

import pytest

from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.exact import exact
from nightdesk.indicators.formula import Formula, FormulaParameter
from nightdesk.indicators.language import check_formula, parse
from nightdesk.indicators.limits import NODES_MAX
from nightdesk.indicators.model import Leaf

B = "BINANCE:BTC/USDT"
P = "PORTFOLIO:00000000-0000-4000-8000-000000000001"
A = "ACCOUNT:00000000-0000-4000-8000-000000000002"
TREND = Formula(
    "trend",
    "EMA(series,resolution,fast) - EMA(series, resolution, fast * 2)",
    (FormulaParameter("fast", Decimal(12)),),
)
RATIO = Formula("ratio", f"trend(series,resolution,fast=3) / trend({B},1h)")
FORMULAS = {formula.name: formula for formula in (TREND, RATIO, Formula("endless", "endless(series,resolution)"))}

MEANT = {
    "Signal( breakout )": "signal(breakout)",
    "signal(breakout,BINANCE:BTC/USDT) * 2": "signal(breakout,BINANCE:BTC/USDT) * 2",
    f"price({B})": f"price({B})",
    " close ( binance:btc/usdt , 1h ) ": f"close({B},1h)",
    f"rsi({B},15m)": f"RSI({B},15m,14)",
    f"RSI(close({B},15m), timeperiod = 9)": f"RSI({B},15m,9)",
    f"MACD({B},1h).macdsignal": f"MACD({B},1h,12,26,9).macdsignal",
    f"MACD({B},1h)": f"MACD({B},1h,12,26,9).macd",
    f"BBANDS({B},1h,20,2,matype=ema).lowerband": f"BBANDS({B},1h,20,2,2,EMA).lowerband",
    f"STDDEV({B},1h,2,-0)": f"STDDEV({B},1h,2,0)",
    f"EMA(RSI({B},15m),9)": f"EMA(RSI({B},15m,14),9)",
    f"CORREL(close({B},1h),close(KRAKEN:1INCH/USD,1h))": f"CORREL(close({B},1h),close(KRAKEN:1INCH/USD,1h),30)",
    f"ATR(high({B},1h),low({B},1h),close({B},1h),5)": f"ATR({B},1h,5)",
    f"ATR(high({B},1h),low({B},1h),open({B},1h),5)": f"ATR(high({B},1h),low({B},1h),open({B},1h),5)",
    f"lag(close({B},1d),7)": f"lag(close({B},1d),7)",
    f"balance({P},btc) * 2": f"balance({P},BTC) * 2",
    f"value({A},BTC) + value({P})": f"value({A},BTC) + value({P})",
    f"1 - (2 - close({B},1h)) / (3 * 4)": f"1 - (2 - close({B},1h)) / 12",
    f"-(-close({B},1h)) - -5": f"close({B},1h) - -5",
    f"-(close({B},1h) + 1.50)": f"-(close({B},1h) + 1.5)",
    f"trend({B},1h)": f"EMA({B},1h,12) - EMA({B},1h,24)",
    f"ratio({P},1d)": f"(EMA({P},1d,3) - EMA({P},1d,6)) / (EMA({B},1h,12) - EMA({B},1h,24))",
}

WRONG = {
    "": ("indicators.syntax", 0),
    "1 +": ("indicators.syntax", 3),
    f"price({B}) 2": ("indicators.syntax", 24),
    f"close({B})": ("indicators.syntax", 22),
    "close(BINANCE:BTC,1h)": ("instrument.malformed", 6),
    "value(ACCOUNT:nobody)": ("indicators.target", 6),
    f"close({B},2h)": ("indicators.unknown_resolution", 23),
    f"close({P},5m)": ("indicators.resolution_unavailable", 0),
    "price(BTC)": ("indicators.syntax", 6),
    f"value({B})": ("indicators.metric_target", 0),
    f"spread({P})": ("indicators.metric_target", 0),
    f"balance({P})": ("indicators.metric_target", 0),
    f"drawdown({P},BTC)": ("indicators.metric_target", 0),
    "fast + 1": ("indicators.unknown_name", 0),
    f"1 + nothing({B},1h)": ("indicators.unknown_function", 4),
    "close(series,1h)": ("indicators.unbound", 6),
    "trend()": ("indicators.unbound", 0),
    f"endless({B},1h)": ("indicators.cycle", 0),
    f"RSI({B},1h,14,2)": ("indicators.parameters", 27),
    f"RSI({B},1h,timeperiod=3,timeperiod=4)": ("indicators.parameters", 37),
    f"BBANDS({B},1h,nbdevup=3,4)": ("indicators.parameters", 37),
    f"RSI({B},1h,1)": ("indicators.parameter_range", 24),
    f"RSI({B},1h,2.5)": ("indicators.parameter_range", 24),
    f"RSI({B},1h,close({B},1h))": ("indicators.not_constant", 24),
    f"MACD({B},1h).signal": ("indicators.unknown_output", 26),
    f"MAVP({B},1h)": ("indicators.inputs", 0),
    f"CORREL(close({B},1h))": ("indicators.inputs", 33),
    f"SMA(price({B}),3)": ("indicators.live_in_function", 0),
    "SMA(5,3)": ("indicators.no_bars", 0),
    f"SMA(close({B},1h) - close({B},1d),3)": ("indicators.mixed_resolutions", 0),
    f"lag(close({B},1h),0)": ("indicators.lag", 0),
    f"lag(close({B},1h),1.5)": ("indicators.lag", 31),
    f"close({B},1h) / (1 - 1)": ("indicators.division_by_zero", 29),
    "1e40": ("indicators.number", 0),
    f"T3({B},1h,1000)": ("indicators.warm_up_too_long", 0),
    "(" * 33 + "1" + ")" * 33: ("indicators.too_large", 32),
    "1+" * NODES_MAX + "1": ("indicators.too_large", 2 * NODES_MAX),
    "1" * 5000: ("indicators.too_large", 0),
}


@pytest.mark.parametrize("text", MEANT)
def test_an_expression_has_one_text_which_means_the_same(text: str) -> None:
    expression = parse(text, FORMULAS)
    assert str(expression) == MEANT[text]
    assert parse(expression.text) == expression


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_what_is_wrong_is_told_with_its_place(text: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse(text, FORMULAS)
    assert (raised.value.code, raised.value.position) == WRONG[text]


def test_leaves_are_what_arithmetic_stands_on() -> None:
    expression = parse(f"EMA({B},1h,12) - EMA({B},1h,26) + EMA({B},1h,12) * price({B}) - close({P},1d)")
    assert len(expression.leaves) == 4
    assert [metric.name for metric in expression.metrics] == ["price"]
    assert {f"{series},{resolution}" for series, resolution in expression.bars} == {f"{B},1h", f"{P},1d"}
    assert parse(f"EMA({B},1h,12)") != f"EMA({B},1h,12)"


def test_a_formula_is_checked_on_a_series_before_it_is_kept() -> None:
    assert check_formula(TREND).text == f"EMA({B},1h,12) - EMA({B},1h,24)"
    assert check_formula(Formula("worth", "value(series) / 2")).metrics
    for name in ("close", "rsi", "lag", "series", "Trend", "x"):
        with pytest.raises(ExpressionError, match="can't be a name"):
            check_formula(Formula(name, "1"))
    with pytest.raises(ExpressionError, match="name of its own"):
        check_formula(Formula("twice", "1", TREND.parameters * 2))
    with pytest.raises(ExpressionError, match="use itself: trend > ratio > trend"):
        check_formula(Formula("trend", "ratio(series,resolution)"), FORMULAS)
    with pytest.raises(ExpressionError, match="In ratio"):
        check_formula(Formula("more", "ratio(series,resolution)"), {"ratio": RATIO})


def test_formulas_that_multiply_are_stopped() -> None:
    doubling = {f"step{n}": Formula(f"step{n}", f"step{n + 1}() + step{n + 1}()") for n in range(12)}
    doubling["step12"] = Formula("step12", "1")
    with pytest.raises(ExpressionError, match="at most"):
        parse("step0()", doubling)


def test_deciding_is_exact_and_knows_what_it_does_not_know() -> None:
    expression = parse(f"-(price({B}) + 0.1) * 3 / value({P}) - 1")
    known: dict[Leaf, Decimal | None] = dict(zip(expression.leaves, (Decimal("0.2"), Decimal(2)), strict=True))
    assert exact(expression, known.get) == Decimal("-1.45")
    assert exact(expression, {**known, expression.leaves[1]: Decimal(0)}.get) is None
    assert exact(expression, {**known, expression.leaves[0]: None}.get) is None

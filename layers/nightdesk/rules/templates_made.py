"""The templates there are: portfolio trailing stop, purchases by plan, grid, RSI, crossing averages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from nightdesk.execution.scope import Scope
from nightdesk.kernel.money import ZERO, add, divide, format_amount, multiply, subtract
from nightdesk.markets.orders import Side
from nightdesk.rules.actions import PanicSell, PlaceOrder, Size, SizeUnit
from nightdesk.rules.model import AllOf, Compare, Condition, Cross, Direction, Operand, Relation, Schedule, TrailingStop
from nightdesk.rules.templates import Draft, Given, Kind, Parameter, Template, refuse, rule

SMALLEST: Final = Decimal(10)
"""Of the quote asset: a position worth less counts as none, and less is not spent."""

PAUSE: Final = timedelta(minutes=1)
"""Between two orders of one rule set, so that what the first brought is known."""

HALF: Final = Decimal("0.5")
ONE: Final = Decimal(1)
_WHOLE: Final = Size(SizeUnit.RATIO, ONE)

_MARKET: Final = (
    Parameter(
        name="instrument",
        label="Market",
        description="What is bought and sold.",
        kind=Kind.INSTRUMENT,
        default="BINANCE:BTC/USDT",
    ),
    Parameter(
        name="account",
        label="Account",
        description="Where it trades; what the account holds of the market's asset counts as the strategy's.",
        kind=Kind.ACCOUNT,
    ),
)


def _resolution(default: str) -> Parameter:
    return Parameter(
        name="resolution", label="Bars", description="Which bars it looks at.", kind=Kind.RESOLUTION, default=default
    )


def _number(name: str, label: str, description: str, *limits: str, kind: Kind = Kind.DECIMAL) -> Parameter:
    default, least, most = limits
    return Parameter(
        name=name,
        label=label,
        description=description,
        kind=kind,
        default=default,
        least=Decimal(least),
        most=Decimal(most),
    )


_SPEND: Final = _number(
    "spend_ratio", "Part to spend", "Of the free quote asset, at each entry.", "0.95", "0.01", "0.99", kind=Kind.RATIO
)
_TRAIL: Final = _number(
    "trail_ratio",
    "Trailing stop",
    "Sells the position when it fell so far below its best; 0 goes without.",
    "0",
    "0",
    "0.9",
    kind=Kind.RATIO,
)


# Conditions that all strategies share ---------------------------------------------------------------------------------


def _balance(given: Given, asset: str) -> str:
    return f"balance(ACCOUNT:{given.account},{asset})"


def _position(given: Given) -> Operand:
    """What is held of the market's asset, in quote."""
    return Operand(f"{_balance(given, given.instrument.base)} * price({given.instrument})")


def _is_out(given: Given) -> tuple[Condition, ...]:
    """Nothing is held, and there is something to spend."""
    least = Operand(format_amount(SMALLEST))
    cash = Operand(_balance(given, given.instrument.quote))
    return Compare(_position(given), Relation.BELOW, least), Compare(cash, Relation.NOT_BELOW, least)


def _is_in(given: Given) -> Compare:
    return Compare(_position(given), Relation.NOT_BELOW, Operand(format_amount(SMALLEST)))


def _order(given: Given, side: Side, size: Size) -> PlaceOrder:
    return PlaceOrder(
        account_id=given.account,
        instrument=given.instrument,
        side=side,
        size=size,
        reduce_only=side is Side.SELL,
    )


def _entry_and_exit(given: Given, name: str, enter: Condition, leave: Condition) -> list[Draft]:
    """All in when one thing is true and nothing is held, all out when another is and something is held."""
    label = f"{name} {given.instrument.symbol}"
    spend = Size(SizeUnit.RATIO, given.amount("spend_ratio"))
    drafts = [
        Draft(
            name=f"{label}: entry",
            rules=rule("enter", AllOf((enter, *_is_out(given)))),
            actions=(_order(given, Side.BUY, spend),),
            cooldown=PAUSE,
        ),
        Draft(
            name=f"{label}: exit",
            rules=rule("leave", AllOf((leave, _is_in(given)))),
            actions=(_order(given, Side.SELL, _WHOLE),),
            cooldown=PAUSE,
        ),
    ]
    return drafts + _stop(given, label)


def _stop(given: Given, label: str) -> list[Draft]:
    trail = given.amount("trail_ratio")
    if not trail:
        return []
    position = Scope(account_id=given.account, asset=given.instrument.base)
    condition = AllOf((TrailingStop(scope=position, trail_ratio=trail), _is_in(given)))
    sell = _order(given, Side.SELL, _WHOLE)
    return [Draft(name=f"{label}: stop", rules=rule("stop", condition), actions=(sell,), cooldown=PAUSE)]


# The strategies -------------------------------------------------------------------------------------------------------


def _portfolio_stop(given: Given) -> Sequence[Draft]:
    stop = TrailingStop(arm_ratio=given.amount("arm_ratio"), trail_ratio=given.amount("trail_ratio"))
    return [Draft(name="Portfolio trailing stop", rules=rule("stop", stop), actions=(PanicSell(),), repeating=False)]


def _planned(given: Given) -> Sequence[Draft]:
    weekday, quote = given.count("weekday"), given.instrument.quote
    due = Schedule(
        minutes=frozenset({0}),
        hours=frozenset({given.count("hour")}),
        weekdays=frozenset({weekday} if weekday else ()),
    )
    amount = given.amount("amount")
    has_cash = Compare(Operand(_balance(given, quote)), Relation.NOT_BELOW, Operand(format_amount(amount)))
    return [
        Draft(
            name=f"Plan {given.instrument.symbol}",
            rules=rule("due", AllOf((due, has_cash))),
            actions=(_order(given, Side.BUY, Size(SizeUnit.QUOTE, amount)),),
        )
    ]


def _grid(given: Given) -> Sequence[Draft]:
    """One unit is bought at each line below the upper price, and sold at the line above; `held` counts the units."""
    count, lower, upper = given.count("lines"), given.amount("lower"), given.amount("upper")
    step = divide(subtract(upper, lower), Decimal(count))
    lines = [subtract(upper, multiply(step, Decimal(number))) for number in range(count + 1)]
    unit = divide(given.amount("amount"), divide(add(lower, upper), Decimal(2)))
    drafts: list[Draft] = []
    for held in range(1, count + 1):
        drafts += _grid_line(given, held, unit, (lines[held], lines[held - 1]))
    return drafts


def _grid_line(given: Given, held: int, unit: Decimal, between: tuple[Decimal, Decimal]) -> list[Draft]:
    low, high = (Operand(format_amount(price)) for price in between)
    price, balance = Operand(f"price({given.instrument})"), Operand(_balance(given, given.instrument.base))
    short = Operand(format_amount(multiply(unit, subtract(Decimal(held), HALF))))
    enter = AllOf((Compare(price, Relation.NOT_ABOVE, low), Compare(balance, Relation.BELOW, short)))
    leave = AllOf((Compare(price, Relation.NOT_BELOW, high), Compare(balance, Relation.NOT_BELOW, short)))
    label = f"Grid {given.instrument.symbol} line {held}"
    part = Size(SizeUnit.RATIO, divide(ONE, Decimal(held)))
    return [
        Draft(
            name=f"{label}: buy",
            rules=rule("below the line", enter),
            actions=(_order(given, Side.BUY, Size(SizeUnit.BASE, unit)),),
            cooldown=PAUSE,
        ),
        Draft(
            name=f"{label}: sell",
            rules=rule("above the next", leave),
            actions=(_order(given, Side.SELL, part),),
            cooldown=PAUSE,
        ),
    ]


def _check_grid(given: Given) -> None:
    if given.amount("lower") <= ZERO or given.amount("upper") <= given.amount("lower"):
        raise refuse("upper", "The upper price must be above the lower, and this above 0.")


def _rsi(given: Given) -> Sequence[Draft]:
    rsi = Operand(f"RSI({given.instrument},{given.resolution},{given.count('period')})")
    enter = Compare(rsi, Relation.BELOW, Operand(given.texts["buy_below"]))
    leave = Compare(rsi, Relation.ABOVE, Operand(given.texts["sell_above"]))
    return _entry_and_exit(given, "RSI", enter, leave)


def _check_rsi(given: Given) -> None:
    if given.amount("buy_below") >= given.amount("sell_above"):
        raise refuse("sell_above", "It sells above where it buys.")


def _averages(given: Given) -> Sequence[Draft]:
    fast, slow = (
        Operand(f"EMA({given.instrument},{given.resolution},{given.count(name)})") for name in ("fast", "slow")
    )
    return _entry_and_exit(given, "Averages", Cross(fast, Direction.ABOVE, slow), Compare(fast, Relation.BELOW, slow))


def _check_averages(given: Given) -> None:
    if given.count("fast") >= given.count("slow"):
        raise refuse("slow", "The slow average is of more bars than the fast.")


_ALL: Final = (
    Template(
        template="portfolio_trailing_stop",
        name="Portfolio trailing stop",
        description="Sells everything when the portfolio fell so far below its best. Deposits and withdrawals count "
        "neither way.",
        parameters=(
            _number("trail_ratio", "Trail", "So far below the best it sells.", "0.1", "0.001", "0.9", kind=Kind.RATIO),
            _number("arm_ratio", "Arm at a gain of", "0 arms at once.", "0", "0", "10", kind=Kind.RATIO),
        ),
        make=_portfolio_stop,
    ),
    Template(
        template="dca",
        name="Regular purchases",
        description="Buys for the same amount at an hour of each day, or of one day of the week (UTC), while there is "
        "enough.",
        parameters=(
            *_MARKET,
            _number("amount", "Amount", "Of the quote asset, each time.", "50", "10", "1000000"),
            _number("hour", "Hour", "0 to 23, in UTC.", "9", "0", "23", kind=Kind.INTEGER),
            _number("weekday", "Day of the week", "1 is Monday; 0 buys daily.", "0", "0", "7", kind=Kind.INTEGER),
        ),
        make=_planned,
    ),
    Template(
        template="grid",
        name="Grid",
        description="Buys a unit at each line below the upper price and sells it at the line above. Its account should "
        "hold none of the asset otherwise.",
        parameters=(
            *_MARKET,
            Parameter(name="lower", label="Lower price", description="The lowest line.", kind=Kind.DECIMAL),
            Parameter(name="upper", label="Upper price", description="Above it everything is sold.", kind=Kind.DECIMAL),
            _number("lines", "Lines", "So many units are bought at most.", "5", "1", "10", kind=Kind.INTEGER),
            _number("amount", "Amount", "About so much of the quote asset a unit.", "100", "10", "1000000"),
        ),
        make=_grid,
        check=_check_grid,
    ),
    Template(
        template="rsi",
        name="RSI",
        description="Buys when the RSI is low and sells when it is high, or when the position's trailing stop fires.",
        parameters=(
            *_MARKET,
            _resolution("15m"),
            _number("period", "Period", "Bars of the RSI.", "14", "2", "200", kind=Kind.INTEGER),
            _number("buy_below", "Buy below", "0 to 100.", "30", "1", "99"),
            _number("sell_above", "Sell above", "0 to 100.", "70", "1", "99"),
            _SPEND,
            _TRAIL,
        ),
        make=_rsi,
        check=_check_rsi,
    ),
    Template(
        template="moving_averages",
        name="Crossing averages",
        description="Buys when the fast exponential average crosses above the slow one and sells when it is below, or "
        "when a trailing stop of the position falls.",
        parameters=(
            *_MARKET,
            _resolution("1h"),
            _number("fast", "Fast", "Bars of the fast average.", "12", "2", "400", kind=Kind.INTEGER),
            _number("slow", "Slow", "Bars of the slow average.", "26", "3", "400", kind=Kind.INTEGER),
            _SPEND,
            _TRAIL,
        ),
        make=_averages,
        check=_check_averages,
    ),
)
TEMPLATES: Final[Mapping[str, Template]] = {each.template: each for each in _ALL}

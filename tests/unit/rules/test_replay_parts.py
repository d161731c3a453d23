"""The parts of a replay: what its orders come to, what its tape tells, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from nightdesk.candles.resolutions import Resolution
from nightdesk.execution.scope import Scope
from nightdesk.indicators.bars import Bars
from nightdesk.indicators.batch import Clock
from nightdesk.indicators.model import Field
from nightdesk.kernel.assets import AssetId, Instrument, parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules.actions import (
    Action,
    BotPart,
    CancelOrders,
    HaltTrading,
    Notify,
    PanicSell,
    PlaceOrder,
    Reduce,
    Sell,
    Size,
    SizeUnit,
    SwitchBot,
)
from nightdesk.rules.model import Compare, Operand, Relation, TrailingStop
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay_account import SimulatedAccount
from nightdesk.rules.replay_broker import Broker, FillModel
from nightdesk.rules.replay_figures import Figures
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_needs import needs_of
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.replay_terms import WORK_MAX, require_work
from tests.builders.bars import START
from tests.builders.replays import ACCOUNT, BTC, ETH, MINUTE, TENANT, USDT, account_of, tape_of, watching, wave

BARS = 50
SOL = parse_instrument("BINANCE:SOL/USDT")
FREE = FillModel(fee_ratio=Decimal(0), slippage_ratio=Decimal(0))


def stage(**quantities: str) -> tuple[Tape, SimulatedAccount, Broker]:
    """A market, a portfolio on it and its broker; ETH has its first bar after twenty."""
    late = wave(BARS, 2, price=20.0)
    tape = tape_of(
        {(BTC, MINUTE): wave(BARS), (ETH, MINUTE): late.cut(late.first + 20, late.end)}, MINUTE, 0, [BTC, ETH]
    )
    account = account_of(tape, **(quantities or {"USDT": "1000", "BTC": "2"}))
    return tape, account, Broker(tape, account, FREE)


def order(side: Side, unit: SizeUnit, value: str, *, limit: str | None = None, market: Instrument = BTC) -> PlaceOrder:
    return PlaceOrder(
        account_id=ACCOUNT,
        instrument=market,
        side=side,
        size=Size(unit, Decimal(value)),
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_price=None if limit is None else Decimal(limit),
    )


def outcomes(broker: Broker, *actions: Action, place: int = 0) -> list[str]:
    return [each.outcome for each in broker.act(actions, place)]


BUY = order(Side.BUY, SizeUnit.QUOTE, "100")


def test_a_halt_stops_what_comes_after_it() -> None:
    _, _, broker = stage()
    told = outcomes(broker, HaltTrading(), PanicSell(), Sell(asset=BTC.base), BUY)
    assert told == ["done", "halted", "halted", "halted"]
    assert broker.next_place is None


def test_a_halt_may_let_sales_pass() -> None:
    _, account, broker = stage()
    assert outcomes(broker, HaltTrading(allow_reducing=True), Sell(asset=BTC.base), PanicSell(), BUY)[1:] == [
        "done",
        "done",
        "halted",
    ]
    broker.fill(1)
    assert account.now.quantity(ACCOUNT, BTC.base) == 0


def test_what_is_no_trade_is_recorded() -> None:
    _, _, broker = stage()
    assert outcomes(broker, Notify(), SwitchBot(bot_id="b", part=BotPart.BUYING, on=False)) == ["told", "not_connected"]


def test_only_resting_orders_of_the_scope_are_cancelled() -> None:
    tape, account, broker = stage()
    low = f"{float(tape.column(BTC, Field.LOW)[10]) + 0.005:.3f}"
    assert outcomes(broker, order(Side.BUY, SizeUnit.BASE, "1", limit=low), CancelOrders(side=Side.SELL)) == [
        "done",
        "nothing_to_do",
    ]
    assert outcomes(broker, CancelOrders(scope=Scope(asset=BTC.base)), CancelOrders()) == ["done", "nothing_to_do"]
    assert (broker.next_place, account.fills) == (None, [])


def test_an_order_that_nothing_reaches_is_never_filled() -> None:
    _, _, broker = stage()
    assert outcomes(broker, order(Side.BUY, SizeUnit.BASE, "1", limit="1"), BUY, place=BARS - 1) == ["done", "done"]
    assert broker.next_place is None


def test_sales_by_amount_ratio_and_scope() -> None:
    _, account, broker = stage(USDT="0", BTC="2", XRP="7")
    half = Size(SizeUnit.BASE, Decimal(1))
    assert outcomes(broker, Sell(asset=BTC.base, size=half), Sell(asset=ETH.base, size=half)) == [
        "done",
        "nothing_to_do",
    ]
    broker.fill(1)
    assert account.now.quantity(ACCOUNT, BTC.base) == 1
    assert outcomes(broker, Reduce(ratio=Decimal("0.5")), PanicSell(scope=Scope(asset=AssetId("XRP"))), place=1) == [
        "done",
        "nothing_to_do",
    ]
    broker.fill(2)
    assert account.now.quantity(ACCOUNT, BTC.base) == Decimal("0.5")


def test_orders_without_price_or_size_are_not_sent() -> None:
    _, _, broker = stage(USDT="0", BTC="2")
    nothing = order(Side.BUY, SizeUnit.RATIO, "1")
    early = order(Side.SELL, SizeUnit.RATIO, "1", market=ETH)
    assert outcomes(broker, nothing, early, order(Side.BUY, SizeUnit.BASE, "1", market=SOL)) == ["nothing_to_do"] * 3


def test_a_purchase_spends_no_more_than_there_is() -> None:
    _, account, broker = stage(USDT="1000", BTC="2")
    sale = order(Side.SELL, SizeUnit.RATIO, "0.5", limit="1")
    assert outcomes(broker, order(Side.BUY, SizeUnit.BASE, "1000"), BUY, sale) == ["done"] * 3
    broker.fill(1)
    assert [fill.side for fill in account.fills] == [Side.SELL, Side.BUY]
    assert 0 <= account.now.quantity(ACCOUNT, USDT) < Decimal("0.01")


def test_the_tape_knows_rates_both_ways_and_by_a_bridge() -> None:
    tape, _, _ = stage()
    closes = tape.prices(30)
    assert tape.rate(USDT, BTC.base)[30] == pytest.approx(1 / float(closes[BTC].last))
    assert tape.rate(ETH.base, BTC.base)[30] == pytest.approx(float(closes[ETH].last / closes[BTC].last))
    assert np.isnan(tape.rate(ETH.base, BTC.base)[3])
    assert np.isnan(tape.rate(SOL.base, USDT)).all()
    assert (ETH in tape.prices(3), ETH in tape.prices(30)) == (False, True)


def test_the_tape_knows_no_more_than_its_markets() -> None:
    tape, _, _ = stage()
    told = {
        text: tape.leaf(expression_of(text).leaves[0])[30]
        for text in (f"staleness({BTC})", f"price({SOL})", f"bid({BTC})")
    }
    assert told[f"staleness({BTC})"] == 0
    assert np.isnan([told[f"price({SOL})"], told[f"bid({BTC})"]]).all()


def test_months_end_where_they_end() -> None:
    first = (2026 - 1970) * 12 + 1
    months = Bars(Resolution.MONTH, first, np.ones((5, 3)))
    tape = Tape(
        {(BTC, Resolution.MONTH): months}, Clock(resolution=Resolution.MONTH, first=first, end=first + 3), [BTC]
    )
    assert [tape.instant(place).timestamp() for place in range(3)] == tape.ends_s.tolist()
    outside = Tape({(BTC, Resolution.MONTH): months}, Clock(resolution=Resolution.MONTH, first=0, end=2), [BTC])
    assert not outside.prices(0)


@pytest.mark.parametrize(
    "text",
    [
        f"-price({BTC})",
        f"value(ACCOUNT:{ACCOUNT})",
        f"realised_pnl(PORTFOLIO:{TENANT})",
        f"pnl(PORTFOLIO:{TENANT})",
        f"unrealised_pnl(PORTFOLIO:{TENANT},USDT)",
        f"value(PORTFOLIO:{TENANT},BTC)",
        f"value(PORTFOLIO:{TENANT}) * price({BTC}) + 0.1234567890123456789",
        f"price({BTC}) - 1",
        f"1 / (value(PORTFOLIO:{TENANT}) - value(PORTFOLIO:{TENANT}))",
        f"drawdown(PORTFOLIO:{TENANT})",
    ],
)
def test_floats_lie_within_their_bounds_of_the_exact_figure(text: str) -> None:
    tape, account, broker = stage()
    broker.act([BUY], 2)
    broker.fill(3)
    market, operand = ReplayMarket(tape, account), Operand(expression_of(text).text)
    column = Figures(tape, account, 5, 15).of(operand)
    for index in range(10):
        exact = market.readings(5 + index).value(operand)
        if np.isfinite(column.bounds[index]):
            assert np.isnan(column.values[index]) == (exact is None)
            assert exact is None or abs(column.values[index] - float(exact)) <= column.bounds[index] + 1e-12


def test_a_bot_has_no_worth() -> None:
    tape, account, _ = stage()
    worth = ReplayMarket(tape, account).run(0, 5).worth(TrailingStop(bot_id="b", trail_ratio=Decimal("0.1")))
    assert np.isnan(worth.column.values).all()


def test_what_sales_are_made_into_is_valued_too() -> None:
    condition = Compare(Operand(f"price({BTC})"), Relation.ABOVE, Operand("1"))
    markets = {BTC, ETH, parse_instrument("BINANCE:XRP/ETH")}
    into = watching("into", condition, PanicSell(into=ETH.base))
    needs = needs_of([into], [AssetId("XRP"), AssetId("DUST")], USDT, [BTC.venue], markets.__contains__)
    assert set(needs.instruments) == markets
    assert needs.unpriced == (AssetId("DUST"),)


def test_too_much_work_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"too much for one replay"):
        require_work(WORK_MAX, 2)


def test_a_replay_begins_where_it_was_asked() -> None:
    tape, _, _ = stage()
    assert tape.instant(0) == START + timedelta(minutes=1)

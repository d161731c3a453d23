from decimal import Decimal

import pytest

from fargate.paper_exchange.admin.requests import Unreadable, fault
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.lies import LyingExchange
from fargate.paper_exchange.faces.quotes import quote_of
from fargate.paper_exchange.faults import Fault, FaultBoard, FaultKind
from tests.unit.paper_exchange.conftest import Desk

ETHER = "ETH/USDT"


@pytest.fixture
def board(desk: Desk) -> FaultBoard:
    desk.trade("100.00")
    return FaultBoard()


def kraken(desk: Desk, board: FaultBoard) -> Exchange:
    return LyingExchange(desk.exchange, board.of("kraken").lying(desk.exchange.clock.now_ms))


def last(exchange: Exchange) -> Decimal:
    return exchange.markets.last(ETHER).price


def test_one_venue_lies_and_the_others_do_not(desk: Desk, board: FaultBoard) -> None:
    liar, honest = kraken(desk, board), LyingExchange(desk.exchange, board.of("htx").lying(desk.exchange.clock.now_ms))
    board.switch_on(Fault(FaultKind.PRICE_OFF, venue="kraken", ratio=Decimal("1.333")))
    assert last(liar) == 100
    desk.trade("100.01")
    assert (last(liar), last(honest), last(desk.exchange)) == (Decimal("133.31"), Decimal("100.01"), Decimal("100.01"))
    quote = quote_of(liar, ETHER)
    assert quote is not None
    assert quote.bid.price > 130
    board.clear()
    assert last(liar) == Decimal("100.01")


def test_history_is_told_as_it_was(desk: Desk, board: FaultBoard) -> None:
    liar = kraken(desk, board)
    board.switch_on(Fault(FaultKind.PRICE_OFF))
    last(liar)
    desk.trade("102.00")
    now_ms = desk.exchange.clock.now_ms()
    source = liar.markets.view(ETHER).source
    assert [trade.price for trade in source.trades(0, now_ms)][-2:] == [100, 153]
    assert [trade.price for trade in source.trades_from_id(1, now_ms, 10)][-2:] == [100, 153]
    assert liar.markets.depth(ETHER) == desk.exchange.markets.depth(ETHER)


def test_stuck_price_stays_while_instants_go_on(desk: Desk, board: FaultBoard) -> None:
    liar = kraken(desk, board)
    board.switch_on(Fault(FaultKind.PRICE_STUCK))
    last(liar)
    desk.trade("150.00")
    told, truth = liar.markets.last(ETHER), desk.exchange.markets.last(ETHER)
    assert (told.price, told.at_ms, truth.price) == (Decimal(100), truth.at_ms, Decimal(150))


def test_crossed_quote_has_its_bid_above_its_ask(desk: Desk, board: FaultBoard) -> None:
    liar = kraken(desk, board)
    assert liar.books.depth(ETHER) == desk.exchange.books.depth(ETHER)
    board.switch_on(Fault(FaultKind.QUOTE_CROSSED))
    depth = liar.books.depth(ETHER)
    assert depth.bids[0].price > depth.asks[0].price


def test_wrong_time_is_told_of_trades_alone(desk: Desk, board: FaultBoard) -> None:
    liar = kraken(desk, board)
    board.switch_on(Fault(FaultKind.TIME_WRONG, delay_ms=90_000))
    last(liar)
    desk.trade("101.00")
    assert liar.markets.last(ETHER).at_ms == desk.exchange.markets.last(ETHER).at_ms + 90_000


def test_only_symbols_that_are_meant_are_lied_about(desk: Desk, board: FaultBoard) -> None:
    liar = kraken(desk, board)
    board.switch_on(Fault(FaultKind.PRICE_OFF, path="BNB/"))
    last(liar)
    desk.trade("101.00")
    assert last(liar) == 101


def test_operator_asks_for_a_lie() -> None:
    asked = fault({"kind": "price_off", "venue": "kraken", "ratio": "0.5", "path": "BTC/"})
    assert (asked.kind, asked.venue, asked.ratio, asked.path) == (FaultKind.PRICE_OFF, "kraken", Decimal("0.5"), "BTC/")
    with pytest.raises(Unreadable):
        fault({"kind": "price_off", "ratio": 0.5})

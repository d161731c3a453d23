from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.figures import Valuer
from nightdesk.portfolio.model import Books, Holding
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.holdings import Held, Move, scope_reading
from nightdesk.rules.state import Ledgered, Trail
from tests.builders.rules import at

ONE, TWO = AccountId(UUID(int=1)), AccountId(UUID(int=2))
BTC, USDT, NEW = map(AssetId, ("BTC", "USDT", "NEW"))
Amounts = Mapping[tuple[AccountId, AssetId], str]


def valuer(**prices: str) -> Valuer:
    made = [
        Price(instrument=parse_instrument(f"BINANCE:{asset}/USDT"), last=Decimal(last), at=at(0))
        for asset, last in prices.items()
    ]
    return Valuer(PriceGraph(made), USDT)


def held(amounts: Amounts, heads: Mapping[AccountId, int], *moves: Move) -> Held:
    holdings = tuple(
        Holding(
            account_id=account,
            asset=asset,
            position=Position(quantity=Decimal(amount)),
            folded_at=None,
            folded_sequence=0,
            stale=False,
        )
        for (account, asset), amount in amounts.items()
    )
    books = Books(base_asset=USDT, accounts=(), holdings=holdings, reported=())
    return Held(books=books, heads=heads, moves=moves)


def trail(sequences: Mapping[AccountId, int], unpriced: frozenset[AssetId] = frozenset()) -> Trail:
    ledgered = Ledgered(sequences=sequences, unpriced=unpriced)
    return Trail(started_at=at(100), reference=Decimal(1), best=Decimal(1), best_at=at(100), ledgered=ledgered)


def move(sequence: int, asset: AssetId, amount: str, *, second: float = 200, is_flow: bool = True) -> Move:
    return Move(ONE, sequence, asset, Decimal(amount), at(second), is_flow)


def test_a_scope_is_worth_what_is_in_it() -> None:
    all_of_it = held(
        {(ONE, BTC): "2", (ONE, USDT): "50", (TWO, BTC): "1", (TWO, NEW): "9", (TWO, USDT): "0"}, {ONE: 3, TWO: 4}
    )
    prices = valuer(BTC="100")
    worth = {
        scope: scope_reading(all_of_it, scope, None, prices).value
        for scope in (WHOLE_PORTFOLIO, Scope(account_id=ONE), Scope(asset=BTC), Scope(account_id=TWO, asset=BTC))
    }
    assert list(worth.values()) == [350, 250, 300, 100]
    reading = scope_reading(all_of_it, WHOLE_PORTFOLIO, None, prices)
    assert reading.ledgered == Ledgered(sequences={ONE: 3, TWO: 4}, unpriced=frozenset({NEW}))
    assert reading.flow == 0
    assert scope_reading(all_of_it, Scope(account_id=ONE), None, prices).ledgered.sequences == {ONE: 3}


def test_only_what_came_or_went_since_is_a_flow() -> None:
    moves = [move(4, USDT, "7"), move(5, BTC, "1"), move(6, USDT, "-30", is_flow=False), move(7, NEW, "5")]
    now = held({(ONE, BTC): "2"}, {ONE: 7}, *moves)
    assert scope_reading(now, WHOLE_PORTFOLIO, trail({ONE: 4}), valuer(BTC="100")).flow == 100


def test_a_trade_of_before_the_beginning_is_a_correction_and_counts_as_a_flow() -> None:
    now = held({(ONE, BTC): "2"}, {ONE: 5}, move(5, BTC, "1", second=99, is_flow=False))
    assert scope_reading(now, WHOLE_PORTFOLIO, trail({ONE: 4}), valuer(BTC="100")).flow == 100


def test_of_a_position_every_move_is_a_flow() -> None:
    now = held({(ONE, BTC): "2"}, {ONE: 5}, move(5, BTC, "-1", is_flow=False), move(5, USDT, "100", is_flow=False))
    assert scope_reading(now, Scope(asset=BTC), trail({ONE: 4}), valuer(BTC="100")).flow == -100


def test_a_new_account_comes_in_whole_and_a_lost_one_begins_anew() -> None:
    now = held({(ONE, BTC): "2", (TWO, BTC): "1"}, {ONE: 4, TWO: 9})
    assert scope_reading(now, WHOLE_PORTFOLIO, trail({ONE: 4}), valuer(BTC="100")).flow == 100
    left = scope_reading(held({(ONE, BTC): "2"}, {ONE: 4}), WHOLE_PORTFOLIO, trail({ONE: 4, TWO: 9}), valuer(BTC="100"))
    assert left.flow == left.value == 200


def test_a_first_price_is_no_gain() -> None:
    now = held({(ONE, BTC): "2", (ONE, NEW): "10"}, {ONE: 4})
    known = trail({ONE: 4}, frozenset({NEW}))
    assert scope_reading(now, WHOLE_PORTFOLIO, known, valuer(BTC="100")).flow == 0
    assert scope_reading(now, WHOLE_PORTFOLIO, known, valuer(BTC="100", NEW="3")).flow == 30

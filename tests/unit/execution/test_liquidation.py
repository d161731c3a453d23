from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.execution.liquidation import (
    PIECES_MAX,
    Aim,
    HeldAsset,
    Left,
    Market,
    Residue,
    in_proportion,
    pieces_of,
    plan_liquidation,
)
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import format_amount
from nightdesk.markets.orders import OrderType
from tests.builders.liquidation import INTO_USDT, MAIN, OTHER, USDT, held, market, markets

BTC, ETH, EUR = AssetId("BTC"), AssetId("ETH"), AssetId("EUR")


def sold(balances: list[HeldAsset], known: list[Market], aim: Aim = INTO_USDT) -> list[str]:
    plan = plan_liquidation(balances, markets(*known).get, aim)
    return [f"{format_amount(sale.quantity)} {sale.instrument.symbol}" for sale in plan.sales]


def left(balances: list[HeldAsset], known: list[Market], aim: Aim = INTO_USDT) -> list[tuple[str, Left]]:
    plan = plan_liquidation(balances, markets(*known).get, aim)
    return [(f"{format_amount(each.quantity)} {each.asset}", each.why) for each in plan.residue]


def test_everything_is_sold_into_the_base_asset_and_cash_stays() -> None:
    balances = [
        held("BTC", "0.5"),
        held("ETH", "2", OTHER),
        held("USDT", "70"),
        held("USDC", "7"),
        held("BTC", "1", OTHER),
    ]
    known = [market("BTC/USDT"), market("ETH/USDT"), market("USDC/USDT")]
    assert sold(balances, known) == ["0.5 BTC/USDT", "1 BTC/USDT", "2 ETH/USDT"]
    assert left(balances, known) == []


def test_without_a_market_into_the_base_asset_the_quote_most_traded_is_taken() -> None:
    aim = Aim(base_asset=EUR)
    assert sold([held("BTC", "1")], [market("BTC/USDC"), market("BTC/USDT")], aim) == ["1 BTC/USDT"]
    assert sold([held("BTC", "1")], [market("BTC/EUR"), market("BTC/USDT")], aim) == ["1 BTC/EUR"]
    assert sold([held("RARE", "1")], [market("RARE/ETH", "6")], aim) == ["1 RARE/ETH"]


def test_what_was_asked_for_is_sold_into_even_from_cash() -> None:
    aim = Aim(base_asset=USDT, into=EUR)
    known = [market("BTC/EUR"), market("USDT/EUR", "0.9")]
    assert sold([held("BTC", "1"), held("USDT", "10"), held("EUR", "5")], known, aim) == ["1 BTC/EUR", "10 USDT/EUR"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(account_id=MAIN), ["0.5 BTC/USDT", "2 ETH/USDT"]),
        (Scope(asset=BTC), ["0.5 BTC/USDT", "1 BTC/USDT"]),
        (Scope(account_id=OTHER, asset=BTC), ["1 BTC/USDT"]),
        (Scope(account_id=OTHER, asset=ETH), []),
    ],
)
def test_only_what_the_scope_takes_in_is_sold(scope: Scope, expected: list[str]) -> None:
    balances = [held("BTC", "0.5"), held("BTC", "1", OTHER), held("ETH", "2")]
    assert sold(balances, [market("BTC/USDT"), market("ETH/USDT")], replace(INTO_USDT, scope=scope)) == expected


def test_a_position_in_the_base_asset_itself_is_sold_when_it_is_named() -> None:
    aim = Aim(base_asset=BTC, scope=Scope(asset=BTC))
    assert sold([held("BTC", "1")], [market("BTC/USDT")], aim) == ["1 BTC/USDT"]


def test_a_ratio_and_an_amount_are_cut_to_lots() -> None:
    known = [market("BTC/USDT", lot=Decimal("0.1"))]
    half = replace(INTO_USDT, ratio=Decimal("0.5"))
    assert sold([held("BTC", "1.3")], known, half) == ["0.6 BTC/USDT"]
    assert left([held("BTC", "1.3")], known, half) == [("0.05 BTC", Left.DUST)]
    amount = replace(INTO_USDT, scope=Scope(asset=BTC), amount=Decimal(2))
    assert sold([held("BTC", "3"), held("BTC", "1", OTHER)], known, amount) == ["1.5 BTC/USDT", "0.5 BTC/USDT"]


def test_more_than_there_is_sells_what_there_is() -> None:
    assert in_proportion(Decimal(9), [Decimal(3), Decimal(1)]) == [Decimal(3), Decimal(1)]
    assert sum(in_proportion(Decimal(1), [Decimal(1)] * 3)) == 1


def test_dust_and_what_has_no_market_is_left_and_listed() -> None:
    balances = [held("BTC", "0.04"), held("ETH", "1.0005"), held("RARE", "3"), held("BNB", "1"), held("SOL", "0")]
    known = [market("BTC/USDT"), market("ETH/USDT"), market("BNB/USDT", is_open=False)]
    assert sold(balances, known) == ["1 ETH/USDT"]
    assert left(balances, known) == [
        ("1 BNB", Left.MARKET_CLOSED),
        ("0.04 BTC", Left.DUST),
        ("0.0005 ETH", Left.DUST),
        ("3 RARE", Left.NO_MARKET),
    ]


def test_a_market_without_market_orders_is_passed_by() -> None:
    limits_only = market("BTC/USDT", types=frozenset({OrderType.LIMIT}))
    assert sold([held("BTC", "1")], [limits_only, market("BTC/USDC")]) == ["1 BTC/USDC"]
    assert left([held("BTC", "1")], [limits_only]) == [("1 BTC", Left.MARKET_CLOSED)]


def test_what_lies_at_a_venue_that_is_only_read_is_left_and_the_rest_is_sold() -> None:
    known = [market("BTC/USDT", types=frozenset()), market("ETH/USDT")]
    balances = [held("BTC", "1"), held("ETH", "1")]
    assert sold(balances, known) == ["1 ETH/USDT"]
    assert left(balances, known) == [("1 BTC", Left.READ_ONLY)]


def test_a_large_balance_goes_in_pieces() -> None:
    limited = market("BTC/USDT", quantity_max=Decimal(9), market_quantity_max=Decimal(4), market_lot=Decimal("0.5"))
    assert pieces_of(Decimal("9.7"), limited) == [Decimal(4), Decimal(4), Decimal("1.5")]
    endless = plan_liquidation([held("BTC", "100")], markets(limited).get, INTO_USDT)
    assert len(endless.sales) == PIECES_MAX
    assert endless.residue == (Residue(account_id=MAIN, asset=BTC, quantity=Decimal(20), why=Left.TOO_MANY_PIECES),)


@pytest.mark.parametrize(
    ("quantity", "largest", "why"),
    [
        ("209.6437", Decimal(40), Left.PIECES_TOO_SMALL),
        ("209.6437", Decimal("0.00001"), Left.PIECES_TOO_SMALL),
        ("209.6437", Decimal(209), Left.PIECES_TOO_SMALL),
        ("209.6437", Decimal(210), None),
        ("209.6", Decimal(40), Left.DUST),
    ],
)
def test_pieces_that_would_bring_too_little_are_not_sent(quantity: str, largest: Decimal, why: Left | None) -> None:
    rules = {"lot": Decimal("0.0001"), "notional_min": Decimal(10), "market_quantity_max": largest}
    known = [market("ETH/USDT", "0.0477", **rules)]
    assert sold([held("ETH", quantity)], known) == ([] if why else [f"{quantity} ETH/USDT"])
    assert left([held("ETH", quantity)], known) == ([(f"{quantity} ETH", why)] if why else [])

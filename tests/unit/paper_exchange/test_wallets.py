"""Wallets beside spot: every movement is exact, and the histories add up to the balances."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fargate.paper_exchange.engine.errors import InsufficientBalance, OrderRejected
from fargate.paper_exchange.engine.events import BalanceMoved
from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.engine.model import Account, Side
from fargate.paper_exchange.engine.wallets.futures import (
    FUNDING_EVERY_MS,
    liquidation_price,
    moved,
    unrealised,
)
from fargate.paper_exchange.engine.wallets.model import (
    Conversion,
    DividendKind,
    DustSweep,
    EarnKind,
    FuturesFill,
    Income,
    IncomeKind,
    InterestAccrual,
    Loan,
    Position,
    Wallet,
    WalletTransfer,
)
from fargate.paper_exchange.engine.wallets.store import Asked
from tests.unit.paper_exchange.conftest import Desk

EVERY = Asked(limit=1000)


def held(desk: Desk, account: Account, wallet: Wallet, asset: str = "USDT") -> Decimal:
    return desk.exchange.wallets.kept.balance(account.account_id, wallet, asset)


def test_a_transfer_moves_between_wallets_and_is_told_on_both_sides(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    wallets = desk.exchange.wallets
    wallets.desk.transfer(account.account_id, (Wallet.SPOT, Wallet.FUTURES), "USDT", Decimal("400.5"))
    wallets.desk.transfer(account.account_id, (Wallet.FUTURES, Wallet.SPOT), "USDT", Decimal("0.5"))
    assert (desk.free(account, "USDT"), held(desk, account, Wallet.FUTURES)) == (Decimal(600), Decimal(400))
    transfers = wallets.kept.happenings(WalletTransfer, account.account_id, EVERY)
    income = wallets.kept.happenings(Income, account.account_id, EVERY)
    assert [row.number for row in transfers] == [row.number for row in income]
    assert [row.amount for row in income] == [Decimal("400.5"), Decimal("-0.5")]
    told = [event.delta for event in desk.events if isinstance(event, BalanceMoved)]
    assert told == [Decimal("-400.5"), Decimal("0.5")]
    with pytest.raises(InsufficientBalance):
        wallets.desk.transfer(account.account_id, (Wallet.SPOT, Wallet.MARGIN), "USDT", Decimal(601))
    assert wallets.kept.count(WalletTransfer, account.account_id, EVERY) == 2


def test_a_conversion_gives_one_asset_for_another(desk: Desk) -> None:
    account = desk.account(ETH="2")
    made = desk.exchange.wallets.desk.convert(account.account_id, "ETH", Decimal("1.5"), "USDT")
    assert made.to_amount == Decimal("149.85")
    assert (desk.free(account, "ETH"), desk.free(account, "USDT")) == (Decimal("0.5"), Decimal("149.85"))
    assert desk.exchange.wallets.kept.happenings(Conversion, account.account_id, EVERY) == [made]
    with pytest.raises(OrderRejected):
        desk.exchange.wallets.desk.convert(account.account_id, "ETH", Decimal("0.1"), "ETH")


def test_small_balances_become_the_fee_asset_less_a_charge(desk: Desk) -> None:
    account = desk.account(ETH="0.01", USDT="3", BNB="1")
    swept = desk.exchange.wallets.desk.sweep_dust(account.account_id, ["ETH", "USDT"])
    assert [row.amount for row in swept] == [Decimal("0.01"), Decimal(3)]
    assert [row.charge for row in swept] == [Decimal("0.0002"), Decimal("0.0006")]
    assert desk.free(account, "BNB") == 1 + sum(row.received for row in swept) == Decimal("1.0392")
    assert len({row.operation for row in swept}) == 1
    with pytest.raises(OrderRejected):
        desk.exchange.wallets.desk.sweep_dust(account.account_id, ["ETH"])
    assert len(desk.exchange.wallets.kept.happenings(DustSweep, account.account_id, EVERY)) == 2


def test_what_is_handed_out_and_earned_is_added(desk: Desk) -> None:
    account = desk.account(USDT="100")
    made = desk.exchange.wallets.desk
    made.pay(account.account_id, DividendKind.AIRDROP, "ETH", Decimal("0.25"), "")
    made.earn(account.account_id, EarnKind.SUBSCRIPTION, "USDT", Decimal(60))
    made.earn(account.account_id, EarnKind.REWARD, "USDT", Decimal("0.5"))
    made.earn(account.account_id, EarnKind.REDEMPTION, "USDT", Decimal(10))
    assert desk.free(account, "ETH") == Decimal("0.25")
    assert (desk.free(account, "USDT"), held(desk, account, Wallet.EARN)) == (Decimal(50), Decimal("50.5"))


def test_a_loan_bears_interest_by_the_hour_and_is_paid_back_interest_first(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    wallets, account_id = desk.exchange.wallets, account.account_id
    wallets.advance()
    wallets.desk.transfer(account_id, (Wallet.SPOT, Wallet.MARGIN), "USDT", Decimal(500))
    wallets.margin.borrow(account_id, "ETH", Decimal(4))
    desk.clock.forward(2 * HOUR_MS)
    wallets.advance()
    wallets.advance()
    accruals = wallets.kept.happenings(InterestAccrual, account_id, EVERY)
    assert [(row.on_borrow, row.interest) for row in accruals] == [
        (True, Decimal("0.00004")), (False, Decimal("0.00004")), (False, Decimal("0.00004"))]  # fmt: skip
    loan = wallets.margin.repay(account_id, "ETH", Decimal(1))
    assert (loan.principal, loan.interest) == (Decimal("0.99988"), Decimal("0.00012"))
    assert held(desk, account, Wallet.MARGIN, "ETH") == Decimal(3)
    assert held(desk, account, Wallet.PRINCIPAL, "ETH") == Decimal("3.00012")
    assert wallets.margin.level(account_id) is not None
    assert len(wallets.kept.happenings(Loan, account_id, EVERY)) == 2
    with pytest.raises(OrderRejected, match="so much"):
        wallets.margin.borrow(account_id, "ETH", Decimal(100))
    with pytest.raises(OrderRejected, match="owes less"):
        wallets.margin.repay(account_id, "ETH", Decimal("3.1"))


def test_a_margin_trade_moves_the_margin_wallet_alone(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    wallets, account_id = desk.exchange.wallets, account.account_id
    assert wallets.margin.level(account_id) is None
    wallets.desk.transfer(account_id, (Wallet.SPOT, Wallet.MARGIN), "USDT", Decimal(500))
    bought = wallets.margin.trade(account_id, "ETH/USDT", Side.BUY, Decimal(3))
    sold = wallets.margin.trade(account_id, "ETH/USDT", Side.SELL, Decimal(1))
    assert (bought.fee, bought.fee_asset, sold.fee, sold.fee_asset) == (
        Decimal("0.003"), "ETH", Decimal("0.1"), "USDT")  # fmt: skip
    assert held(desk, account, Wallet.MARGIN, "ETH") == Decimal("1.997")
    assert held(desk, account, Wallet.MARGIN) == Decimal("299.9")
    assert desk.free(account, "USDT") == Decimal(500)


@pytest.mark.parametrize(
    ("before", "delta", "price", "after", "realised"),
    [
        (("0", "0"), "2", "100", ("2", "100"), "0"),
        (("2", "100"), "1", "130", ("3", "110"), "0"),
        (("3", "110"), "-1", "120", ("2", "110"), "10"),
        (("2", "110"), "-2", "100", ("0", "0"), "-20"),
        (("2", "110"), "-5", "120", ("-3", "120"), "20"),
        (("-3", "120"), "-1", "100", ("-4", "115"), "0"),
        (("-4", "115"), "1", "125", ("-3", "115"), "-10"),
    ],
)
def test_a_fill_changes_quantity_entry_and_what_was_realised(
    before: tuple[str, str], delta: str, price: str, after: tuple[str, str], realised: str
) -> None:
    position, gain = moved(Position("X", Decimal(before[0]), Decimal(before[1])), Decimal(delta), Decimal(price))
    assert (position.quantity, position.entry_price) == tuple(map(Decimal, after))
    assert gain == Decimal(realised)


def test_the_liquidation_price_is_where_the_wallet_is_worth_the_maintenance_margin() -> None:
    for quantity in (Decimal(10), Decimal(-10)):
        position = Position("X", quantity, Decimal(100))
        price = liquidation_price(position, Decimal(200))
        worth = 200 + unrealised(position, price)
        assert abs(worth - Decimal("0.005") * 10 * price) < Decimal("0.0000002")
    assert liquidation_price(Position("X", Decimal(1), Decimal(100)), Decimal(1000)) == 0


def test_contracts_change_the_futures_wallet_by_what_their_income_says(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    wallets, account_id = desk.exchange.wallets, account.account_id
    wallets.advance()
    wallets.desk.transfer(account_id, (Wallet.SPOT, Wallet.FUTURES), "USDT", Decimal(900))
    wallets.futures.set_leverage(account_id, "ETH/USDT", 10)
    wallets.futures.trade(account_id, "ETH/USDT", Side.BUY, Decimal(5))
    desk.trade("110", "10")
    wallets.futures.trade(account_id, "ETH/USDT", Side.SELL, Decimal(8))
    (view,) = wallets.futures.views(account_id)
    assert (view.position.quantity, view.position.entry_price) == (Decimal(-3), Decimal(110))
    assert view.position.leverage == 10
    desk.clock.forward(2 * FUNDING_EVERY_MS)
    wallets.advance()
    income = wallets.kept.happenings(Income, account_id, EVERY)
    fills = wallets.kept.happenings(FuturesFill, account_id, EVERY)
    assert [row.realised for row in fills] == [0, 50]
    assert sum(row.amount for row in income) == held(desk, account, Wallet.FUTURES)
    assert sum(row.kind is IncomeKind.FUNDING for row in income) == 2
    with pytest.raises(InsufficientBalance):
        wallets.futures.trade(account_id, "ETH/USDT", Side.BUY, Decimal(1000))
    with pytest.raises(OrderRejected):
        wallets.futures.trade(account_id, "ETH/BTC", Side.BUY, Decimal(1))
    with pytest.raises(OrderRejected):
        wallets.futures.set_leverage(account_id, "ETH/USDT", 126)
    wallets.kept.forget(account_id)
    assert not wallets.kept.positions(account_id)


def test_wallets_survive_a_restart(desk: Desk) -> None:
    account = desk.account(USDT="1000")
    desk.exchange.wallets.desk.transfer(account.account_id, (Wallet.SPOT, Wallet.FUTURES), "USDT", Decimal(100))
    fill = desk.exchange.wallets.futures.trade(account.account_id, "ETH/USDT", Side.BUY, Decimal(2))
    desk.restart()
    assert desk.exchange.wallets.kept.happenings(FuturesFill, account.account_id, EVERY) == [fill]
    assert desk.exchange.wallets.kept.position(account.account_id, "ETH/USDT").quantity == 2

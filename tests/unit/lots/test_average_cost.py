from decimal import Decimal

from nightdesk.kernel.assets import FUTURES, MARGIN, AssetId
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from nightdesk.lots.average_cost import Amounts, Position, fold
from tests.builders.ledger import leg, moved, movement, trade


def held(asset: str, *facts: Fact) -> Position:
    return fold(facts, AssetId(asset))


def amounts(**texts: str) -> Amounts:
    return {AssetId(asset): Decimal(text) for asset, text in texts.items()}


def test_buying_twice_averages_the_cost() -> None:
    position = held("BTC", trade(1, "1", "-100"), trade(2, "3", "-500"))
    assert position == Position(Decimal(4), Decimal(0), amounts(USDT="600"), {})
    assert position.average_cost() == amounts(USDT="150")


def test_selling_realises_proceeds_less_the_sold_share_of_the_cost() -> None:
    position = held("BTC", trade(1, "4", "-600"), trade(2, "-1", "200"))
    assert position == Position(Decimal(3), Decimal(0), amounts(USDT="450"), amounts(USDT="50"))


def test_selling_everything_leaves_no_cost() -> None:
    position = held("BTC", trade(1, "3", "-100"), trade(2, "-1", "33"), trade(3, "-2", "66"))
    assert position == Position(Decimal(0), Decimal(0), {}, amounts(USDT="-1"))
    assert position.average_cost() == {}


def test_costs_of_several_currencies_stay_apart() -> None:
    position = held("XRP", trade(1, "10", "-1", symbol="XRP/ETH"), trade(2, "10", "-5", symbol="XRP/USDT"))
    assert position.cost == amounts(ETH="1", USDT="5")


def test_fee_in_the_base_makes_the_quantity_smaller() -> None:
    position = held("BTC", trade(1, "1", "-100", ("BTC", "-0.2")))
    assert position == Position(Decimal("0.8"), Decimal(0), amounts(USDT="100"), {})


def test_fee_in_the_base_is_given_along_in_a_sale() -> None:
    position = held("BTC", trade(1, "1", "-100"), trade(2, "-0.9", "90", ("BTC", "-0.1")))
    assert position == Position(Decimal(0), Decimal(0), {}, amounts(USDT="-10"))


def test_fee_in_the_quote_adds_to_cost_and_lowers_proceeds() -> None:
    facts = [trade(1, "1", "-100", ("USDT", "-1")), trade(2, "-1", "110", ("USDT", "-2"))]
    assert held("BTC", *facts[:1]).cost == amounts(USDT="101")
    assert held("BTC", *facts).realised == amounts(USDT="7")


def test_fee_in_a_third_asset_counts_on_both_sides() -> None:
    bnb = trade(1, "1", "-10", symbol="BNB/USDT")
    facts = [bnb, trade(2, "1", "-100", ("BNB", "-0.1")), trade(3, "-1", "110", ("BNB", "-0.1"))]
    assert held("BTC", *facts).realised == amounts(USDT="10", BNB="-0.2")
    assert held("BNB", *facts) == Position(Decimal("0.8"), Decimal(0), amounts(USDT="8"), amounts(BNB="0.2", USDT="-2"))


def test_rebate_in_a_third_asset_lowers_the_cost_and_costs_itself() -> None:
    facts = [trade(1, "1", "-100", ("BNB", "0.1"))]
    assert held("BTC", *facts).cost == amounts(USDT="100", BNB="-0.1")
    assert held("BNB", *facts).cost == amounts(BNB="0.1")


def test_fee_that_cancels_the_other_leg_of_its_asset_moves_nothing() -> None:
    assert held("USDT", trade(1, "-1", "100", ("USDT", "-100"))) == Position()


def test_fee_that_takes_everything_bought_realises_its_cost() -> None:
    position = held("BTC", trade(1, "1", "-100", ("BTC", "-1")))
    assert position == Position(Decimal(0), Decimal(0), {}, amounts(USDT="-100"))


def test_rebate_that_gives_back_everything_sold_costs_nothing() -> None:
    position = held("BTC", trade(1, "1", "-100"), trade(2, "-1", "120", ("BTC", "1")))
    assert position == Position(Decimal(1), Decimal(0), {}, amounts(USDT="20"))


def test_cash_realises_nothing() -> None:
    position = held("USDT", trade(1, "-1", "100"), trade(2, "1", "-60"))
    assert position == Position(Decimal(40), Decimal(0), amounts(USDT="40"), {})


def test_asset_that_is_spent_realises_what_it_had_cost() -> None:
    position = held("ETH", trade(1, "2", "-2000", symbol="ETH/USDT"), trade(2, "100", "-1", symbol="XRP/ETH"))
    assert position == Position(Decimal(1), Decimal(0), amounts(USDT="1000"), amounts(ETH="1", USDT="-1000"))


def test_deposit_is_unproven_and_leaves_in_proportion() -> None:
    position = held("BTC", movement(1, "BTC", "1"), trade(2, "1", "-100"), trade(3, "-1", "300"))
    assert position == Position(Decimal(1), Decimal("0.5"), amounts(USDT="50"), amounts(USDT="100"))
    assert position.proven == Decimal("0.5")


def test_reward_is_unproven_too() -> None:
    assert held("BNB", movement(1, "BNB", "1", kind=EntryKind.REWARD)).unproven == 1


def test_withdrawal_takes_its_cost_along_and_realises_nothing() -> None:
    position = held("BTC", trade(1, "4", "-400"), movement(2, "BTC", "-1"))
    assert position == Position(Decimal(3), Decimal(0), amounts(USDT="300"), {})


def test_fee_of_a_withdrawal_is_a_loss() -> None:
    position = held("BTC", trade(1, "4", "-400"), movement(2, "BTC", "-1", ("BTC", "-1")))
    assert position == Position(Decimal(2), Decimal(0), amounts(USDT="200"), amounts(USDT="-100"))


def test_selling_more_than_is_known_flags_the_missing_history() -> None:
    position = held("BTC", trade(1, "1", "-100"), trade(2, "-3", "600"))
    assert position == Position(Decimal(-2), Decimal(-2), {}, amounts(USDT="100"))
    assert position.history_missing


def test_what_fills_the_hole_adds_no_cost() -> None:
    facts = [trade(1, "-2", "200"), trade(2, "1", "-90"), trade(3, "4", "-400")]
    assert held("BTC", *facts[:2]) == Position(Decimal(-1), Decimal(-1), {}, {})
    assert held("BTC", *facts) == Position(Decimal(3), Decimal(0), amounts(USDT="300"), {})


def test_deposit_fills_the_hole_as_well() -> None:
    position = held("BTC", trade(1, "-2", "200"), movement(2, "BTC", "3"))
    assert position == Position(Decimal(1), Decimal(1), {}, {})


def test_other_assets_leave_a_pool_alone() -> None:
    assert held("DOGE", trade(1, "1", "-1"), movement(2, "BTC", "1")) == Position()


def test_folding_goes_on_from_a_position() -> None:
    facts = [trade(1, "1", "-100"), trade(2, "-0.3", "50"), movement(3, "BTC", "1"), trade(4, "-1", "9")]
    halfway = fold(facts[:2], AssetId("BTC"))
    assert fold(facts[2:], AssetId("BTC"), halfway) == held("BTC", *facts)


def test_transfer_between_wallets_moves_nothing_but_its_fee() -> None:
    legs = (leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN))
    moving = moved(2, EntryKind.TRANSFER, *legs, leg(LegRole.FEE, "BTC", "-0.5"))
    assert held("BTC", trade(1, "2", "-100"), moving) == Position(
        Decimal("1.5"), Decimal(0), amounts(USDT="75"), amounts(USDT="-25")
    )


def test_conversion_into_cash_is_a_sale() -> None:
    facts = [
        trade(1, "2", "-100"),
        moved(2, EntryKind.CONVERSION, leg(LegRole.MOVEMENT, "USDC", "70"), leg(LegRole.MOVEMENT, "BTC", "-1")),
    ]
    assert held("BTC", *facts).realised == amounts(USDC="70", USDT="-50")
    assert held("USDC", *facts) == Position(Decimal(70), Decimal(0), amounts(USDC="70"), {})


def test_what_cash_is_converted_into_costs_that_cash() -> None:
    legs = (leg(LegRole.MOVEMENT, "USDT", "-50"), leg(LegRole.MOVEMENT, "BTC", "1"), leg(LegRole.FEE, "USDT", "-1"))
    assert held("BTC", moved(1, EntryKind.CONVERSION, *legs)).cost == amounts(USDT="51")


def test_conversion_of_several_assets_has_no_cost() -> None:
    dust = [leg(LegRole.MOVEMENT, asset, "-1") for asset in ("ADA", "XRP")]
    facts = [
        trade(1, "2", "-1", symbol="ADA/USDT"),
        moved(2, EntryKind.CONVERSION, *dust, leg(LegRole.MOVEMENT, "BNB", "3")),
    ]
    assert held("BNB", *facts) == Position(Decimal(3), Decimal(3), {}, {})
    assert held("ADA", *facts) == Position(Decimal(1), Decimal(0), amounts(USDT="0.5"), {})


def test_what_futures_earn_and_lose_is_realised_at_par() -> None:
    facts = [
        moved(1, EntryKind.REALISED_PNL, leg(LegRole.MOVEMENT, "USDT", "30", FUTURES)),
        moved(2, EntryKind.FUNDING, leg(LegRole.MOVEMENT, "USDT", "-5", FUTURES)),
    ]
    assert held("USDT", *facts) == Position(Decimal(25), Decimal(0), amounts(USDT="25"), amounts(USDT="25"))


def test_interest_paid_is_lost_and_interest_earned_is_unproven() -> None:
    paid = moved(2, EntryKind.INTEREST, leg(LegRole.MOVEMENT, "BTC", "-1"))
    assert held("BTC", trade(1, "2", "-100"), paid).realised == amounts(USDT="-50")
    earned = moved(1, EntryKind.INTEREST, leg(LegRole.MOVEMENT, "BTC", "1"))
    assert held("BTC", earned) == Position(Decimal(1), Decimal(1), {}, {})


def test_fee_by_itself_is_lost() -> None:
    facts = [trade(1, "2", "-100"), moved(2, EntryKind.FEE, leg(LegRole.FEE, "BTC", "-1"))]
    assert held("BTC", *facts).realised == amounts(USDT="-50")

from collections import Counter, defaultdict
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from nightdesk.execution.liquidation import Aim, HeldAsset, Liquidation, Market, in_proportion, plan_liquidation
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO
from tests.builders.liquidation import MAIN, OTHER, held, market, markets
from tests.property.strategies import quantities

Place = tuple[AccountId, AssetId]
ASSETS = ("BTC", "ETH", "BNB", "SOL", "USDT", "USDC", "EUR")
QUOTES = ("USDT", "USDC", "EUR", "BTC")
SYMBOLS = [f"{base}/{quote}" for base in ASSETS for quote in QUOTES if base != quote]

SMALL_ORDERS_ONLY = market(
    "ETH/USDT", "0.0477", lot=Decimal("0.0001"), notional_min=Decimal(10), market_quantity_max=Decimal(40)
)


@st.composite
def venues(draw: st.DrawFn) -> list[Market]:
    symbols = draw(st.lists(st.sampled_from(SYMBOLS), unique=True))
    return [
        market(
            symbol,
            str(draw(quantities())),
            lot=draw(st.sampled_from([Decimal("0.0001"), Decimal("0.1"), Decimal(1)])),
            notional_min=draw(st.sampled_from([ZERO, Decimal(10)])),
            quantity_min=draw(st.sampled_from([ZERO, Decimal("0.5")])),
            market_quantity_max=draw(st.sampled_from([None, Decimal(40)])),
            is_open=draw(st.sampled_from([True, True, True, False])),
        )
        for symbol in symbols
    ]


balances = st.lists(
    st.builds(held, st.sampled_from(ASSETS), quantities().map(str), st.sampled_from([MAIN, OTHER])),
    unique_by=lambda each: (each.account_id, each.asset),
)
scopes = st.builds(
    lambda account, asset: Scope(account_id=account, asset=asset and AssetId(asset)),
    st.sampled_from([None, MAIN]),
    st.sampled_from([None, "BTC"]),
)
aims = st.builds(
    lambda scope, into, ratio, amount: Aim(
        base_asset=AssetId("USDT"),
        scope=scope,
        into=into and AssetId(into),
        ratio=ratio,
        amount=amount if scope.asset else None,
    ),
    scopes,
    st.sampled_from([None, *QUOTES]),
    st.sampled_from([Decimal(1), Decimal("0.37")]),
    st.none() | quantities(),
)


def totals(plan: Liquidation) -> dict[Place, Decimal]:
    named: defaultdict[Place, Decimal] = defaultdict(Decimal)
    for sale in plan.sales:
        named[(sale.account_id, sale.instrument.base)] += sale.quantity
    return named


@given(balances, venues(), aims)
def test_no_more_is_sold_than_is_held_and_nothing_is_unaccounted_for(
    balances: list[HeldAsset], venue: list[Market], aim: Aim
) -> None:
    plan = plan_liquidation(balances, markets(*venue).get, aim)
    owned = {(each.account_id, each.asset): each.quantity for each in balances}
    parts = totals(plan)
    left = {(each.account_id, each.asset): each.quantity for each in plan.residue}
    for key in parts.keys() | left.keys():
        account_id, asset = key
        assert aim.scope.covers(account_id, asset)
        assert parts.get(key, ZERO) + left.get(key, ZERO) <= owned[key]
        if aim.ratio == 1 and aim.amount is None:
            assert parts.get(key, ZERO) + left.get(key, ZERO) == owned[key]


@given(balances, venues(), aims)
@example([held("ETH", "209.6437")], [SMALL_ORDERS_ONLY], Aim(base_asset=AssetId("USDT")))
def test_a_balance_is_sold_in_one_market_by_its_rules_and_listed_once_as_left(
    balances: list[HeldAsset], venue: list[Market], aim: Aim
) -> None:
    known = markets(*venue)
    plan = plan_liquidation([*balances, *balances], known.get, aim)
    assert plan == plan_liquidation(reversed(balances), known.get, aim)
    used = {(sale.account_id, sale.instrument.base): sale.instrument for sale in plan.sales}
    for sale in plan.sales:
        rules = known[sale.instrument].rules
        assert used[(sale.account_id, sale.instrument.base)] == sale.instrument
        assert sale.quantity % rules.lot == 0
        assert sale.quantity >= max(rules.quantity_min, rules.lot)
        assert sale.quantity <= (rules.market_quantity_max or sale.quantity)
        assert sale.brings >= rules.notional_min
        assert rules.is_open
    assert max(Counter((each.account_id, each.asset) for each in plan.residue).values(), default=1) == 1


@given(quantities(), st.lists(quantities(), min_size=1, max_size=6))
def test_an_amount_is_spread_exactly(amount: Decimal, held_in: list[Decimal]) -> None:
    shares = in_proportion(amount, held_in)
    assert sum(shares, ZERO) == min(amount, sum(held_in, ZERO))
    assert all(ZERO <= share <= quantity for share, quantity in zip(shares, held_in, strict=True))

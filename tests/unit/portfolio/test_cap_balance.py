"""A portfolio by the size of its coins and by how far they are from their highs."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.caps import MarketCap
from nightdesk.portfolio.cap_balance import CapBalance, cap_balance, drawdown_ratio, potential_ratio
from nightdesk.portfolio.model import Portfolio, Total, ValuedAsset
from tests.fakes.reference import market_cap

CAPS = [
    market_cap(1, "BTC", high="120", market_cap=Decimal(2_000_000_000_000)),
    market_cap(2, "ETH", high="200", market_cap=Decimal(380_000_000_000)),
    market_cap(3, "ARB", high="1000", market_cap=Decimal(1_000_000_000)),
    market_cap(4, "USDT", price="1", high="1.2", market_cap=Decimal(180_000_000_000), stable=True),
    market_cap(5, "NEW", high="500", market_cap=None),
]


def asset(name: str, value: str | None) -> ValuedAsset:
    amount = None if value is None else Decimal(value)
    return ValuedAsset(
        asset=AssetId(name),
        quantity=Decimal(1),
        unproven=Decimal(0),
        value=amount,
        price=amount,
        priced_at=None,
        average_cost=None,
        realised_pnl=None,
        unrealised_pnl=None,
        share_ratio=None,
    )


def portfolio(**values: str | None) -> Portfolio:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Portfolio(
        portfolio_id=TenantId(UUID(int=1)),
        base_asset=AssetId("USDT"),
        as_of=at,
        total=Total(value=Decimal(0), complete=True, priced_at=at),
        accounts=(),
        assets=tuple(asset(name, value) for name, value in values.items()),
        holdings=(),
        unpriced=(),
        rates={},
    )


def buckets(balance: CapBalance) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    return (
        {each.name: each.value for each in balance.by_size if each.assets},
        {each.name: each.value for each in balance.by_distance if each.assets},
    )


def test_sizes_distances_and_shares() -> None:
    held = portfolio(BTC="500", ETH="300", ARB="100", USDT="50", NEW="30", MINE="20", GONE=None)
    balance = cap_balance(held, CAPS)
    by_size, by_distance = buckets(balance)
    assert by_size == {"mega": 800, "large": 50, "mid": 100, "unknown": 50}
    assert by_distance == {"near": 500, "moderate": 300, "far": 30, "very_far": 100, "stable": 50, "unknown": 20}
    assert sum(each.share_ratio or 0 for each in balance.by_size) == 1
    assert [each.name for each in balance.by_size] == ["mega", "large", "mid", "small", "micro", "unknown"]


def test_the_potential_is_of_the_part_whose_highs_are_known() -> None:
    balance = cap_balance(portfolio(BTC="500", ETH="300", USDT="200"), CAPS)
    assert balance.potential_ratio == Decimal("0.5")  # 500 x 0.2 + 300 x 1, of 800
    assert balance.covered_ratio == Decimal("0.8")
    assert [each.potential_ratio for each in balance.positions] == [Decimal("0.2"), Decimal(1), None]


def test_currencies_are_no_coins_with_a_high() -> None:
    (position,) = cap_balance(portfolio(EUR="10"), CAPS).positions
    assert (position.size, position.distance, position.potential_ratio) == ("unknown", "stable", None)


def test_it_is_a_figure_of_the_portfolio_or_of_one_asset() -> None:
    held = portfolio(BTC="500", MINE="20")
    assert potential_ratio(held, CAPS) == Decimal("0.2")
    assert potential_ratio(held, CAPS, AssetId("BTC")) == Decimal("0.2")
    assert potential_ratio(held, CAPS, AssetId("MINE")) is None
    assert potential_ratio(held, CAPS, AssetId("ETH")) is None
    assert potential_ratio(portfolio(MINE="20"), ()) is None


def test_how_far_a_price_is_below_its_high() -> None:
    caps: list[MarketCap] = CAPS
    assert drawdown_ratio(caps[1]) == Decimal("0.5")

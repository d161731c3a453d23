from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import Money
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.model import Books, Portfolio, PortfolioAccount, Reported, ValuedHolding
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.portfolio.service import PortfolioService
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, movement, new_account, trade
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore, FakePortfolioUnits, FakePriceBook
from tests.unit.portfolio.test_valuation import price

OTHER = new_account()


def account(account_id: AccountId) -> PortfolioAccount:
    return PortfolioAccount(
        account_id=account_id, venue=VenueId("binance"), label="main", state="active", refreshed_at=None
    )


@dataclass
class LiveBooks:
    """Books that follow the holdings; `importing` accounts are left to their import."""

    holdings: FakeHoldingStore
    reported: tuple[Reported, ...] = ()
    importing: set[AccountId] = field(default_factory=set)

    def books(self, tenant_id: TenantId) -> Books:
        assert tenant_id == TENANT
        held = tuple(self.holdings.holdings.values())
        accounts = (account(ACCOUNT), account(OTHER))
        return Books(base_asset=AssetId("USDT"), accounts=accounts, holdings=held, reported=self.reported)

    def unsettled(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        assert tenant_id == TENANT
        stale = {holding.account_id for holding in self.holdings.holdings.values() if holding.stale}
        return tuple(sorted(stale - self.importing))


class Desk:
    """A portfolio service on fakes."""

    def __init__(self) -> None:
        self.ledger, self.holdings, self.prices = FakeLedgerStore(), FakeHoldingStore(), FakePriceBook()
        self.books = LiveBooks(self.holdings)
        units = FakePortfolioUnits(self.ledger, self.holdings, self.books)  # type: ignore[arg-type]
        self.service = PortfolioService(units, self.prices, FakeClock(RECORDED))

    def record(self, *facts: Fact, account_id: AccountId = ACCOUNT) -> None:
        recorder = LedgerRecorder(self.ledger, self.holdings)
        recorder.record(TENANT, account_id, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def view(self) -> Portfolio:
        return self.service.view(TENANT)

    def holding(self, asset: str) -> ValuedHolding:
        return next(each for each in self.view().holdings if each.asset == asset)


def seen(*figures: object) -> tuple[object, ...]:
    """Figures side by side, to be compared with numbers of any type."""
    return figures


def assets(portfolio: Portfolio) -> Sequence[str]:
    return [each.asset for each in portfolio.assets]


def test_empty_portfolio_is_worth_nothing_and_complete() -> None:
    portfolio = Desk().view()
    assert seen(portfolio.total.value, portfolio.total.complete, portfolio.total.priced_at) == (0, True, None)
    assert seen(portfolio.holdings, portfolio.assets, portfolio.unpriced) == ((), (), ())
    assert [each.value for each in portfolio.accounts] == [None, None]
    assert seen(portfolio.as_of, portfolio.portfolio_id, portfolio.rates) == (RECORDED, TENANT, {"USDT": 1})


def test_holding_is_valued_at_the_last_price_with_its_age() -> None:
    desk = Desk()
    desk.record(trade(1, "2", "-100"), trade(2, "-1", "70"))
    desk.prices.put([price("BTC/USDT", "80", minutes_ago=3)])
    holding = desk.holding("BTC")
    assert seen(holding.quantity, holding.value, holding.price) == (1, 80, 80)
    assert holding.priced_at == RECORDED - timedelta(minutes=3)
    assert seen(holding.average_cost, holding.average_cost_value) == ((Money(Decimal(50), AssetId("USDT")),), 50)
    assert seen(holding.realised_pnl_value, holding.unrealised_pnl_value) == (20, 30)


def test_cost_in_another_currency_is_valued_at_its_present_rate() -> None:
    desk = Desk()
    desk.record(trade(1, "10", "-1", symbol="XRP/ETH"))
    desk.prices.put([price("ETH/USDT", "1000", minutes_ago=9), price("XRP/USDT", "150")])
    holding = desk.holding("XRP")
    assert seen(holding.average_cost_value, holding.unrealised_pnl_value) == (100, 500)


def test_what_has_no_price_is_named_and_not_counted_as_nothing() -> None:
    desk = Desk()
    desk.record(movement(1, "DOGE", "5"), movement(2, "USDT", "7"))
    portfolio = desk.view()
    assert seen(portfolio.unpriced, portfolio.total.complete, portfolio.total.value) == (("DOGE",), False, 7)
    doge = desk.holding("DOGE")
    assert seen(doge.value, doge.price, doge.unrealised_pnl_value) == (None, None, None)
    assert assets(portfolio) == ["USDT", "DOGE"]
    assert portfolio.assets[1].share_ratio is None


def test_cost_without_a_price_leaves_its_figures_open() -> None:
    desk = Desk()
    desk.record(trade(1, "1", "-5", symbol="BTC/DOGE"), trade(2, "-0.5", "5", symbol="BTC/DOGE"))
    desk.prices.put([price("BTC/USDT", "80")])
    holding = desk.holding("BTC")
    assert holding.value == 40
    assert seen(holding.average_cost_value, holding.realised_pnl_value, holding.unrealised_pnl_value) == (
        None,
        None,
        None,
    )


def test_asset_that_is_gone_needs_no_price() -> None:
    desk = Desk()
    desk.record(trade(1, "1", "-5"), trade(2, "-1", "5"))
    portfolio = desk.view()
    assert seen(portfolio.unpriced, portfolio.total.complete) == ((), True)


def test_total_is_the_sum_of_accounts_and_of_assets() -> None:
    desk = Desk()
    desk.record(movement(1, "BTC", "1"), movement(2, "USDT", "50"))
    desk.record(movement(1, "BTC", "2"), account_id=OTHER)
    desk.prices.put([price("BTC/USDT", "50", minutes_ago=1), price("EUR/USDT", "1.25", minutes_ago=8)])
    portfolio = desk.view()
    assert portfolio.total.value == 200
    assert portfolio.total.priced_at == RECORDED - timedelta(minutes=1)
    assert {each.account_id: each.value for each in portfolio.accounts} == {ACCOUNT: 100, OTHER: 100}
    assert [seen(each.asset, each.quantity, each.share_ratio) for each in portfolio.assets] == [
        ("BTC", 3, Decimal("0.75")),
        ("USDT", 50, Decimal("0.25")),
    ]
    assert portfolio.rates == {"USDT": 1, "EUR": Decimal("1.25"), "BTC": 50}


def test_asset_over_accounts_averages_what_each_paid() -> None:
    desk = Desk()
    desk.record(trade(1, "1", "-10"))
    desk.record(trade(1, "3", "-50"), trade(2, "-1", "30"), account_id=OTHER)
    desk.prices.put([price("BTC/USDT", "20")])
    valued = next(each for each in desk.view().assets if each.asset == "BTC")
    assert valued.quantity == 3
    assert valued.average_cost is not None
    assert valued.average_cost.quantize(Decimal("0.001")) == Decimal("14.444")
    assert valued.realised_pnl is not None
    assert valued.realised_pnl.quantize(Decimal("0.001")) == Decimal("13.333")


def test_reported_balance_stands_beside_the_ledger() -> None:
    desk = Desk()
    desk.record(movement(1, "BTC", "1"))
    row = Reported(account_id=ACCOUNT, asset=AssetId("BTC"), quantity=Decimal("1.5"), reported_at=RECORDED)
    desk.books.reported = (row, replace(row, asset=AssetId("ETH")))
    bitcoin, ether = desk.holding("BTC"), desk.holding("ETH")
    assert seen(bitcoin.reported_quantity, bitcoin.difference, bitcoin.reported_at) == (
        Decimal("1.5"),
        Decimal("0.5"),
        RECORDED,
    )
    assert seen(ether.quantity, ether.difference, ether.folded_at) == (0, Decimal("1.5"), None)


def test_stale_holding_is_settled_before_it_is_shown() -> None:
    desk = Desk()
    desk.record(trade(2, "-1", "30"))
    desk.record(trade(1, "1", "-10"))
    assert seen(desk.holding("BTC").stale, desk.holding("BTC").realised_pnl_value) == (False, 20)


def test_stale_holding_of_an_open_import_shows_its_quantity_and_no_cost() -> None:
    desk = Desk()
    desk.books.importing = {ACCOUNT}
    desk.record(trade(2, "1", "-30"))
    desk.record(trade(1, "1", "-10"))
    desk.prices.put([price("BTC/USDT", "20")])
    holding = desk.holding("BTC")
    assert seen(holding.stale, holding.quantity, holding.value) == (True, 2, 40)
    assert seen(holding.average_cost, holding.average_cost_value, holding.unrealised_pnl_value) == ((), None, None)


def test_portfolio_worth_nothing_has_no_shares() -> None:
    desk = Desk()
    desk.record(trade(1, "1", "-10"), trade(2, "-1", "10"))
    assert [each.share_ratio for each in desk.view().assets] == [None, None]

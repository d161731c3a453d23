from decimal import Decimal
from uuid import UUID

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount, Reported
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk

ACCOUNT = AccountId(UUID(int=7))
BTC, DUST = AssetId("BTC"), AssetId("DUST")


def holding(asset: AssetId, quantity: str, cost: str) -> Holding:
    position = Position(Decimal(quantity), Decimal(0), {AssetId("USDT"): Decimal(cost)})
    return Holding(account_id=ACCOUNT, asset=asset, position=position, folded_at=NOON, folded_sequence=1, stale=False)


def books() -> Books:
    account = PortfolioAccount(
        account_id=ACCOUNT, venue=VenueId("binance"), label="Main", state="active", refreshed_at=NOON
    )
    reported = Reported(account_id=ACCOUNT, asset=BTC, quantity=Decimal("0.49"), reported_at=NOON)
    holdings = (holding(BTC, "0.5", "10000"), holding(DUST, "1E-18", "0.1"))
    return Books(base_asset=AssetId("USDT"), accounts=(account,), holdings=holdings, reported=(reported,))


def test_the_portfolio_is_valued_with_ages_and_what_has_no_price_is_named(anna: Caller, fake: FakeDesk) -> None:
    (user,) = fake.users.users.values()
    fake.books.by_tenant[user.tenant_id] = books()
    instrument = Instrument(VenueId("binance"), BTC, AssetId("USDT"))
    fake.prices.put([Price(instrument=instrument, last=Decimal("50000.10"), at=NOON)])
    answer = anna.call("GET", "/api/v1/portfolio").json
    assert answer["total"] == {"value": "25000.05", "complete": False, "priced_at": "2026-03-01T12:00:00.000000Z"}
    assert answer["unpriced"] == ["DUST"]
    (account,) = answer["accounts"]
    assert (account["label"], account["value"]) == ("Main", "25000.05")
    btc, dust = sorted(answer["holdings"], key=lambda each: str(each["asset"]))
    assert (btc["quantity"], btc["reported_quantity"], btc["difference"]) == ("0.5", "0.49", "-0.01")
    assert btc["average_cost"] == [{"amount": "20000", "asset": "USDT"}]
    assert btc["unrealised_pnl_value"] == "15000.05"
    assert (dust["quantity"], dust["value"], dust["price"]) == ("0.000000000000000001", None, None)
    assert answer["rates"]["BTC"] == "50000.1"
    assert {asset["asset"]: asset["share_ratio"] for asset in answer["assets"]}["BTC"] == "1"


def test_an_empty_portfolio_is_worth_nothing(anna: Caller) -> None:
    answer = anna.call("GET", "/api/v1/portfolio").json
    assert answer["total"] == {"value": "0", "complete": True, "priced_at": None}
    assert (answer["holdings"], answer["base_asset"]) == ([], "USDT")

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from nightdesk.kernel.assets import AssetId, VenueId, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount
from nightdesk.portfolio.provenance import PastValuation, provenance, valuation_of
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.ledger import RECORDED
from tests.fakes.desk import Caller, FakeDesk

USDT, BTC = AssetId("USDT"), AssetId("BTC")
PRICES = [
    Price(instrument=parse_instrument(market), last=Decimal(last), at=RECORDED)
    for market, last in (("BINANCE:BTC/USDT", "100"), ("KRAKEN:BTC/USDT", "100.5"), ("BINANCE:ADA/BTC", "0.01"))
]


def past(tenant_id: UUID, **quantities: str) -> PastValuation:
    held = {AssetId(asset): Decimal(quantity) for asset, quantity in quantities.items()}
    exposure = Exposure(portfolio_id=TenantId(tenant_id), base_asset=USDT, quantities=held)
    return valuation_of(provenance(RECORDED, [exposure], PriceGraph(PRICES)), TenantId(tenant_id))


def tenant_of(anna: Caller) -> UUID:
    return UUID(anna.call("GET", "/api/v1/portfolio").json["portfolio_id"])


def test_past_value_names_every_source_of_every_price(anna: Caller, fake: FakeDesk) -> None:
    me = TenantId(tenant_of(anna))
    fake.valuations.kept[me] = [past(me, BTC="2", USDT="1", ADA="10", DOGE="5", XRP="0")]
    answer = anna.call("GET", f"/api/v1/portfolio/valuations/{format_instant(RECORDED)}").json

    assert (answer["at"], answer["value"], answer["base_asset"]) == (format_instant(RECORDED), "211", "USDT")
    assert (answer["is_proven"], answer["unproven"]) == (False, 2)
    bitcoin, cardano, dollars, nothing = answer["assets"]
    assert [each["asset"] for each in answer["assets"]] == ["BTC", "ADA", "USDT", "DOGE"]
    assert (bitcoin["verdict"], bitcoin["price"], bitcoin["value"], bitcoin["is_proven"]) == (
        "agreed",
        "100",
        "200",
        True,
    )
    (step,) = bitcoin["steps"]
    assert [(each["venue"], each["price"], each["deviation_bp"]) for each in step["sources"]] == [
        ("binance", "100", "-24.94"),
        ("kraken", "100.5", "24.94"),
    ]
    assert [each["symbol"] for each in cardano["steps"]] == ["ADA/BTC", "BTC/USDT"]
    assert (cardano["verdict"], cardano["is_proven"]) == ("one_source", False)
    assert (dollars["priced_at"], dollars["steps"], dollars["is_proven"]) == (None, [], True)
    assert (nothing["price"], nothing["verdict"], nothing["is_proven"]) == (None, None, False)


def test_last_valuation_up_to_the_instant_counts(anna: Caller, fake: FakeDesk) -> None:
    me = TenantId(tenant_of(anna))
    first = past(me, BTC="1")
    fake.valuations.kept[me] = [first, replace(first, at=RECORDED + timedelta(minutes=15), value=Decimal(7))]
    path = "/api/v1/portfolio/valuations/"

    assert anna.call("GET", path + format_instant(RECORDED + timedelta(minutes=14))).json["value"] == "100"
    assert anna.call("GET", path + format_instant(RECORDED + timedelta(hours=9))).json["value"] == "7"


def test_present_value_is_explained_by_the_same_prices(anna: Caller, fake: FakeDesk) -> None:
    me, account = TenantId(tenant_of(anna)), AccountId(uuid4())
    holding = Holding(
        account_id=account, asset=BTC, position=Position(Decimal(3)), folded_at=None, folded_sequence=0, stale=False
    )
    mine = PortfolioAccount(account_id=account, venue=VenueId("kraken"), label="x", state="active", refreshed_at=None)
    fake.books.by_tenant[me] = Books(base_asset=USDT, accounts=(mine,), holdings=(holding,), reported=())
    fake.prices.put(PRICES)
    answer = anna.call("GET", "/api/v1/portfolio/valuation").json

    assert (answer["value"], answer["is_proven"], answer["assets"][0]["steps"][0]["venue"]) == ("300", True, "binance")
    assert anna.call("GET", "/api/v1/portfolio").json["total"]["value"] == "300"


def test_nothing_is_kept_of_anothers_or_of_an_older_time(anna: Caller, fake: FakeDesk) -> None:
    fake.valuations.kept[TenantId(uuid4())] = [past(uuid4(), BTC="1")]
    answer = anna.call("GET", f"/api/v1/portfolio/valuations/{format_instant(RECORDED)}")
    assert (answer.status, answer.json["code"]) == (404, "valuations.not_found")


def test_instant_must_be_one(anna: Caller) -> None:
    answer = anna.call("GET", "/api/v1/portfolio/valuations/yesterday")
    assert (answer.status, answer.json["code"]) == (400, "instant.malformed")

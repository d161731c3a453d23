from dataclasses import replace
from datetime import UTC, datetime

from nightdesk.kernel.assets import AssetId, VenueId, unknown_asset
from nightdesk.ledger.model import Appended, Fact, LegRole
from nightdesk.ledger.naming import identified, unknown_codes, venue_of
from nightdesk.ledger.service import append
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, leg, movement, trade
from tests.fakes.ledger import FakeLedgerStore

BEFORE, AFTER = datetime(2022, 5, 1, tzinfo=UTC), datetime(2022, 6, 1, tzinfo=UTC)
STRANGE = replace(movement(1, "BTC", "1"), legs=(leg(LegRole.MOVEMENT, unknown_asset("xyz"), "5"),))


def told(store: FakeLedgerStore, *facts: Fact) -> Appended:
    return append(store, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)


def test_luna_is_another_asset_before_and_after() -> None:
    bought = trade(1, "10", "-900", symbol="LUNA/USDT")
    legs = [identified(replace(bought, occurred_at=at), {}).legs for at in (BEFORE, AFTER)]
    assert [own[0].asset for own in legs] == ["LUNC", "LUNA"]


def test_market_keeps_the_name_it_had() -> None:
    fact = identified(trade(1, "10", "-9", symbol="MATIC/USDT"), {})
    assert (fact.legs[0].asset, str(fact.instrument)) == ("POL", "BINANCE:MATIC/USDT")


def test_venue_is_that_of_the_market_or_of_the_source() -> None:
    assert venue_of(replace(trade(1, "1", "-1"), source="webhook")) == "binance"
    assert venue_of(replace(movement(1, "BTC", "1"), source="kraken.stream")) == "kraken"


def test_fact_of_an_unknown_asset_is_kept_whole_and_not_booked() -> None:
    store = FakeLedgerStore()
    done = told(store, STRANGE, movement(2, "BTC", "1"))
    assert [entry.fact.identity for entry in done.entries] == ["deposit:2"]
    assert done.quarantined == (STRANGE,)
    assert store.waiting == {STRANGE.identity: STRANGE}
    assert unknown_codes(STRANGE) == {"XYZ"}


def test_named_asset_is_booked_under_the_same_identity() -> None:
    store = FakeLedgerStore()
    told(store, STRANGE)
    store.named[VenueId("binance"), AssetId("XYZ")] = AssetId("XYZCOIN")
    done = told(store, STRANGE)
    assert [(entry.fact.identity, entry.fact.legs[0].asset) for entry in done.entries] == [("deposit:1", "XYZCOIN")]


def test_name_holds_at_its_own_venue_only() -> None:
    store = FakeLedgerStore(named={(VenueId("kraken"), AssetId("XYZ")): AssetId("XYZCOIN")})
    assert told(store, STRANGE).quarantined == (STRANGE,)


def test_known_event_told_with_a_forgotten_code_is_a_duplicate() -> None:
    store = FakeLedgerStore()
    told(store, movement(1, "BTC", "1"))
    done = told(store, STRANGE)
    assert (done.duplicates, done.quarantined, store.waiting) == (("deposit:1",), (), {})

"""Listed coins: which asset each is, and an hour's work on them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Forbidden, NightdeskError, Unavailable
from nightdesk.markets.caps import CapId, High, Highs, Listing, Listings, MappedBy, MarketCap, Unmapped
from nightdesk.markets.caps_mapping import PINNED, dollar_prices, map_listings
from nightdesk.markets.caps_refreshing import LISTINGS, PERFORMANCE, CapsRefresher, highest
from nightdesk.markets.model import Price
from nightdesk.markets.sources import SourceState
from tests.fakes.clock import FakeClock
from tests.fakes.reference import AT, listing

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)


def mapped(listings: list[Listing], **prices: str) -> Mapping[int, object]:
    known = {AssetId(asset): Decimal(price) for asset, price in prices.items()}
    found = map_listings(listings, known, NOW)
    return {number: each.asset or each.unmapped for number, each in found.items()}


class TestMapping:
    def test_a_number_of_our_own_list_is_enough_whatever_the_symbol_and_price(self) -> None:
        assert mapped([listing(1, "BTC"), listing(3890, "MATIC")]) == {1: "BTC", 3890: "POL"}

    def test_a_shared_symbol_is_never_guessed(self) -> None:
        found = mapped([listing(5426, "SOL"), listing(90_001, "SOL"), listing(90_002, "ABC"), listing(90_003, "abc")])
        assert found[5426] == "SOL"
        assert found[90_001] is found[90_002] is found[90_003] is Unmapped.SHARED_SYMBOL

    def test_a_symbol_of_its_own_needs_the_price_too(self) -> None:
        coins = [listing(90_001, "AAA"), listing(90_002, "BBB"), listing(90_003, "CCC"), listing(90_004, "€")]
        assert mapped(coins, AAA="91", BBB="89") == {
            90_001: "AAA",
            90_002: Unmapped.PRICE_DIFFERS,
            90_003: Unmapped.NO_PRICE,
            90_004: Unmapped.NO_PRICE,
        }

    def test_an_asset_is_one_coin_only(self) -> None:
        found = mapped([listing(90_001, "XBT", rank=1), listing(1, "BTC", rank=2)], BTC="100")
        assert found == {1: "BTC", 90_001: Unmapped.ANOTHER_IS}

    def test_our_list_is_one_number_an_asset_except_where_a_coin_was_renamed(self) -> None:
        assert len(PINNED) - len(set(PINNED.values())) == 1

    def test_prices_in_dollars_are_medians(self) -> None:
        def price(venue: str, quote: str, last: str) -> Price:
            instrument = Instrument(VenueId(venue), AssetId("AAA"), AssetId(quote))
            return Price(instrument=instrument, last=Decimal(last), at=AT)

        told = [price("a", "USDT", "1"), price("b", "USD", "3"), price("c", "USDC", "2"), price("d", "BTC", "9")]
        assert dollar_prices(told) == {"AAA": Decimal(2)}


class TestHighest:
    seen = High(price=Decimal(150), at=AT - timedelta(days=3), known_since=AT - timedelta(days=9))

    def test_without_a_source_it_is_the_highest_listed_since(self) -> None:
        assert highest(listing(1, "A"), None, None) == High(price=Decimal(100), at=AT, known_since=AT)
        assert highest(listing(1, "A"), None, self.seen) == self.seen
        best = highest(listing(1, "A", "151"), None, self.seen)
        assert (best.price, best.at, best.known_since) == (Decimal(151), AT, self.seen.known_since)

    def test_the_sources_own_makes_it_one_of_all_time(self) -> None:
        told = High(price=Decimal(140), at=AT - timedelta(days=900))
        assert highest(listing(1, "A"), told, None) == told
        best = highest(listing(1, "A"), told, self.seen)
        assert (best.price, best.known_since) == (Decimal(150), None)


class Book:
    """`CapBook` in memory."""

    def __init__(self) -> None:
        self.hours: dict[datetime, tuple[datetime, bool]] = {}
        self.known: dict[str, SourceState] = {}
        self.kept: Sequence[MarketCap] = ()
        self.sources = self

    @contextmanager
    def __call__(self) -> Iterator["Book"]:
        yield self

    def take_hour(self, hour: datetime, now: datetime, give_up_before: datetime) -> bool:
        taken_at, done = self.hours.get(hour, (datetime.min.replace(tzinfo=UTC), False))
        if done or taken_at >= give_up_before:
            return False
        self.hours[hour] = (now, False)
        return True

    def end_hour(self, hour: datetime, *, done: bool) -> None:
        self.hours[hour] = (datetime.min.replace(tzinfo=UTC), done)

    def highs(self) -> Mapping[CapId, High]:
        return {cap.listing.cap_id: cap.high for cap in self.kept}

    def keep(self, caps: Sequence[MarketCap], at: datetime) -> None:
        assert at.tzinfo
        self.kept = caps

    def state(self, source: str) -> SourceState | None:
        return self.known.get(source)

    def note(self, state: SourceState) -> None:
        self.known[state.source] = state

    def all(self) -> Sequence[SourceState]:
        return list(self.known.values())


class Source:
    """Lists one coin."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.price = "100"
        self.listings_fail: NightdeskError | None = None
        self.highs_fail: NightdeskError | None = None

    def listings(self) -> Listings:
        self.asked.append("listings")
        if self.listings_fail:
            raise self.listings_fail
        return Listings(at=AT, rows=(listing(1, "BTC", self.price),), credits_used=5)

    def highs(self, ids: Sequence[CapId]) -> Highs:
        self.asked.append("highs")
        if self.highs_fail:
            raise self.highs_fail
        return Highs(by_id={number: High(price=Decimal(900), at=AT) for number in ids}, credits_used=10)


class TestRefreshing:
    def setup_method(self) -> None:
        self.book, self.source, self.clock = Book(), Source(), FakeClock(NOW)
        self.refresher = CapsRefresher(self.source, self.book, dict, self.clock)

    def test_an_hour_is_paid_once(self) -> None:
        first, again = self.refresher.refresh(), self.refresher.refresh()
        assert (first.rows, first.mapped, first.credits_used, first.skipped) == (1, 1, 15, None)
        assert (again.rows, again.credits_used) == (0, 0)
        assert again.skipped
        assert self.source.asked == ["listings", "highs"]
        assert self.book.kept[0].high == High(price=Decimal(900), at=AT)
        assert self.book.kept[0].potential_ratio == 8
        assert self.book.kept[0].mapped_by is MappedBy.ID

    def test_highs_are_asked_for_once_a_day_and_credits_counted_by_month(self) -> None:
        for _ in range(24):
            self.refresher.refresh()
            self.clock.advance(3600)
        assert self.source.asked.count("listings") == 24
        assert self.source.asked.count("highs") == 2
        assert self.book.known[LISTINGS].credits_month == 120
        self.clock.advance(20 * 86_400)
        self.refresher.refresh()
        assert self.book.known[LISTINGS].credits_month == 5

    def test_a_source_that_fails_gives_the_hour_back(self) -> None:
        self.source.listings_fail = Unavailable("caps.unavailable", "It does not answer.")
        with pytest.raises(Unavailable):
            self.refresher.refresh()
        assert self.book.known[LISTINGS].failure_code == "caps.unavailable"
        self.source.listings_fail = None
        assert self.refresher.refresh().rows == 1
        assert self.book.known[LISTINGS].failure_code is None

    def test_without_highs_in_the_plan_the_highest_seen_counts_and_nothing_is_asked_again_that_day(self) -> None:
        self.source.highs_fail = Forbidden("caps.not_in_plan", "The plan has none.")
        for price in ("100", "130", "120"):
            self.source.price = price
            self.refresher.refresh()
            self.clock.advance(3600)
        assert self.source.asked.count("highs") == 1
        assert self.book.known[PERFORMANCE].failure_code == "caps.not_in_plan"
        assert self.book.kept[0].high == High(price=Decimal(130), at=AT, known_since=AT)

    def test_highs_that_fail_are_asked_for_an_hour_later(self) -> None:
        self.source.highs_fail = Unavailable("caps.unavailable", "It does not answer.")
        self.refresher.refresh()
        self.clock.advance(3600)
        self.refresher.refresh()
        assert self.source.asked.count("highs") == 2

    def test_an_hour_that_somebody_took_and_left_is_done_by_the_next(self) -> None:
        hour = NOW.replace(minute=0)
        self.book.hours[hour] = (NOW - timedelta(minutes=1), False)
        assert self.refresher.refresh().skipped
        self.clock.advance(300)
        assert self.refresher.refresh().rows == 1

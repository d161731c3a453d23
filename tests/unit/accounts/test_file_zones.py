"""A file's zone is proven by known events, or asked; never guessed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.model import Row, Said
from nightdesk.accounts.files.zones import find_zone, instant_of, require_zone
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from tests.builders.ledger import leg, movement

WINTER, SUMMER = datetime(2024, 1, 10, 9, tzinfo=UTC), datetime(2024, 7, 10, 9, tzinfo=UTC)


def known(count: int, start: datetime = WINTER, step: timedelta = timedelta(hours=7)) -> list[Fact]:
    facts = [movement(number, "BTC", Decimal(number + 1)) for number in range(count)]
    return [
        Fact(
            kind=each.kind,
            identity=each.identity,
            source="binance.rest",
            occurred_at=start + step * place,
            legs=each.legs,
        )
        for place, each in enumerate(facts)
    ]


def rows(facts: list[Fact], zone: str) -> list[Said]:
    return [
        row(line, fact.occurred_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None), fact)
        for line, fact in enumerate(facts, 2)
    ]


def row(line: int, wall: datetime, fact: Fact) -> Said:
    return Said(rows=(Row(line, ()),), at=wall, kind=fact.kind, legs=fact.legs)


def unknown(wall: datetime) -> Said:
    legs = (leg(LegRole.MOVEMENT, "ETH", "77.7"),)
    return Said(rows=(Row(99, ()),), at=wall, kind=EntryKind.DEPOSIT, legs=legs)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"])
def test_a_shifted_file_is_found_out(zone: str) -> None:
    facts = known(6) + known(6, SUMMER)
    finding = find_zone(rows(facts, zone), facts)
    assert finding.zone is not None
    here, found = ZoneInfo(zone), ZoneInfo(finding.zone)
    assert all(
        fact.occurred_at.astimezone(here).utcoffset() == fact.occurred_at.astimezone(found).utcoffset()
        for fact in facts
    )
    assert finding.matches == len(facts)
    assert finding.examples[0].instant == facts[0].occurred_at


def test_winter_alone_does_not_prove_a_summer() -> None:
    facts = known(6)
    told = [*rows(facts, "Europe/Berlin"), unknown(datetime(2024, 7, 1, 12))]  # noqa: DTZ001 - a wall clock's
    finding = find_zone(told, facts)
    assert finding.zone is None
    assert {"Europe/Berlin", "Etc/GMT-1"} <= {name for name, _ in finding.candidates}


def test_nothing_known_proves_nothing() -> None:
    assert find_zone(rows(known(6), "UTC"), []).zone is None


def test_two_meetings_are_too_few() -> None:
    facts = known(2)
    assert find_zone(rows(facts, "UTC"), facts).zone is None


def test_equal_amounts_every_hour_prove_nothing() -> None:
    """A bot that trades the same amount on each hour fits every whole offset."""
    facts = [
        Fact(
            kind=EntryKind.DEPOSIT,
            identity=f"d:{hour}",
            source="x",
            occurred_at=WINTER + timedelta(hours=hour),
            legs=(leg(LegRole.MOVEMENT, "BTC", "1"),),
        )
        for hour in range(24)
    ]
    assert find_zone(rows(facts[4:20], "Europe/Berlin"), facts).zone is None


def test_the_users_own_zone_is_named_where_several_fit() -> None:
    facts = known(6)
    assert find_zone(rows(facts, "Africa/Lagos"), facts, likely=("Africa/Lagos",)).zone == "Africa/Lagos"


def test_an_hour_that_clocks_show_twice_or_never_is_refused() -> None:
    berlin = require_zone("Europe/Berlin")
    with pytest.raises(RowRefused, match="instant_twice"):
        instant_of(datetime(2024, 10, 27, 2, 30), berlin)  # noqa: DTZ001 - a wall clock's
    with pytest.raises(RowRefused, match="instant_never"):
        instant_of(datetime(2024, 3, 31, 2, 30), berlin)  # noqa: DTZ001 - a wall clock's


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "x" * 300])
def test_no_zone(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a time zone"):
        require_zone(name)

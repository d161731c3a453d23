from dataclasses import replace

import pytest

from nightdesk.kernel.assets import AssetId, VenueId, unknown_asset
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.model import Fact, LegRole
from nightdesk.ledger.quarantine import QuarantineService, Released, finding_of
from nightdesk.ledger.service import append
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, leg, movement
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.quarantine import FakeQuarantine

BINANCE, XYZ = VenueId("binance"), AssetId("XYZ")


def strange(number: int, *codes: str) -> Fact:
    legs = tuple(leg(LegRole.MOVEMENT, unknown_asset(code), "-5") for code in codes)
    return replace(movement(number, "BTC", "1"), legs=legs)


class Desk:
    """The service on fakes, with these facts told before."""

    def __init__(self, *facts: Fact) -> None:
        self.ledger = FakeLedgerStore()
        self.quarantine = FakeQuarantine(self.ledger, ACCOUNT, RECORDED)
        self.service = QuarantineService(self.quarantine, FakeClock(RECORDED))
        append(self.ledger, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def name(self, asset: str) -> Released:
        return self.service.name(TENANT, BINANCE, unknown_asset("XYZ"), AssetId(asset), correlation_id=CORRELATION)


def test_what_waits_for_a_name_is_booked_when_it_is_given() -> None:
    desk = Desk(strange(1, "XYZ"), strange(2, "XYZ", "ABC"))
    assert len(desk.service.page(TENANT, None, 200)) == 2
    assert desk.name("XYZCOIN") == Released(recorded=1, duplicate=0, waiting=1)
    assert desk.quarantine.released == ["deposit:1"]
    assert [entry.fact.legs[0].asset for entry in desk.ledger.chains[TENANT, ACCOUNT]] == ["XYZCOIN"]


def test_nothing_is_named_after_an_unknown_code() -> None:
    with pytest.raises(InvalidInput):
        Desk().name("?XYZ")


@pytest.mark.parametrize("limit", [0, 202])
def test_page_has_a_limit(limit: int) -> None:
    with pytest.raises(InvalidInput):
        Desk().service.page(TENANT, None, limit)


def test_finding_names_the_code_its_venue_and_what_is_at_stake() -> None:
    finding = finding_of(ACCOUNT, XYZ, strange(1, "ABC", "XYZ"))
    assert finding.identity == f"unknown_symbol:{ACCOUNT}:XYZ"
    assert str(finding.at_stake and finding.at_stake.amount) == "5"
    assert finding.details == {"venue": "binance", "code": "XYZ", "identity": "deposit:1", "kind": "deposit"}

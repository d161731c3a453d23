from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from nightdesk.candles.model import EARLIEST
from nightdesk.candles.record_keeping import RecordKeeper, RecordPolicy
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
POLICY = RecordPolicy(valuation_months=24, refusal_days=90, dry_run=True)


@dataclass(slots=True)
class FakeRecordKeeping:
    gone: Mapping[str, int]
    asked: list[tuple[RecordPolicy, datetime, datetime]] = field(default_factory=list)

    def expire(self, policy: RecordPolicy, market_at: datetime, now: datetime) -> Mapping[str, int]:
        self.asked.append((policy, market_at, now))
        return self.gone


def test_two_whole_years_and_a_quarter_are_kept() -> None:
    assert POLICY.valuations_from(NOW) == datetime(2024, 11, 1, tzinfo=UTC)
    assert POLICY.refusals_from(NOW) == datetime(2026, 8, 24, 2, 30, tzinfo=UTC)


def test_nought_keeps_all() -> None:
    policy = RecordPolicy(valuation_months=0, refusal_days=0, dry_run=False)
    assert (policy.valuations_from(NOW), policy.refusals_from(NOW)) == (EARLIEST, EARLIEST)


@pytest.mark.parametrize("gone", [{}, {"market_refusals": 3, "valuation_prices": 0}])
def test_it_is_told_how_much_goes(gone: Mapping[str, int], caplog: pytest.LogCaptureFixture) -> None:
    store, market_at = FakeRecordKeeping(gone), datetime(2030, 1, 1, tzinfo=UTC)
    assert RecordKeeper(store, POLICY, FakeClock(NOW)).run(market_at) == sum(gone.values())
    assert store.asked == [(POLICY, market_at, NOW)]
    assert [record.message for record in caplog.records] == ["records would be dropped"] * bool(gone)


def test_nothing_goes_while_no_market_tells_the_time() -> None:
    store = FakeRecordKeeping({"market_refusals": 1})
    assert (RecordKeeper(store, POLICY, FakeClock(NOW)).run(None), store.asked) == (0, [])

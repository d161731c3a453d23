from __future__ import annotations

import pytest

from nightdesk.accounts.import_pace import Pace


def test_one_stream_is_as_far_as_its_pages_say() -> None:
    pace = Pace()
    told = [pace.read("trades", ratio, streams=1, pending=1) for ratio in (0.25, 0.5, 0.75, 1.0)]
    assert told == [pytest.approx(each) for each in (0.25, 0.5, 0.75, 1.0)]


def test_a_long_stream_before_many_short_ones_weighs_what_it_takes() -> None:
    pace = Pace()
    halfway = pace.read("long", 0.05, streams=21, pending=21)
    assert halfway == pytest.approx(1 / 40)
    for number in range(2, 21):
        last = pace.read("long", number / 20, streams=21, pending=21)
    assert last == pytest.approx(20 / 40)
    assert pace.read("short", 1.0, streams=21, pending=20) == pytest.approx(21 / 40)


def test_what_earlier_workers_finished_counts_and_a_silent_stream_is_not_done() -> None:
    pace = Pace()
    assert pace.read("next", 0.0, streams=4, pending=2) == pytest.approx(3 / 103)
    assert pace.read("next", 1.0, streams=4, pending=2) == pytest.approx(4 / 5)

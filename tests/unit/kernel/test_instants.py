from datetime import UTC, datetime, timedelta, timezone

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, from_ms, parse_instant, require_utc, to_ms


@pytest.mark.parametrize("milliseconds", [0, -1, 1_570_752_011_620, 4_102_444_800_001])
def test_milliseconds_come_back(milliseconds: int) -> None:
    assert to_ms(from_ms(milliseconds)) == milliseconds


def test_part_of_a_millisecond_is_dropped_downwards() -> None:
    assert to_ms(datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == 1
    assert to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_text_form_is_one_and_the_same() -> None:
    assert format_instant(parse_instant("2019-10-11T02:00:11.62+02:00")) == "2019-10-11T00:00:11.620000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2019-13-01T00:00:00Z", "2019-10-11T00:00:11"])
def test_text_that_names_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_instant(text)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=1))])
def test_instant_out_of_utc_is_refused(zone: timezone | None) -> None:
    with pytest.raises(InvalidInput):
        require_utc(datetime(2024, 1, 1, tzinfo=zone))

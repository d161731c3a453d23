from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.candles.chart_marks import PER_BAR_MAX, ChartMark, MarkKind, put_on_bars

START = datetime(2026, 11, 21, tzinfo=UTC)
STARTS = [START + index * timedelta(minutes=5) for index in (0, 1, 2, 5, 6)]  # two bars are missing


def mark(key: int, seconds: int) -> ChartMark:
    return ChartMark(key=str(key), at=START + timedelta(seconds=seconds), kind=MarkKind.BUY, text="x")


def test_a_mark_stands_on_the_last_bar_that_had_begun() -> None:
    placed = list(put_on_bars([mark(1, 299), mark(2, 300), mark(3, 1300), mark(4, -1)], STARTS))
    assert [(each.key, each.at) for each in placed] == [("1", STARTS[0]), ("2", STARTS[1]), ("3", STARTS[2])]


def test_no_bars_no_marks() -> None:
    assert list(put_on_bars([mark(1, 1)], [])) == []


@given(st.lists(st.integers(min_value=-600, max_value=3000), max_size=60))
def test_marks_are_on_bars_in_order_few_and_none_is_forgotten(seconds: list[int]) -> None:
    placed = list(put_on_bars([mark(key, at) for key, at in enumerate(seconds)], STARTS))
    assert [each.at for each in placed] == sorted(each.at for each in placed)
    assert {each.at for each in placed} <= set(STARTS)
    assert all(sum(each.at == start for each in placed) <= PER_BAR_MAX for start in STARTS)
    more = sum(int(each.text.split()[0]) for each in placed if each.kind is MarkKind.MORE)
    shown = sum(each.kind is not MarkKind.MORE for each in placed)
    assert shown + more == sum(at >= 0 for at in seconds)
    assert len({each.key for each in placed}) == len(placed)

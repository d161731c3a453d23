"""The matcher against the golden set, and what holds whatever the movements are."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.ledger.transfers.matching import match
from nightdesk.ledger.transfers.model import Match, Movement, MovementId
from nightdesk.ledger.transfers.scoring import THRESHOLD
from tests.builders.ledger import START
from tests.builders.transfers import moved, of_row
from tests.golden.transfers.making import golden

GOLDEN = golden()


def test_the_golden_set_is_matched_precisely_and_nearly_whole() -> None:
    found = {(each.outs, each.ins) for each in match(map(of_row, GOLDEN.rows))}
    right = found & set(GOLDEN.truth)
    precision, recall = len(right) / len(found), len(right) / len(GOLDEN.truth)
    print(f"transfers: {len(GOLDEN.truth)}, precision {precision:.4f}, recall {recall:.4f}")
    assert len(GOLDEN.truth) >= 2000
    assert precision >= 0.99
    assert recall >= 0.95


def test_the_order_of_movements_does_not_matter() -> None:
    movements = [of_row(row) for row in GOLDEN.rows[:800]]
    found = set(match(movements))
    Random(1).shuffle(movements)
    assert set(match(movements)) == found


ROWS = st.lists(
    st.builds(
        lambda number, of, amount, minutes, told: (number, of, amount, minutes, told),
        st.uuids().map(str),
        st.sampled_from("abc"),
        st.sampled_from(["-1", "1", "2", "-2", "3", "-3.14159", "3.14159", "-0.5", "0.5"]),
        st.integers(0, 3000),
        st.fixed_dictionaries(
            {},
            optional={
                "tx_hash": st.sampled_from(["ab", "0xAB", "cd"]),
                "address": st.sampled_from("xyz"),
                "fee": st.sampled_from(["0.5", "0.1"]),
            },
        ),
    ),
    max_size=14,
    unique_by=lambda row: row[0],
)


@given(ROWS)
def test_no_movement_is_in_two_transfers_and_nothing_arrives_that_was_not_sent(
    rows: list[tuple[str, str, str, int, dict[str, str]]],
) -> None:
    movements = [moved(name, of, amount, START + timedelta(minutes=at), **told) for name, of, amount, at, told in rows]
    known = {each.movement_id: each for each in movements}
    found = match(movements)
    names = [name for each in found for name in each.movements]
    assert len(names) == len(set(names))
    for each in found:
        assert each.score >= THRESHOLD
        assert each.outs
        assert each.ins
        _holds(each, known)


def _holds(found: Match, known: dict[MovementId, Movement]) -> None:
    outs, ins = [known[name] for name in found.outs], [known[name] for name in found.ins]
    assert all(each.is_out for each in outs)
    assert not any(each.is_out for each in ins)
    assert not {each.account_id for each in outs} & {each.account_id for each in ins}
    sent, arrived = sum((each.size for each in outs), Decimal(0)), sum((each.size for each in ins), Decimal(0))
    assert arrived <= sent


@given(ROWS)
def test_what_was_matched_and_taken_apart_is_not_matched_again(
    rows: list[tuple[str, str, str, int, dict[str, str]]],
) -> None:
    movements = [moved(name, of, amount, START + timedelta(minutes=at), **told) for name, of, amount, at, told in rows]
    apart = {frozenset((out, into)) for each in match(movements) for out in each.outs for into in each.ins}
    for each in match(movements, forbidden=apart):
        assert not {frozenset((out, into)) for out in each.outs for into in each.ins} & apart

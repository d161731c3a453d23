"""Removing any one event moves the line to exactly that event's time."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.proving import Checkpoint, CheckpointSource, Move, prove
from tests.builders.ledger import START

AMOUNTS = st.decimals("-1000", "1000", places=8).filter(bool)
GAPS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30)


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """Events of one balance, each at an instant of its own."""
    instants = accumulate(draw(GAPS))
    return [Move(START + timedelta(microseconds=each), draw(AMOUNTS)) for each in instants]


def running(moves: list[Move]) -> list[Checkpoint]:
    balances = accumulate(move.amount for move in moves)
    source = CheckpointSource.RUNNING
    return [Checkpoint(move.at, balance, source) for move, balance in zip(moves, balances, strict=True)]


def asked(moves: list[Move], at: datetime) -> Checkpoint:
    balance = sum((move.amount for move in moves if move.at <= at), Decimal(0))
    return Checkpoint(at, balance, CheckpointSource.BALANCES)


@given(histories(), st.data())
def test_removing_any_event_moves_the_line_to_exactly_its_time(moves: list[Move], data: st.DataObject) -> None:
    now = moves[-1].at + timedelta(days=1)
    told = [*running(moves), asked(moves, now)]
    whole = prove(moves, told, is_complete=True)
    assert whole is not None
    assert (whole.since, whole.until, whole.broken) == (moves[0].at, now, False)
    number = data.draw(st.integers(0, len(moves) - 1))
    broken = prove([*moves[:number], *moves[number + 1 :]], told, is_complete=True)
    assert broken is not None
    assert (broken.since, broken.until, broken.broken) == (moves[0].at, moves[number].at, True)


@given(histories(), st.data())
def test_an_event_that_the_venue_took_back_moves_the_line_to_exactly_its_time(
    moves: list[Move], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(moves) - 1))
    gone = moves[number]
    alike = [move for move in moves if move.amount == gone.amount]
    now = moves[-1].at + timedelta(days=1)
    left = [move for move in moves if move is not gone]
    found = prove(moves, [asked(moves, moves[-1].at), asked(left, now)], is_complete=True)
    assert found is not None
    assert found.broken
    assert found.until == (gone.at if len(alike) == 1 else moves[-1].at)


@given(histories(), st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=12))
def test_within_the_stretch_every_checkpoint_agrees(moves: list[Move], wrong: list[tuple[int, bool]]) -> None:
    last = moves[-1].at
    instants = sorted({last - timedelta(seconds=place) for place, _ in wrong})
    lies = {last - timedelta(seconds=place) for place, lie in wrong if lie}
    told = [
        Checkpoint(at, asked(moves, at).balance + (1 if at in lies else 0), CheckpointSource.BALANCES)
        for at in instants
    ]
    found = prove(moves, told, is_complete=False)
    truths = [at for at in instants if at not in lies]
    if not truths:
        assert found is None
        return
    assert found is not None
    assert found.since in truths
    inside = [each for each in told if found.since <= each.at <= found.until]
    assert not [each for each in inside if each.at in lies and each.at < found.until]

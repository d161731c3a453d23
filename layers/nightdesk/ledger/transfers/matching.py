"""Find the transfers among movements: by hash first, then by amount, address and time, then in parts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import combinations
from typing import Final

from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO, add, multiply, subtract
from nightdesk.ledger.transfers.model import Evidence, Match, Movement, MovementId, plain_hash
from nightdesk.ledger.transfers.scoring import (
    EARLY,
    LATE,
    THRESHOLD,
    Learnt,
    Score,
    contradict,
    fits,
    in_time,
    learn,
    score,
)

Forbidden = Collection[frozenset[MovementId]]
"""Pairs of a withdrawal and a deposit that a person has said are not one transfer."""

MARGIN: Final = 5
"""A pair that others rival by less is left to a person, unless the rivals lie between the same two accounts."""

PARTS_MAX: Final = 4
LOST_RATIO_MAX: Final = Decimal("0.05")
"""So much of what one transaction carried may be missing at its end: a fee that nobody tells of."""

_PARTS_POOL: Final = 12
_BY_HASH, _BY_HASH_TOGETHER = 100, 95
_IN_PARTS: Final = 85


def match(
    movements: Iterable[Movement],
    *,
    addresses: Mapping[str, Collection[AccountId]] | None = None,
    forbidden: Forbidden = (),
) -> tuple[Match, ...]:
    """The transfers that are sure enough; no movement is in two of them.

    Args:
        movements: Deposits and withdrawals that are in no transfer yet.
        addresses: Which accounts take deposits at which addresses, as learnt before.
        forbidden: Pairs never to be matched again.
    """
    every = sorted(movements, key=lambda each: (each.at, each.movement_id))
    finder = _Finder(learn(every, addresses or {}), frozenset(forbidden))
    for group in _grouped(every, lambda each: (each.asset, plain_hash(each.tx_hash) or "")).values():
        if plain_hash(group[0].tx_hash):
            finder.by_hash(group)
    for group in _grouped(every, lambda each: each.asset).values():
        finder.in_pairs(group)
        finder.in_parts(group)
    return tuple(finder.found)


class _Finder:
    """Collects matches; what is in one is not looked at again."""

    def __init__(self, learnt: Learnt, forbidden: frozenset[frozenset[MovementId]]) -> None:
        self._learnt = learnt
        self._forbidden = forbidden
        self._used: set[MovementId] = set()
        self.found: list[Match] = []

    def by_hash(self, group: Sequence[Movement]) -> None:
        """Movements of one transaction: those that fit one another, then all that is left together."""
        pairs = [
            (out.address == into.address, out, into)
            for out, into in self._pairs(group)
            if fits(out.size, out.fee, into.size) and not contradict(out, into, self._learnt)
        ]
        for _, out, into in sorted(pairs, key=lambda each: not each[0]):
            self._take([out], [into], Score(_BY_HASH, (Evidence.TX_HASH, Evidence.AMOUNT)))
        outs, ins = self._sides(group)
        if outs and ins and (evidence := self._together(outs, ins, lost_ratio_max=LOST_RATIO_MAX)):
            self._take(outs, ins, Score(_BY_HASH_TOGETHER, (Evidence.TX_HASH, evidence)))

    def in_pairs(self, group: Sequence[Movement]) -> None:
        """One withdrawal and one deposit, the best pairs first, where no other pair is nearly as good."""
        scored = [
            (found, out, into)
            for out, into in self._pairs(group)
            if (found := score(out, into, self._learnt)) and found.points >= THRESHOLD - MARGIN
        ]
        scored.sort(key=lambda each: (-each[0].points, abs(each[2].at - each[1].at), each[1].movement_id))
        rivals: dict[MovementId, list[tuple[Score, Movement, Movement]]] = defaultdict(list)
        for each in scored:
            rivals[each[1].movement_id].append(each)
            rivals[each[2].movement_id].append(each)
        for found, out, into in scored:
            if found.points >= THRESHOLD and not self._is_rivalled(found, out, into, rivals):
                self._take([out], [into], found)

    def in_parts(self, group: Sequence[Movement]) -> None:
        """One withdrawal that arrived in parts at its address, or several there that arrived as one."""
        for one in group:
            others = [] if one.movement_id in self._used or one.address is None else self._parts_of(one, group)
            for parts in _subsets(others):
                outs, ins = ([one], parts) if one.is_out else (parts, [one])
                if evidence := self._together(outs, ins):
                    self._take(outs, ins, Score(_IN_PARTS, (Evidence.ADDRESS, evidence, Evidence.TIME)))
                    break

    def _pairs(self, group: Sequence[Movement]) -> Iterator[tuple[Movement, Movement]]:
        """Free withdrawals with the free deposits of their time."""
        outs, ins = self._sides(group)
        instants = [each.at for each in ins]
        for out in outs:
            first, last = bisect_left(instants, out.at - EARLY), bisect_right(instants, out.at + LATE)
            for into in ins[first:last]:
                if not self._is_forbidden(out, into):
                    yield out, into

    def _sides(self, group: Sequence[Movement]) -> tuple[list[Movement], list[Movement]]:
        free = [each for each in group if each.movement_id not in self._used]
        return [each for each in free if each.is_out], [each for each in free if not each.is_out]

    def _together(
        self, outs: Sequence[Movement], ins: Sequence[Movement], *, lost_ratio_max: Decimal = ZERO
    ) -> Evidence | None:
        """Whether all of the one arrived as all of the other, perhaps less a part that nobody tells of."""
        pairs = [(out, into) for out in outs for into in ins]
        if any(contradict(*pair, self._learnt) or not in_time(*pair) or self._is_forbidden(*pair) for pair in pairs):
            return None
        sent, fees = _sum(each.size for each in outs), _sum(each.fee for each in outs)
        arrived = _sum(each.size for each in ins)
        lost = subtract(sent, arrived)
        if ZERO < lost <= multiply(sent, lost_ratio_max):
            return Evidence.AMOUNT_LESS_FEE
        return fits(sent, fees, arrived)

    def _is_forbidden(self, out: Movement, into: Movement) -> bool:
        return frozenset((out.movement_id, into.movement_id)) in self._forbidden

    def _parts_of(self, one: Movement, group: Sequence[Movement]) -> list[Movement]:
        others = [
            each
            for each in group
            if each.is_out is not one.is_out
            and each.movement_id not in self._used
            and each.address == one.address
            and each.size < one.size
        ]
        return others[:_PARTS_POOL]

    def _is_rivalled(
        self,
        found: Score,
        out: Movement,
        into: Movement,
        rivals: Mapping[MovementId, Sequence[tuple[Score, Movement, Movement]]],
    ) -> bool:
        between = out.account_id, into.account_id
        return any(
            other.points > found.points - MARGIN and (theirs.account_id, other_into.account_id) != between
            for name in (out.movement_id, into.movement_id)
            for other, theirs, other_into in rivals[name]
            if not {theirs.movement_id, other_into.movement_id} & self._used
        )

    def _take(self, outs: Sequence[Movement], ins: Sequence[Movement], why: Score) -> None:
        names = frozenset(each.movement_id for each in (*outs, *ins))
        if names & self._used:
            return
        self._used |= names
        self.found.append(
            Match(
                outs=frozenset(each.movement_id for each in outs),
                ins=frozenset(each.movement_id for each in ins),
                score=why.points,
                evidence=why.evidence,
            )
        )


def _subsets(movements: Sequence[Movement]) -> Iterator[list[Movement]]:
    """Two to four of them, few first."""
    for count in range(2, PARTS_MAX + 1):
        yield from map(list, combinations(movements, count))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(add, amounts, ZERO)


def _grouped(movements: Iterable[Movement], key: Callable[[Movement], Hashable]) -> dict[Hashable, list[Movement]]:
    groups: dict[Hashable, list[Movement]] = defaultdict(list)
    for movement in movements:
        groups[key(movement)].append(movement)
    return groups

"""What portfolios hold now and held before, as far back as bars can still be corrected."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import EPOCH
from nightdesk.kernel.money import ZERO, add, subtract
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.rebuilding import Move
from nightdesk.portfolio.valuation_arrays import ValueArrays

JUST_AFTER = timedelta(microseconds=1)
Moves = Mapping[TenantId, Sequence[Move]]
_at = attrgetter("move.at")


@dataclass(frozen=True, slots=True)
class _Change:
    portfolio_id: TenantId
    move: Move


class HeldOverTime:
    """Goes back from what is held now, move by move.

    A move that the ledger got late counts from its own instant on. What else changed, such as an account that was
    disconnected, counts from when it was seen.
    """

    def __init__(self) -> None:
        self._now: dict[TenantId, Exposure] = {}
        self._joined: dict[TenantId, datetime] = {}
        self._changes: list[_Change] = []
        self._arrays: dict[int, ValueArrays] = {}

    @property
    def portfolio_ids(self) -> tuple[TenantId, ...]:
        """In the order of the values."""
        return tuple(self._now)

    def followed_at(self, instant: datetime) -> list[bool]:
        """Which portfolios were followed at this instant already."""
        return [self._joined[portfolio_id] <= instant for portfolio_id in self._now]

    def hold(self, exposures: Iterable[Exposure], moves: Moves, present: datetime | None) -> datetime | None:
        """Take what is held now.

        Args:
            exposures: Of every portfolio.
            moves: What the ledgers got since the last time, wherever in the past it happened.
            present: How far the market's time has come; None before the first price.

        Returns:
            From when on the past is another than before; None when it is the same.
        """
        before, self._now = self._now, {exposure.portfolio_id: exposure for exposure in exposures}
        self._joined = {each: self._joined.get(each, present or EPOCH) for each in self._now}
        self._arrays.clear()
        if present is None:
            self._changes.clear()
            return None
        told = [_Change(each, move) for each in before.keys() & moves.keys() for move in moves[each]]
        kept = [change for change in self._changes if change.portfolio_id in self._now]
        self._changes = sorted([*kept, *told, *self._unexplained(before, moves, present + JUST_AFTER)], key=_at)
        return min((change.move.at for change in told if change.move.at <= present), default=None)

    def at(self, instant: datetime) -> ValueArrays:
        """What was held at the instant; its moves are in it."""
        position = bisect_right(self._changes, instant, key=_at)
        if position not in self._arrays:
            self._arrays[position] = ValueArrays(self._less(self._changes[position:]))
        return self._arrays[position]

    def exposures_at(self, instant: datetime) -> list[Exposure]:
        """The same portfolio by portfolio."""
        return self._less(self._changes[bisect_right(self._changes, instant, key=_at) :])

    def forget(self, until: datetime) -> None:
        """Nothing up to this instant will be asked about any more, but for the instant itself."""
        count = bisect_right(self._changes, until, key=_at)
        if count:
            del self._changes[:count]
            self._arrays.clear()

    def _less(self, changes: Sequence[_Change]) -> list[Exposure]:
        """What is held now without these changes."""
        quantities: dict[TenantId, dict[AssetId, Decimal]] = {}
        for change in changes:
            portfolio_id, move = change.portfolio_id, change.move
            if portfolio_id not in quantities:
                quantities[portfolio_id] = dict(self._now[portfolio_id].quantities)
            theirs = quantities[portfolio_id]
            theirs[move.asset] = subtract(theirs.get(move.asset, ZERO), move.amount)
        return [
            replace(exposure, quantities=quantities.get(portfolio_id, exposure.quantities))
            for portfolio_id, exposure in self._now.items()
        ]

    def _unexplained(self, before: Mapping[TenantId, Exposure], moves: Moves, at: datetime) -> Iterable[_Change]:
        for portfolio_id in before.keys() & self._now.keys():
            old, new = before[portfolio_id].quantities, self._now[portfolio_id].quantities
            if old is new or (old == new and portfolio_id not in moves):
                continue
            explained = _summed(moves.get(portfolio_id, ()))
            for asset in old.keys() | new.keys() | explained.keys():
                grown = subtract(new.get(asset, ZERO), old.get(asset, ZERO))
                if rest := subtract(grown, explained[asset]):
                    yield _Change(portfolio_id, Move(at=at, asset=asset, amount=rest))


def _summed(moves: Iterable[Move]) -> dict[AssetId, Decimal]:
    sums: dict[AssetId, Decimal] = defaultdict(lambda: ZERO)
    for move in moves:
        sums[move.asset] = add(sums[move.asset], move.amount)
    return sums

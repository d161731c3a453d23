"""What a stream did not tell, found over REST: by the balances first, then in the history of the markets concerned."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import AccountRef, AccountState, KnownHistory, ReportedBalance, StreamPosition
from nightdesk.accounts.streaming import KnownAccount, differences, suspects
from nightdesk.accounts.streaming_books import StreamBooks
from nightdesk.accounts.streaming_ports import AccountStream
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import RateLimited
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.model import EntryKind

UNSEEN_MAX: Final = 50
"""Markets never traded before that one round looks into because both their assets moved."""

TURN: Final = 5
"""Markets that a round looks into although nothing speaks for it, in turn: what cancels out moves no balance."""

MISSED_MAX: Final = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found.

    Attributes:
        is_whole: Everything was looked at; False while an import is doing that work.
        missed: Trades that were not in the ledger.
    """

    is_whole: bool
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which streams of history to read, and which only if those leave balances unexplained."""

    trades: Sequence[StreamPosition]
    movements: Sequence[StreamPosition]


class Reconciler:
    """Compares an account with its venue; keeps what it learnt over the lives of connections."""

    def __init__(self, books: StreamBooks, ref: AccountRef, clock: Clock) -> None:
        self._books = books
        self._ref = ref
        self._clock = clock
        self._before: Mapping[AssetId, Decimal] = {}
        self._explained: Mapping[AssetId, Decimal] = {}
        self._turn = 0
        self.rounds = 0

    async def round(self, stream: AccountStream, *, is_whole: bool, movements: bool = False) -> Round:
        """Look for what is missing and book it.

        Args:
            stream: Open.
            is_whole: Look into every market that the account traded in, whatever the balances say.
            movements: Look for deposits and withdrawals too.

        Raises:
            NightdeskError: As `VenueGateway` states; what was booked before stays booked.
        """
        if await asyncio.to_thread(self._books.is_importing, self._ref):
            return Round(is_whole=False)
        known = await asyncio.to_thread(self._books.known, self._ref)
        asked_at = self._clock.now()
        reported = await stream.balances()
        await asyncio.to_thread(self._books.report, self._ref, reported, asked_at)
        if known.account.state is AccountState.FAILING:
            await asyncio.to_thread(self._books.heal, self._ref)
        moved = suspects(differences(reported, known.quantities), self._explained)
        plan = await self._plan(stream, known, moved, reported, is_whole=is_whole)
        missed = [identity for position in plan.trades for identity in await self._read(stream, position)]
        funding = plan.movements if movements or self.rounds == 0 or await self._differs(reported, moved) else ()
        missed += [identity for position in funding for identity in await self._read(stream, position)]
        await asyncio.to_thread(self._books.settle, self._ref)
        after = await asyncio.to_thread(self._books.known, self._ref)
        self._explain(differences(reported, after.quantities))
        told = {
            "account_id": str(self._ref.account_id),
            "streams_read": len(plan.trades) + len(funding),
            "trades_missed": len(missed),
        }
        _log.info("reconciled", extra=told)
        return Round(is_whole=True, missed=tuple(missed[:MISSED_MAX]))

    def _explain(self, remaining: Mapping[AssetId, Decimal]) -> None:
        """A difference that two rounds could not explain is one that the history has not got: not to be asked again."""
        self._explained = {asset: each for asset, each in remaining.items() if self._before.get(asset) == each}
        self._before = remaining
        self.rounds += 1

    async def _plan(
        self,
        stream: AccountStream,
        known: KnownAccount,
        moved: frozenset[AssetId],
        reported: Sequence[ReportedBalance],
        *,
        is_whole: bool,
    ) -> _Plan:
        """Which streams of history to read, those first that are most likely to hold something."""
        every = await self._positions(stream, known, reported) if is_whole or moved else list(known.positions)
        likely: list[StreamPosition] = []
        unseen: list[StreamPosition] = []
        others: list[StreamPosition] = []
        for position in every:
            instrument = stream.instrument_of(position.stream)
            if instrument is None:
                if not stream.is_movements(position.stream):  # the trades of all markets at once
                    (likely if moved else others).append(position)
                continue
            both = {instrument.base, instrument.quote}
            if instrument.symbol in known.traded:
                (likely if both & moved else others).append(position)
            elif both <= moved:
                unseen.append(position)
        trades = [*likely, *unseen[:UNSEEN_MAX], *(others if is_whole else self._in_turn(others))]
        return _Plan(trades, [each for each in every if stream.is_movements(each.stream)])

    async def _differs(self, reported: Sequence[ReportedBalance], moved: frozenset[AssetId]) -> bool:
        """Whether the trades that were found leave balances unexplained.

        Deposits and withdrawals weigh so much that they are not looked for after every broken connection or trade.
        """
        if not moved:
            return False
        known = await asyncio.to_thread(self._books.known, self._ref)
        return bool(suspects(differences(reported, known.quantities), self._explained))

    async def _positions(
        self, stream: AccountStream, known: KnownAccount, reported: Iterable[ReportedBalance]
    ) -> list[StreamPosition]:
        """How far each stream was read, with those that were not begun yet."""
        positions = {position.stream: position for position in known.positions}
        history = KnownHistory(
            assets=frozenset(known.quantities) | {balance.asset for balance in reported},
            streams=frozenset(positions),
            earliest_at=known.earliest_at,
        )
        for start in await stream.streams(history):
            if start.stream not in positions:
                positions[start.stream] = StreamPosition(stream=start.stream, rank=len(positions), cursor=start.cursor)
        return list(positions.values())

    async def _read(self, stream: AccountStream, position: StreamPosition) -> list[str]:
        """Read a stream to its end; which trades were new, the first of them."""
        found: list[str] = []
        while True:
            try:
                page = await stream.history_page(position.stream, position.cursor)
            except RateLimited as error:
                _log.info("history waits", extra={"stream": position.stream, "pause_s": error.retry_after_s})
                await asyncio.sleep(min(max(error.retry_after_s or 5.0, 1.0), 120.0))
                continue
            if page.rows or page.cursor != position.cursor:
                booked = await asyncio.to_thread(self._books.book_page, self._ref, position, page)
                found += [each.fact.identity for each in booked.entries if each.fact.kind is EntryKind.TRADE]
                del found[MISSED_MAX:]
            if page.finished:
                return found
            position = replace(position, cursor=page.cursor)

    def _in_turn(self, others: Sequence[StreamPosition]) -> list[StreamPosition]:
        if not others:
            return []
        first = self._turn % len(others)
        self._turn = first + TURN
        return [*others[first : first + TURN]]

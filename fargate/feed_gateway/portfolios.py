"""Portfolios: the whole of one to begin with, then the rows that change.

What the tracker publishes are differences, numbered. A board holds what they add up to, so that a new or a slow
follower is given rows as they are now, never a queue of differences. It begins with the portfolio as the API
answers it, and again when a number is left out. Differences heard while that is read are applied after it: each row
ends as the tracker knows it, and what the tracker does not know yet it tells at its next pulse.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final, cast

from fargate.feed_gateway.switchboard import Reader, Signal, Wire
from nightdesk.contracts.api.portfolio import PortfolioShape
from nightdesk.contracts.graphql.live_types import PortfolioChange, Rate
from nightdesk.contracts.live import portfolio_subject
from nightdesk.contracts.live_messages import PortfolioMessage
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import TenantId

EVERY_S: Final = 0.05
WATCH_EVERY_S: Final = 5.0
EARLY_MAX: Final = 200

Row = Any
RowKey = tuple[str, ...]
_KEYS: Final[dict[str, Callable[[Row], RowKey]]] = {
    "accounts": lambda row: (str(row.account_id),),
    "assets": lambda row: (row.asset,),
    "holdings": lambda row: (str(row.account_id), row.asset),
}


class PortfolioFollower:
    """Names the rows it has still to send."""

    def __init__(self) -> None:
        self._waiting: set[tuple[str, RowKey]] = set()
        self._is_whole = False
        self._number = 0
        self.signal = Signal(every_s=EVERY_S)

    def begin(self) -> None:
        """Have everything sent, to replace what was known."""
        self._is_whole = True
        self.signal.ring()

    def offer(self, changed: set[tuple[str, RowKey]]) -> None:
        """Have these rows sent, and the total."""
        self._waiting |= changed
        self.signal.ring()

    def take(self, board: Board) -> PortfolioChange:
        """What is to be sent now, as the board has it now."""
        waiting, self._waiting = self._waiting, set()
        is_whole, self._is_whole = self._is_whole, False
        self._number += 1
        return board.change(self._number, None if is_whole else waiting)


class Board:
    """One portfolio as it is, and who follows it."""

    def __init__(self, read: Callable[[], Awaitable[PortfolioShape]]) -> None:
        self._read_portfolio = read
        self._rows: dict[str, dict[RowKey, Row]] = {}
        self._head: PortfolioShape | PortfolioMessage | None = None
        self._number: int | None = None
        self._early: list[PortfolioMessage] | None = None
        self._reader = Reader(self._read)
        self.followers: set[PortfolioFollower] = set()

    def join(self, follower: PortfolioFollower) -> None:
        """Have the follower begin as soon as the portfolio is known."""
        self.followers.add(follower)
        if self._head is not None:
            follower.begin()

    def fall_behind(self) -> None:
        """Read the portfolio again: a difference may have been missed."""
        self._early = []
        self._reader.ask()

    def take(self, message: PortfolioMessage) -> None:
        """Take a difference."""
        if self._early is not None:
            self._early.append(message)
            del self._early[:-EARLY_MAX]
        elif not self._apply(message):
            self.fall_behind()

    def change(self, number: int, keys: set[tuple[str, RowKey]] | None) -> PortfolioChange:
        """The rows of these keys as they are now, or all of them."""
        head = self._head
        assert head is not None  # noqa: S101 nobody is offered anything before
        rows: dict[str, Sequence[Any]] = {name: list(known.values()) for name, known in self._rows.items()}
        if keys is not None:
            for name, known in self._rows.items():
                rows[name] = [row for key, row in known.items() if (name, key) in keys]
        return PortfolioChange(
            number=number,
            whole=keys is None,
            as_of=head.as_of,
            base_asset=head.base_asset,
            total=cast("Any", head.total),
            unpriced=list(head.unpriced),
            rates=[Rate(asset=asset, rate=rate) for asset, rate in head.rates.items()],
            **cast("Any", rows),
        )

    def end(self) -> None:
        """Nobody follows it any more."""
        self._reader.end()

    async def _read(self) -> None:
        self._early = self._early or []
        portfolio = await self._read_portfolio()
        early, self._early = self._early, None
        self._number = None
        self._replace(portfolio)
        for message in early:
            if not self._apply(message):
                self.fall_behind()
                return

    def _apply(self, message: PortfolioMessage) -> bool:
        """Apply the difference; whether it follows on what was heard before."""
        if message.whole:
            self._replace(message)
        elif self._number is None or message.number == self._number + 1:
            self._merge(message)
        else:
            return False
        self._number = message.number
        return True

    def _replace(self, portfolio: PortfolioShape | PortfolioMessage) -> None:
        self._head = portfolio
        self._rows = {name: {key(row): row for row in getattr(portfolio, name)} for name, key in _KEYS.items()}
        for follower in self.followers:
            follower.begin()

    def _merge(self, message: PortfolioMessage) -> None:
        self._head = message
        changed = set()
        for name, key in _KEYS.items():
            for row in getattr(message, name):
                self._rows[name][key(row)] = row
                changed.add((name, key(row)))
        for follower in self.followers:
            follower.offer(changed)


class PortfolioTopic:
    """Boards of the portfolios that somebody follows.

    Args:
        read: The caller's portfolio as the API answers it; blocks.
        watch: Has the tracker publish these portfolios for a while.
    """

    def __init__(
        self,
        wire: Wire,
        read: Callable[[Caller], PortfolioShape],
        watch: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        self._wire = wire
        self._read = read
        self._watch = watch
        self._boards: dict[TenantId, Board] = {}
        self._watching = Reader(self._have_watched)

    async def keep_watched(self, stopping: asyncio.Event) -> None:
        """Have what is followed published for as long as it is followed."""
        while not stopping.is_set():
            self._watching.ask()
            try:
                await asyncio.wait_for(stopping.wait(), WATCH_EVERY_S)
            except TimeoutError:
                continue

    def holds(self, subject: str) -> None:
        """Bring the portfolio up to date; what had it published may be forgotten."""
        self._watching.ask()
        if board := self._board(subject):
            board.fall_behind()

    def hear(self, subject: str, message: bytes) -> None:
        """Take a difference of a portfolio."""
        if board := self._board(subject):
            board.take(PortfolioMessage.model_validate_json(message))

    async def follow(self, caller: Caller) -> AsyncGenerator[PortfolioChange]:
        """The whole portfolio of the caller's tenant, then what changes."""
        caller.require("read", "Portfolio")
        follower = PortfolioFollower()
        board = self._joined(caller, follower)
        try:
            while True:
                await follower.signal.wait()
                yield follower.take(board)
        finally:
            self._leave(caller.tenant_id, follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return sum(len(board.followers) for board in self._boards.values())

    async def _have_watched(self) -> None:
        if self._boards:
            await self._watch([str(portfolio_id) for portfolio_id in self._boards])

    def _board(self, subject: str) -> Board | None:
        portfolio_id = subject.partition(".")[2]
        return next((board for key, board in self._boards.items() if str(key) == portfolio_id), None)

    def _joined(self, caller: Caller, follower: PortfolioFollower) -> Board:
        board = self._boards.get(caller.tenant_id)
        if board is None:
            board = self._boards[caller.tenant_id] = Board(lambda: asyncio.to_thread(self._read, caller))
            self._wire.want(portfolio_subject(caller.tenant_id))
            self._watching.ask()
        board.join(follower)
        return board

    def _leave(self, portfolio_id: TenantId, follower: PortfolioFollower) -> None:
        board = self._boards[portfolio_id]
        board.followers.discard(follower)
        if not board.followers:
            board.end()
            del self._boards[portfolio_id]
            self._wire.leave(portfolio_subject(portfolio_id))

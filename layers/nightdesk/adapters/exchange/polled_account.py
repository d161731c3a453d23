"""An account at a venue whose private stream is not spoken here: followed by asking for its history.

Balances are asked for every few seconds; when they have moved, that is told, and whoever follows reads the history.
What a page of it holds is told as a stream would tell it. One request at a time: nonces must not overtake each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Credential, Cursor, HistoryPage, KnownHistory, ReportedBalance, StreamStart
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain
from nightdesk.accounts.streaming_ports import StreamListener
from nightdesk.adapters.exchange.account_reads import AccountReads
from nightdesk.adapters.exchange.account_stream_venue import StreamedVenue
from nightdesk.adapters.exchange.lazy_ccxt import base_error
from nightdesk.kernel.assets import AssetId, Instrument, Wallet
from nightdesk.kernel.errors import RateLimited, Unavailable
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import ZERO, add

MOVED: Final = "balances have moved"
_log = logging.getLogger(__name__)


class Polling:
    """Asks for an account's balances again and again, and tells when they have moved."""

    def __init__(self, reads: AccountReads, listener: StreamListener) -> None:
        self._reads = reads
        self._listener = listener

    async def run(self) -> None:
        """Ask until cancelled."""
        known: tuple[ReportedBalance, ...] | None = None
        while True:
            pause_s: float = self._reads.venue.protocol.POLL_EVERY_S
            try:
                held = await self._reads.balances()
            except (RateLimited, Unavailable) as error:
                _log.info("balances wait", extra={"error_code": error.code})
                pause_s = max(error.retry_after_s or 0.0, pause_s)
            else:
                if known is not None and held != known:
                    self._tell(known, held)
                known = held
            await asyncio.sleep(pause_s)

    def _tell(self, known: Sequence[ReportedBalance], held: Sequence[ReportedBalance]) -> None:
        for told in changes(known, held, to_ms(self._reads.client.now())):
            self._listener(told)


def changes(
    known: Sequence[ReportedBalance], held: Sequence[ReportedBalance], at_ms: int
) -> tuple[BalancesTold | LookAgain, ...]:
    """What is held now; an order that only holds something back moves no total and needs no history."""
    gone = {balance.asset for balance in known} - {balance.asset for balance in held}
    nothing = (ReportedBalance(asset=asset, free=ZERO, locked=ZERO) for asset in sorted(gone))
    told = BalancesTold((*held, *nothing), at_ms)
    return (told,) if _totals(known) == _totals(held) else (told, LookAgain(MOVED))


class PolledAccountStream:
    """One life of an account's client; it has no connection that could break."""

    def __init__(self, venue: StreamedVenue, tenant: str, credential: Credential) -> None:
        self._reads = AccountReads(venue, tenant, credential)
        self._listener: StreamListener | None = None

    async def open(self, listener: StreamListener) -> None:
        """Take a client; what pages hold is told from now on."""
        self._listener = listener
        await self._reads.open()

    async def run(self) -> None:
        """Ask for the balances until cancelled, and tell when they have moved."""
        if self._listener is not None:
            await Polling(self._reads, self._listener).run()

    async def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        return await self._reads.balances()

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history that there may be."""
        return await self._reads.streams(known)

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream, told as well."""
        page = await self._reads.history_page(stream, cursor)
        if self._listener is not None:
            for fact in page.facts:
                self._listener(FactTold(fact))
        return page

    def instrument_of(self, stream: str) -> Instrument | None:  # noqa: ARG002 - no stream is of one market
        """No stream holds the trades of one market alone."""
        return None

    def is_movements(self, stream: str) -> bool:  # noqa: ARG002 - all alike
        """Every stream is read when balances have moved, as those of movements are."""
        return True

    async def close(self) -> None:
        """Let go of the client."""
        with suppress(base_error(), OSError):
            await self._reads.close_client()
        self._reads.give_back()


def _totals(balances: Sequence[ReportedBalance]) -> dict[tuple[Wallet, AssetId], Decimal]:
    return {(balance.wallet, balance.asset): add(balance.free, balance.locked) for balance in balances}

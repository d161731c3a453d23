"""What an account that is followed is asked for over REST: balances and history, one request after the other."""

from __future__ import annotations

import asyncio
from typing import Any

from nightdesk.accounts.model import Credential, Cursor, HistoryPage, KnownHistory, ReportedBalance, StreamStart
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.account_stream_venue import Lent, StreamedVenue
from nightdesk.adapters.exchange.client import VenueClient


class AccountReads:
    """The REST side of one life of an account's stream."""

    def __init__(self, venue: StreamedVenue, tenant: str, credential: Credential) -> None:
        self.venue = venue
        self._tenant = tenant
        self._credential = credential
        self._lent: Lent | None = None
        self._client: VenueClient | None = None
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> VenueClient:
        """Borrow a session and make a client of it."""
        self._lent = await self.venue.lend()
        _, self._client = self.venue.client(self._lent, self._credential, self._tenant)
        return self._client

    @property
    def client(self) -> VenueClient:
        """The client; there is one once it is open.

        Raises:
            Unavailable: There is none.
        """
        if self._client is None:
            raise errors.unavailable()
        return self._client

    async def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        async with self._one_at_a_time:
            found: tuple[ReportedBalance, ...] = await self.venue.protocol.balances(await self._fresh())
        return found

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history that there may be."""
        async with self._one_at_a_time:
            found: tuple[StreamStart, ...] = await self.venue.protocol.streams(await self._fresh(), known)
        return found

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        async with self._one_at_a_time:
            page: HistoryPage = await self.venue.protocol.history_page(await self._fresh(), stream, cursor)
        return page

    def give_back(self) -> None:
        """Let go of the session."""
        if self._lent is not None:
            self._lent.give_back()

    async def close_client(self) -> None:
        """Close what the client has open of its own."""
        if self._client is not None:
            await self._client.close()

    async def _fresh(self) -> VenueClient:
        raw: Any = self.client.raw
        raw.set_markets_from_exchange(await self.venue.markets())
        return self.client

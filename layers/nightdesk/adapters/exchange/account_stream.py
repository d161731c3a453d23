"""Private streams of accounts through ccxt.pro, and the REST history that repairs them.

ccxt connects, signs, subscribes (`userDataStream.subscribe.signature`) and pings. Its `watch_…` calls wake for one
event and leave those that came meanwhile to the next, so the events are taken where ccxt is handed each decoded
message, in the read loop, and nothing is awaited between two. Rows are booked by the same code as those of the REST
history: the same identity, the same digits.

Source: https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream (2026-11).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from nightdesk.accounts.errors import key_wrong, venue_unknown
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.accounts.streaming import SILENT, BalancesTold, FactTold, LookAgain
from nightdesk.accounts.streaming_ports import StreamListener
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.account_stream_venue import VENUES, Lent, StreamedVenue
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.lazy_ccxt import base_error
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.adapters.exchange.venues import binance_rows
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.model import Fact

PING_EVERY_S: Final = 1.0
OPEN_WITHIN_S: Final = 10.0
CLOSE_WITHIN_S: Final = 1.0
WATCH_EVERY_S: Final = 0.5
SOURCE: Final = "binance.stream"
SKEW: Final = -1021

_READABLE: Final = (InvalidInput, KeyError, TypeError, ValueError)
_log = logging.getLogger(__name__)


class CcxtAccountStreams:
    """Makes streams; what they can share (markets, sessions, weights, the pace of connecting) is kept here."""

    def __init__(
        self, route: Route, clock: Clock, *, stale_after_s: float = 5.0, balance: MakeBalance | None = None
    ) -> None:
        self._route = route
        self._clock = clock
        self._stale_after_s = stale_after_s
        self._balance = balance
        self._venues: dict[VenueId, StreamedVenue] = {}

    def stream(self, account: AccountRef, credential: Credential) -> CcxtAccountStream:
        """A stream of the account, not yet open.

        Raises:
            InvalidInput: `accounts.venue_unknown`.
        """
        if account.venue not in VENUES:
            raise venue_unknown(account.venue)
        if account.venue not in self._venues:
            self._venues[account.venue] = StreamedVenue(account.venue, self._route, self._clock, self._balance)
        return CcxtAccountStream(
            self._venues[account.venue], str(account.tenant_id), credential, stale_after_s=self._stale_after_s
        )

    async def close(self) -> None:
        """Close what the streams shared."""
        for venue in self._venues.values():
            await venue.close()


class CcxtAccountStream:
    """One life of an account's connection; make a new one after it broke."""

    def __init__(self, venue: StreamedVenue, tenant: str, credential: Credential, *, stale_after_s: float) -> None:
        self._venue = venue
        self._tenant = tenant
        self._credential = credential
        self._stale_after_s = stale_after_s
        self._listener: StreamListener | None = None
        self._raw: Any = None
        self._client: VenueClient | None = None
        self._lent: Lent | None = None
        self._refusal: int | None = None
        self._ended: asyncio.Event = asyncio.Event()

    async def open(self, listener: StreamListener) -> None:
        """Connect and subscribe; what happens after the venue's acknowledgement is told."""
        self._listener = listener
        self._lent = await self._venue.lend()
        await self._venue.turn()
        self._raw, self._client = self._venue.client(self._lent, self._credential, self._tenant)
        pings = {"keepAlive": PING_EVERY_S * 1000, "maxPingPongMisses": max(self._stale_after_s / PING_EVERY_S, 2.0)}
        self._raw.streaming = {**self._raw.streaming, **pings}
        self._raw.handle_message = self._heard(self._raw.handle_message)
        await self._subscribe()
        if self._refusal == SKEW:
            await self.client.call("load_time_difference")
            await self._subscribe()
        if self._refusal is not None:
            raise self._refused(self._refusal)

    async def run(self) -> None:
        """Wait until the connection breaks, the venue ends it, or it has been silent too long.

        A ping every second must be answered, so a connection that is dead without saying so is found within
        `stale_after_s` and a second, however quiet the account is.
        """
        connections = list(self._raw.clients.values())
        if not connections:
            raise errors.unavailable()
        broken = connections[0].future("nightdesk:end")
        broken.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also when nobody waits
        while not self._ended.is_set():
            await asyncio.wait({broken}, timeout=WATCH_EVERY_S)
            if broken.done():
                raise errors.unavailable()
            heard_ms = connections[0].last_message_at or 0
            if self._raw.milliseconds() - heard_ms > self._stale_after_s * 1000:
                raise Unavailable(SILENT, "The connection is open, but nothing comes.")
        raise Unavailable("venue.stream_ended", "The venue ended the stream.")

    async def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        await self._freshen()
        found: tuple[ReportedBalance, ...] = await self._venue.protocol.balances(self.client)
        return found

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history that there may be."""
        await self._freshen()
        found: tuple[StreamStart, ...] = await self._venue.protocol.streams(self.client, known)
        return found

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        await self._freshen()
        found: HistoryPage = await self._venue.protocol.history_page(self.client, stream, cursor)
        return found

    def instrument_of(self, stream: str) -> Instrument | None:
        """The market whose own trades the stream holds."""
        if not stream.startswith(self._venue.protocol.TRADES):
            return None
        market = self._raw.markets.get(stream.removeprefix(self._venue.protocol.TRADES))
        return None if market is None else self._spot(market)

    def is_movements(self, stream: str) -> bool:
        """Whether the stream holds deposits or withdrawals."""
        return stream in {self._venue.protocol.DEPOSITS, self._venue.protocol.WITHDRAWALS}

    async def close(self) -> None:
        """Let go of the connection; a peer that is gone is not waited for."""
        if self._raw is not None:
            with suppress(base_error(), OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._raw.close()
        if self._lent is not None:
            self._lent.give_back()

    @property
    def client(self) -> VenueClient:
        """The client of REST requests; there is one once the stream is open."""
        if self._client is None:
            raise errors.unavailable()
        return self._client

    async def _subscribe(self) -> None:
        self._refusal = None
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await self._raw.authenticate({"type": "spot"})
        except TimeoutError:
            raise errors.unavailable() from None
        except (base_error(), KeyError, OSError) as error:
            # After a refusal ccxt may stumble over what it has cleaned up already: what counts is what the venue said.
            if self._refusal is None:
                raise errors.translate(error, {}, self._venue.protocol.KEY_CODES) from None

    def _refused(self, code: int) -> NightdeskError:
        if code in self._venue.protocol.KEY_CODES:
            return key_wrong()
        if code == SKEW:
            return errors.clock_skew()
        return errors.unavailable()

    async def _freshen(self) -> None:
        self._raw.set_markets_from_exchange(await self._venue.markets())

    def _heard(self, handle: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """The client's handler of decoded messages: the account's events are ours, the rest is for ccxt."""

        def handle_message(client: Any, message: Any) -> None:
            event = message.get("event") if isinstance(message, dict) else None
            if isinstance(event, dict):
                self._tell(event)
                return
            refusal = message.get("error") if isinstance(message, dict) else None
            if isinstance(refusal, dict):
                code = refusal.get("code")
                self._refusal = code if isinstance(code, int) else 0
            handle(client, message)

        return handle_message

    def _tell(self, event: Mapping[str, Any]) -> None:
        if self._listener is None:
            return
        match event.get("e"):
            case "executionReport" if event.get("x") == "TRADE":
                fact = self._fact(event)
                self._listener(LookAgain("trade_unreadable") if fact is None else FactTold(fact))
            case "outboundAccountPosition":
                told = self._balances(event)
                self._listener(LookAgain("balances_unreadable") if told is None else told)
            case "balanceUpdate":  # a deposit, withdrawal or transfer: its identity is only in the history
                self._listener(LookAgain("movement"))
            case "eventStreamTerminated":
                self._ended.set()

    def _fact(self, event: Mapping[str, Any]) -> Fact | None:
        instrument = self._instrument(event.get("s"))
        if instrument is None:
            self._venue.doubt_markets()
        found = binance_rows.trade(_trade_row(event), instrument, self._raw.safe_currency_code)
        return replace(found, source=SOURCE) if isinstance(found, Fact) else None

    def _balances(self, event: Mapping[str, Any]) -> BalancesTold | None:
        code = self._raw.safe_currency_code
        try:
            balances = tuple(
                ReportedBalance(
                    asset=asset_id(code(row["a"])), free=parse_amount(row["f"]), locked=parse_amount(row["l"])
                )
                for row in event["B"]
            )
            return BalancesTold(balances, int(event["u"]))
        except _READABLE:
            return None

    def _instrument(self, market_id: object) -> Instrument | None:
        """The spot market of a raw id; none for one that is new: the history knows it after the next refresh."""
        for market in self._raw.markets_by_id.get(market_id, ()):
            if (instrument := self._spot(market)) is not None:
                return instrument
        return None

    def _spot(self, market: Mapping[str, Any]) -> Instrument | None:
        if not market["spot"] or "/" not in market["symbol"]:
            return None
        try:
            return Instrument(self._venue.name, asset_id(market["base"]), asset_id(market["quote"]))
        except InvalidInput:
            return None


def _trade_row(event: Mapping[str, Any]) -> dict[str, Any]:
    """An execution in the form that the REST history gives it."""
    return {
        "symbol": event.get("s"),
        "id": event.get("t"),
        "orderId": event.get("i"),
        "qty": event.get("l"),
        "quoteQty": event.get("Y"),
        "commission": event.get("n"),
        "commissionAsset": event.get("N"),
        "time": event.get("T"),
        "isBuyer": event.get("S") == "BUY",
    }

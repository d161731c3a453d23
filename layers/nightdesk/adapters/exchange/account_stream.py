"""Private streams of accounts through ccxt.pro, and the REST history that repairs them.

ccxt connects, signs, subscribes and pings; what each venue says is read by its own `PrivateStream`. ccxt's `watch_…`
calls wake for one event and leave those that came meanwhile to the next, and read digits into floats, so messages are
taken where ccxt is handed their text, in the read loop, and nothing is awaited between two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from nightdesk.accounts.errors import venue_unknown
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.accounts.streaming import SILENT, FactTold
from nightdesk.accounts.streaming_ports import StreamListener
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.account_reads import AccountReads
from nightdesk.adapters.exchange.account_stream_venue import STREAMS, VENUES, StreamedVenue
from nightdesk.adapters.exchange.client import SKEW_CODE
from nightdesk.adapters.exchange.lazy_ccxt import base_error
from nightdesk.adapters.exchange.polled_account import PolledAccountStream, Polling, changes
from nightdesk.adapters.exchange.private_stream import (
    BalancesStale,
    Ended,
    PrivateStream,
    Refused,
    StreamClient,
    StreamNotAllowed,
    Told,
    heard,
)
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.adapters.exchange.signing_turns import LocalTurns
from nightdesk.adapters.exchange.venues.reading import exact_json
from nightdesk.balancer.turns import Turns
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.instants import Clock, to_ms

PING_EVERY_S: Final = 1.0
OPEN_WITHIN_S: Final = 10.0
CLOSE_WITHIN_S: Final = 1.0
WATCH_EVERY_S: Final = 0.5

_log = logging.getLogger(__name__)


class CcxtAccountStreams:
    """Makes streams; what they can share (markets, sessions, weights, the pace of connecting) is kept here."""

    def __init__(
        self,
        route: Route,
        clock: Clock,
        *,
        stale_after_s: float = 5.0,
        balance: MakeBalance | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._route = route
        self._clock = clock
        self._stale_after_s = stale_after_s
        self._balance = balance
        self._turns = turns or LocalTurns()
        self._venues: dict[VenueId, StreamedVenue] = {}

    def stream(self, account: AccountRef, credential: Credential) -> CcxtAccountStream | PolledAccountStream:
        """A stream of the account, not yet open.

        Raises:
            InvalidInput: `accounts.venue_unknown`.
        """
        if account.venue not in VENUES:
            raise venue_unknown(account.venue)
        if account.venue not in self._venues:
            self._venues[account.venue] = StreamedVenue(
                account.venue, self._route, self._clock, balance=self._balance, turns=self._turns
            )
        venue, tenant = self._venues[account.venue], str(account.tenant_id)
        if account.venue not in STREAMS:
            return PolledAccountStream(venue, tenant, credential)
        return CcxtAccountStream(venue, tenant, credential, stale_after_s=self._stale_after_s)

    async def close(self) -> None:
        """Close what the streams shared."""
        for venue in self._venues.values():
            await venue.close()
        await self._turns.close()


class CcxtAccountStream:
    """One life of an account's connection; make a new one after it broke."""

    def __init__(self, venue: StreamedVenue, tenant: str, credential: Credential, *, stale_after_s: float) -> None:
        self._venue = venue
        self._reads = AccountReads(venue, tenant, credential)
        self._stale_after_s = stale_after_s
        self._listener: StreamListener | None = None
        self._stream: PrivateStream | None = None
        self._connections: list[Any] = []
        self._heard_ms = 0
        self._refusal: NightdeskError | None = None
        self._asking: asyncio.Task[None] | None = None
        self._ended = False
        self._balances_stale = asyncio.Event()
        self._polling: Polling | None = None

    async def open(self, listener: StreamListener) -> None:
        """Connect and subscribe; what happens after the venue's acknowledgement is told."""
        self._listener = listener
        raw = (await self._reads.open()).raw
        await self._venue.turn()
        pings = {"keepAlive": PING_EVERY_S * 1000, "maxPingPongMisses": max(self._stale_after_s / PING_EVERY_S, 2.0)}
        raw.streaming = {**raw.streaming, **pings}
        raw.on_connected = self._listening(raw.on_connected)
        self._stream = self._venue.private_stream(
            StreamClient(raw, self._venue.name, self._instrument, self._venue.doubt_markets, self._reads.client.now)
        )
        try:
            await self._join(self._stream)
        except StreamNotAllowed:
            self._polling = Polling(self._reads, listener)

    async def run(self) -> None:
        """Wait until the connection breaks, the venue ends it, or it has been silent too long.

        A ping every second must be answered, so a connection that is dead without saying so is found within
        `stale_after_s` and a second, however quiet the account is.
        """
        if self._polling is not None:
            await self._polling.run()
        if not self._connections:
            raise errors.unavailable()
        asking = asyncio.create_task(self._ask_balances())
        try:
            await self._watch({_end_of(connection) for connection in self._connections})
        finally:
            asking.cancel()

    async def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        return await self._reads.balances()

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history that there may be."""
        return await self._reads.streams(known)

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream; told as well where the connection does not tell trades itself."""
        page = await self._reads.history_page(stream, cursor)
        if self._polling is not None or (self._stream is not None and not self._stream.tells_trades):
            self._take(tuple(FactTold(fact) for fact in page.facts))
        return page

    def instrument_of(self, stream: str) -> Instrument | None:
        """The market whose own trades the stream holds."""
        if not stream.startswith(self._venue.protocol.TRADES):
            return None
        market = self._reads.client.raw.markets.get(stream.removeprefix(self._venue.protocol.TRADES))
        return None if market is None else self._spot(market)

    def is_movements(self, stream: str) -> bool:
        """Whether the stream holds deposits or withdrawals, or whatever else is no trade."""
        return not stream.startswith(self._venue.protocol.TRADES)

    async def close(self) -> None:
        """Let go of the connection; a peer that is gone is not waited for."""
        with suppress(base_error(), OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._reads.close_client()
        self._reads.give_back()

    async def _join(self, stream: PrivateStream) -> None:
        """Subscribe; once more with the venue's clock, where it refused ours."""
        await self._subscribe(stream)
        if self._refusal is not None and self._refusal.code == SKEW_CODE:
            await self._reads.client.set_clock()
            await self._subscribe(stream)
        if self._refusal is not None:
            raise self._refusal

    async def _subscribe(self, stream: PrivateStream) -> None:
        self._refusal = None
        self._asking = asyncio.ensure_future(stream.subscribe())
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await self._asking
        except TimeoutError:
            raise errors.unavailable() from None
        except asyncio.CancelledError:
            if self._refusal is None:
                raise
        except (base_error(), KeyError, OSError) as error:
            # After a refusal ccxt may stumble over what it has cleaned up already: what counts is what the venue said.
            if self._refusal is None:
                raise errors.translate(error, {}, self._venue.protocol.KEY_CODES) from None

    async def _watch(self, ends: set[asyncio.Future[Any]]) -> None:
        while not self._ended:
            await asyncio.wait(ends, timeout=WATCH_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            if any(end.done() for end in ends):
                raise errors.unavailable()
            if self._is_silent():
                raise Unavailable(SILENT, "The connection is open, but nothing comes.")
        raise Unavailable("venue.stream_ended", "The venue ended the stream.")

    def _is_silent(self) -> bool:
        now_ms = to_ms(self._reads.client.now())
        heard_ms = min(connection.last_message_at or 0 for connection in self._connections)
        quiet_after_s = self._stream.quiet_after_s if self._stream else None
        is_quiet = quiet_after_s is not None and now_ms - self._heard_ms > quiet_after_s * 1000
        return is_quiet or now_ms - heard_ms > self._stale_after_s * 1000

    async def _ask_balances(self) -> None:
        """Ask for the balances when the stream says that they have changed without telling them whole.

        Where it tells no trades, what moved them is in the history.
        """
        known: tuple[ReportedBalance, ...] | None = None
        while self._stream is not None:
            await self._balances_stale.wait()
            self._balances_stale.clear()
            asked_ms = to_ms(self._reads.client.now())
            try:
                held = await self._reads.balances()
            except NightdeskError as error:  # the key is looked after by whoever reconciles
                _log.info("balances wait", extra={"error_code": error.code})
                self._balances_stale.set()
            else:
                told = changes(known or held, held, asked_ms)
                self._take(told[:1] if self._stream.tells_trades else told)
                known = held
            await asyncio.sleep(self._stream.balances_every_s)

    def _listening(self, connected: Callable[..., None]) -> Callable[..., None]:
        """Ccxt's hook for a connection that opened: from its first message on its text is ours first."""

        def on_connected(connection: Any, *more: Any) -> None:
            connected(connection, *more)
            connection.handle_text_or_binary_message = self._hearing(connection.handle_text_or_binary_message)
            self._connections.append(connection)

        return on_connected

    def _hearing(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def hear(text: str | bytes) -> None:
            told = None if self._stream is None else self._read(self._stream, text)
            if told is None:
                handle(text)
            else:
                self._take(told)

        return hear

    def _read(self, stream: PrivateStream, text: str | bytes) -> tuple[Told, ...] | None:
        """What the message tells; None where ccxt is to see it, for a refusal does not end its business."""
        try:
            message = exact_json(text)
        except ValueError:
            return None
        told = heard(stream, message)
        if not _is_pong(message):
            self._heard_ms = to_ms(self._reads.client.now())
        if told is not None and any(isinstance(each, Refused) for each in told):
            self._take(told)
            return None
        return told

    def _take(self, told: tuple[Told, ...]) -> None:
        for each in told:
            match each:
                case Refused(error):
                    self._refusal = error
                    if self._asking is not None:
                        self._asking.cancel()
                case Ended():
                    self._ended = True
                case BalancesStale():
                    self._balances_stale.set()
                case _:
                    if self._listener is not None:
                        self._listener(each)

    def _instrument(self, market_id: object) -> Instrument | None:
        """The spot market of a raw id or symbol; none for a new one: the history knows it after the next refresh."""
        raw = self._reads.client.raw
        known = raw.markets.get(market_id) if isinstance(market_id, str) else None
        for market in [*([known] if known else []), *raw.markets_by_id.get(market_id, ())]:
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


def _end_of(connection: Any) -> asyncio.Future[Any]:
    """Done when the connection breaks; nobody needs to fetch the reason."""
    end: asyncio.Future[Any] = connection.future("nightdesk:end")
    end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return end


def _is_pong(message: Any) -> bool:
    return isinstance(message, dict) and "pong" in (message.get("method"), message.get("event"))

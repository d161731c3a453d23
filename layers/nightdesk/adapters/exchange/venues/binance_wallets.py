"""Binance's wallets besides spot: what they hold, which histories they have, own trades on margin and of contracts.

A wallet that was never opened answers with a refusal, which says just that. What these requests weigh is counted apart
from the spot API's weight: by endpoint, and for futures by the address.

Source: https://developers.binance.com/docs/margin_trading, …/derivatives/usds-margined-futures, …/simple_earn,
…/wallet/asset/funding-wallet (2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from weakref import WeakKeyDictionary

from nightdesk.accounts.errors import KEY_WRONG
from nightdesk.accounts.model import Cursor, HistoryPage, KnownHistory, ReportedBalance, Skip, StreamStart
from nightdesk.adapters.exchange.client import Params, VenueClient
from nightdesk.adapters.exchange.venues import binance_wallet_rows as rows
from nightdesk.adapters.exchange.venues.binance_histories import HISTORIES, history_page
from nightdesk.adapters.exchange.venues.reading import (
    Row,
    asset_of,
    code_of,
    exact,
    negative,
    object_of,
    rows_of,
    sorted_out,
    spot_instrument,
    whole,
)
from nightdesk.kernel.assets import DEBT, EARN, FUNDING, FUTURES, MARGIN, VenueId, Wallet
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import ZERO, add
from nightdesk.ledger.model import Fact

VENUE: Final = VenueId("binance")
MARGIN_TRADES: Final = "margin:trades:"
CONTRACT_TRADES: Final = "futures:trades:"
PAGE_ROWS: Final = 1_000
EARN_ROWS: Final = 100

_CLOSED: Final = frozenset({KEY_WRONG, "venue.request_refused"})
"""How a wallet answers that the account never opened."""

BELIEVED_FOR: Final = timedelta(minutes=2)
_believed: Final[WeakKeyDictionary[VenueClient, dict[Wallet, datetime]]] = WeakKeyDictionary()
"""Until when a wallet is taken to be closed: less than three refreshes, after which a difference is told."""

_SPOT_HISTORIES: Final = ("dust", "dividends", "conversions", "earn:subscriptions", "earn:redemptions", "earn:rewards")
_MARGIN_HISTORIES: Final = ("margin:loans", "margin:interest", "margin:repayments")


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the wallets besides spot hold, and what is owed; assets of which there is nothing are left out."""
    found = [*await _margin(client), *await _futures(client), *await _earning(client), *await _funding(client)]
    return tuple(balance for balance in found if balance.free or balance.locked)


async def streams(client: VenueClient, known: KnownHistory, symbols: Iterable[str]) -> tuple[StreamStart, ...]:
    """The histories of what the account has opened, those without which others make no sense first.

    Args:
        client: Of the account.
        known: Before its first event an account had nothing to convert, lend or pay interest on.
        symbols: The spot markets of assets that it ever held: what it may have traded on margin.
    """
    _believed.pop(client, None)  # an import looks for itself
    since: Cursor = {} if known.earliest_at is None else {"from_ms": to_ms(known.earliest_at)}
    lends = await _margin_account(client) is not None
    contracts = await _contracts(client) if await _futures_account(client) is not None else []
    opened = {"MAIN", "FUNDING"} | ({"MARGIN"} if lends else set()) | ({"UMFUTURE"} if contracts else set())
    moves = [f"transfers:{one}_{other}" for one in rows.WALLETS for other in rows.WALLETS if one != other]
    names = [name for name in moves if set(name.removeprefix("transfers:").split("_")) <= opened]
    names += _SPOT_HISTORIES
    names += _MARGIN_HISTORIES if lends else ()
    names += [f"{MARGIN_TRADES}{symbol}" for symbol in symbols] if lends else []
    found = [StreamStart(stream=name, cursor=since if name in HISTORIES else {}) for name in names]
    if not contracts:
        return tuple(found)
    trades = [StreamStart(stream=f"{CONTRACT_TRADES}{name}", cursor={"settle": settle}) for name, settle in contracts]
    return (*found, StreamStart(stream="futures:income", cursor=since), *trades)


def has(stream: str) -> bool:
    """Whether it is one of these wallets' streams."""
    return stream in HISTORIES or stream.startswith((MARGIN_TRADES, CONTRACT_TRADES))


async def page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of one of these wallets' streams."""
    if stream.startswith(MARGIN_TRADES):
        return await _margin_trades(client, stream.removeprefix(MARGIN_TRADES), cursor)
    if stream.startswith(CONTRACT_TRADES):
        return await _contract_trades(client, stream.removeprefix(CONTRACT_TRADES), cursor)
    return await history_page(client, HISTORIES[stream], cursor)


async def unless_closed(client: VenueClient, wallet: Wallet, method: str, params: Params | None = None) -> Any:
    """What the wallet answers; None where the account never opened it, which is believed for a while.

    Raises:
        NightdeskError: Any other refusal, or silence.
    """
    believed = _believed.setdefault(client, {})
    if wallet in believed and client.now() < believed[wallet]:
        return None
    try:
        said = await client.call(method, params, weight=0)
    except NightdeskError as error:
        if error.code not in _CLOSED:
            raise
        believed[wallet] = client.now() + BELIEVED_FOR
        return None
    believed.pop(wallet, None)
    return said


async def _margin_trades(client: VenueClient, symbol: str, cursor: Cursor) -> HistoryPage:
    market = client.raw.markets.get(symbol)
    if market is None:  # delisted since it was found: nothing can be asked of it
        return _trades_page([], cursor, lambda _: None)

    def book(row: Row) -> Fact | Skip:
        return rows.margin_trade(row, spot_instrument(client, VENUE, row.get("symbol")), code_of(client))

    ask = {"symbol": str(market["id"])} | _from_id(cursor)
    return _trades_page(rows_of(await client.call("sapi_get_margin_mytrades", ask, weight=0)), cursor, book)


async def _contract_trades(client: VenueClient, name: str, cursor: Cursor) -> HistoryPage:
    settle = str(cursor["settle"])

    def book(row: Row) -> Fact | Skip | None:
        return rows.contract_trade(row, settle, code_of(client))

    ask = {"symbol": name} | _from_id(cursor)
    return _trades_page(rows_of(await client.call("fapiprivate_get_usertrades", ask, weight=0)), cursor, book)


def _from_id(cursor: Cursor) -> dict[str, str]:
    return {"fromId": str(whole(cursor.get("from_id")) or 0), "limit": str(PAGE_ROWS)}


def _trades_page(found: list[Row], cursor: Cursor, book: Callable[[Row], Fact | Skip | None]) -> HistoryPage:
    by_id = sorted(found, key=lambda row: int(row["id"]))
    facts, skips = sorted_out(result for row in by_id if (result := book(row)) is not None)
    finished = len(found) < PAGE_ROWS
    after = {**cursor, "from_id": int(by_id[-1]["id"]) + 1} if by_id else cursor
    return HistoryPage(
        facts=facts, skips=skips, cursor=after, finished=finished, done_ratio=1.0 if finished else 0.5
    )  # fmt: skip


async def _margin_account(client: VenueClient) -> dict[str, Any] | None:
    said = await unless_closed(client, MARGIN, "sapi_get_margin_account")
    return None if said is None else object_of(said)


async def _futures_account(client: VenueClient) -> dict[str, Any] | None:
    said = await unless_closed(client, FUTURES, "fapiprivatev3_get_account")
    return None if said is None else object_of(said)


async def _contracts(client: VenueClient) -> list[tuple[str, str]]:
    """Names and margin assets of every contract: an account's trades are asked for by contract."""
    said = rows_of(object_of(await client.call("fapipublic_get_exchangeinfo", weight=0)).get("symbols"))
    return sorted((str(row["symbol"]), str(row["marginAsset"])) for row in said)


async def _margin(client: VenueClient) -> list[ReportedBalance]:
    said = await _margin_account(client) or {"userAssets": []}
    found = []
    for row in rows_of(said.get("userAssets")):
        owed = add(exact(row["borrowed"]), exact(row["interest"]))
        found += _reported(client, MARGIN, row["asset"], (exact(row["free"]), exact(row["locked"])))
        found += _reported(client, DEBT, row["asset"], (negative(owed), ZERO))
    return found


async def _futures(client: VenueClient) -> list[ReportedBalance]:
    """What the wallet holds without what open positions would bring: that is not in it before they are closed."""
    said = await _futures_account(client) or {"assets": []}
    found = []
    for row in rows_of(said.get("assets")):
        found += _reported(client, FUTURES, row["asset"], (exact(row["walletBalance"]), ZERO))
    return found


async def _earning(client: VenueClient) -> list[ReportedBalance]:
    found, current = [], 1
    while True:
        ask = {"current": str(current), "size": str(EARN_ROWS)}
        said = await unless_closed(client, EARN, "sapi_get_simple_earn_flexible_position", ask)
        held = [] if said is None else rows_of(object_of(said).get("rows"))
        for row in held:
            found += _reported(client, EARN, row["asset"], (exact(row["totalAmount"]), ZERO))
        if len(held) < EARN_ROWS:
            return found
        current += 1


async def _funding(client: VenueClient) -> list[ReportedBalance]:
    found = []
    for row in rows_of(await unless_closed(client, FUNDING, "sapi_post_asset_get_funding_asset") or []):
        locked = add(add(exact(row["locked"]), exact(row["freeze"])), exact(row["withdrawing"]))
        found += _reported(client, FUNDING, row["asset"], (exact(row["free"]), locked))
    return found


def _reported(
    client: VenueClient, wallet: Wallet, asset: object, amounts: tuple[Decimal, Decimal]
) -> list[ReportedBalance]:
    free, locked = amounts
    try:
        return [ReportedBalance(asset=asset_of(asset, code_of(client)), free=free, locked=locked, wallet=wallet)]
    except InvalidInput:
        return []

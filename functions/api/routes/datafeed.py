"""The datafeed for charting libraries (UDF), and the tokens by which they may read it.

Everything asked arrives as text and is judged by the answers, since refusals have the contract's own form: `s` is
`error`, `errmsg` says why, status 200. Only who asks, and what is down, is answered by a status.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, TypeVar
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.datafeed_access import OurReader, address_of
from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.datafeed import (
    BarsShape,
    ConfigShape,
    FailureShape,
    FeedTokenList,
    FeedTokenShape,
    FoundShape,
    MakeFeedToken,
    MarksShape,
    NoBarsShape,
    QuotesShape,
    SymbolShape,
    TimescaleMarkShape,
)
from nightdesk.contracts.api.datafeed_reading import read_range
from nightdesk.contracts.api.present_datafeed import feed_token_shape
from nightdesk.identity.feed_tokens import FeedTokenId
from nightdesk.kernel.errors import InvalidInput, NotFound

Text = str | None
Kind = Annotated[Text, Query(alias="type", examples=["crypto"])]
Symbol = Annotated[Text, Query(examples=["BINANCE:BTC/USDT"])]
Resolution = Annotated[Text, Query(examples=["15"], description="Minutes, or D, W, M.")]
From = Annotated[Text, Query(alias="from", examples=["1700000000"], description="Seconds since 1970.")]
Until = Annotated[Text, Query(alias="to", examples=["1700086400"], description="Exclusive, likewise.")]
CountBack = Annotated[Text, Query(examples=["300"], description="So many bars before `to`; wins over `from`.")]
_Answer = TypeVar("_Answer")
_UDF = "/datafeed/udf"

router = new_router()


@router.get(f"{_UDF}/config", summary="What the datafeed can do", tags=["datafeed"])
def read_config(desk: OurDesk, reader: OurReader) -> ConfigShape:
    """For charting libraries; marks and search, no groups."""
    return desk.datafeed.config(reader)


@router.get(f"{_UDF}/symbol_info", summary="Refused: there are no groups", tags=["datafeed"])
def read_symbol_info(reader: OurReader) -> FailureShape:
    """`/config` says so; look for symbols instead."""
    del reader
    return FailureShape(errmsg="datafeed.no_groups: Groups are not served, as /config says; use /search and /symbols.")


@router.get(f"{_UDF}/symbols", summary="One series", tags=["datafeed"])
def read_symbol(desk: OurDesk, reader: OurReader, symbol: Symbol = None) -> SymbolShape | FailureShape:
    """Its price step, session and resolutions."""
    return _told(lambda: desk.datafeed.symbol(reader, symbol))


@router.get(f"{_UDF}/search", summary="Look for series", tags=["datafeed"])
def search_symbols(
    *,
    desk: OurDesk,
    reader: OurReader,
    query: Text = None,
    kind: Kind = None,
    exchange: Text = None,
    limit: Text = None,
) -> list[FoundShape]:
    """At most 100, those whose name begins so first."""
    return desk.datafeed.search(reader, query, kind, exchange, limit)


@router.get(f"{_UDF}/history", summary="Bars", tags=["datafeed"])
def read_history(
    *,
    desk: OurDesk,
    reader: OurReader,
    symbol: Symbol = None,
    resolution: Resolution = None,
    since: From = None,
    until: Until = None,
    countback: CountBack = None,
) -> BarsShape | NoBarsShape | FailureShape:
    """The newest before `to`: as many as are counted back, or those from `from` on; 5,000 at most."""
    return _told(lambda: desk.datafeed.history(reader, read_range(symbol, resolution, since, until, countback)))


@router.get(f"{_UDF}/marks", summary="Trades and firings on bars", tags=["datafeed"])
def read_marks(
    *,
    desk: OurDesk,
    reader: OurReader,
    symbol: Symbol = None,
    resolution: Resolution = None,
    since: From = None,
    until: Until = None,
) -> MarksShape | FailureShape:
    """The caller's own; ten a bar at most, at the bar's own time."""
    return _told(lambda: desk.datafeed.marks(reader, read_range(symbol, resolution, since, until)))


@router.get(f"{_UDF}/timescale_marks", summary="Deposits and withdrawals below bars", tags=["datafeed"])
def read_timescale_marks(
    *,
    desk: OurDesk,
    reader: OurReader,
    symbol: Symbol = None,
    resolution: Resolution = None,
    since: From = None,
    until: Until = None,
) -> list[TimescaleMarkShape] | FailureShape:
    """The caller's own; one a bar, which tells all that happened in it."""
    return _told(lambda: desk.datafeed.timescale_marks(reader, read_range(symbol, resolution, since, until)))


@router.get(f"{_UDF}/time", summary="The market's time", tags=["datafeed"])
def read_time(desk: OurDesk, reader: OurReader) -> int:
    """Whole seconds since 1970, as a plain number."""
    del reader
    return desk.datafeed.seconds()


@router.get(f"{_UDF}/quotes", summary="Last prices", tags=["datafeed"])
def read_quotes(desk: OurDesk, reader: OurReader, symbols: Symbol = None) -> QuotesShape | FailureShape:
    """Of at most 50 series, with commas between them."""
    return _told(lambda: desk.datafeed.quotes(reader, symbols))


@router.get("/datafeed-tokens", summary="One's datafeed tokens", tags=["datafeed"])
def list_tokens(desk: OurDesk, caller: OurCaller) -> FeedTokenList:
    """Oldest first, twenty at most, without their addresses."""
    caller.require("read", "Profile")
    tokens = desk.datafeed.tokens.tokens(caller.tenant_id, caller.user.user_id)
    return FeedTokenList(items=[feed_token_shape(token) for token in tokens])


@router.post("/datafeed-tokens", summary="Make a datafeed token", tags=["datafeed"], status_code=HTTPStatus.CREATED)
def make_token(wanted: MakeFeedToken, desk: OurDesk, caller: OurCaller) -> FeedTokenShape:
    """Its path, which is what a charting library is given, is shown this once."""
    caller.require("update", "Profile")
    made = desk.datafeed.tokens.make(caller.tenant_id, caller.user.user_id, wanted.name)
    return feed_token_shape(made.known, address_of(made.token))


@router.delete(
    "/datafeed-tokens/<token_id>",
    summary="Revoke a datafeed token",
    tags=["datafeed"],
    status_code=HTTPStatus.NO_CONTENT,
)
def revoke_token(token_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Whoever reads by it is refused from now on."""
    caller.require("update", "Profile")
    desk.datafeed.tokens.revoke(caller.tenant_id, caller.user.user_id, FeedTokenId(token_id))
    return Response(HTTPStatus.NO_CONTENT)


def _told(answer: Callable[[], _Answer]) -> _Answer | FailureShape:
    """The answer, or why there is none, as the contract says it."""
    try:
        return answer()
    except (InvalidInput, NotFound) as error:
        return FailureShape(errmsg=f"{error.code}: {error}")

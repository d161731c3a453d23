"""Binance's open USD-M contracts.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V3
(2026-11).
"""

from __future__ import annotations

from nightdesk.accounts.positions import Position, PositionSide
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues.binance_wallets import unless_closed
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, code_of, exact, rows_of
from nightdesk.kernel.assets import FUTURES
from nightdesk.kernel.errors import InvalidInput


async def positions(client: VenueClient) -> tuple[Position, ...]:
    """What is open; nothing where the account has no futures wallet.

    Raises:
        Unavailable: `venue.answer_malformed`, or the venue does not answer.
    """
    said = rows_of(await unless_closed(client, FUTURES, "fapiprivatev3_get_positionrisk") or [])
    try:
        found = [position(row, code_of(client)) for row in said]
    except (KeyError, TypeError, InvalidInput):
        raise errors.malformed() from None
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.contract))


def position(row: Row, code: Code) -> Position | None:
    """A position; None where nothing is open.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is of another type.
        InvalidInput: A number or asset is none.
    """
    quantity, settle = exact(row["positionAmt"]), asset_of(row["marginAsset"], code)
    if not quantity:
        return None
    # Nobody is liquidated at zero: it stands for "at no price".
    liquidation = exact(row["liquidationPrice"])
    return Position(
        contract=contract_of(str(row["symbol"]), settle),
        side=PositionSide.LONG if quantity > 0 else PositionSide.SHORT,
        quantity=quantity.copy_abs(),
        entry_price=exact(row["entryPrice"]),
        mark_price=exact(row["markPrice"]),
        unrealised_pnl=exact(row["unRealizedProfit"]),
        settle=settle,
        liquidation_price=liquidation or None,
    )


def contract_of(name: str, settle: str) -> str:
    """The unified symbol of a contract: `BTCUSDT` is `BTC/USDT:USDT`; a delivery's date stays in its name.

    Contracts of this API are quoted in what they settle in.
    """
    base, dash, date = name.partition("_")
    base = base.removesuffix(settle)
    return f"{base}/{settle}:{settle}" + (f"-{date}" if dash else "")

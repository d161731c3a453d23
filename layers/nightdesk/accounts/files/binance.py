"""Binance's exports: spot trades, deposits and withdrawals, and the statement of all transactions.

Source: binance.com, "How to download spot trading transaction history statement" and "How to generate transaction
history"; rotki `importers/binance.py` for the statement's operations. The statement's column is called `UTC_Time`, and
exports of some countries' sites hold local time in it (rotki issue 12143): so its zone counts as unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.cells import Columns, read_asset, read_instant, read_number
from nightdesk.accounts.files.errors import RowRefused, RowSkipped
from nightdesk.accounts.files.events import each_row, legs_of
from nightdesk.accounts.files.model import (
    Amount,
    Cells,
    FileFormat,
    Reading,
    Row,
    Said,
    Table,
    TransferDetails,
    ZoneRule,
)

_TRADES: Final = frozenset({"date(utc)", "pair", "side", "price", "executed", "amount", "fee"})
_OLD_TRADES: Final = frozenset({"date(utc)", "market", "type", "price", "amount", "total", "fee", "fee coin"})
_TRANSFERS: Final = frozenset({"coin", "amount", "txid", "status"})
_JOINED = re.compile(r"(?P<number>[0-9.,]+(?:[eE][+-]?[0-9]+)?)\s*(?P<asset>[A-Z0-9]{1,20})")
_QUOTES: Final = (
    *("FDUSD", "USDT", "BUSD", "TUSD", "USDC", "USDP", "USDS", "BIDR", "IDRT", "BVND", "BKRW", "DAI", "UST"),
    *("VAI", "BTC", "ETH", "BNB", "TRX", "XRP", "DOGE", "DOT", "SOL", "PAX", "NGN", "RUB", "TRY"),
    *("EUR", "ZAR", "UAH", "BRL", "GBP", "AUD", "PLN", "RON", "ARS", "JPY", "MXN", "CZK", "USD"),
)
_DONE: Final = frozenset({"completed", "success", "successful"})


def _fits(names: frozenset[str], header: Cells) -> bool:
    return names <= set(header)


def _fits_transfers(header: Cells) -> bool:
    return _fits(_TRANSFERS, header) and header[0].startswith(("date(utc", "time"))


def _read_trades(table: Table) -> Iterator[Reading]:
    return each_row(table.rows, partial(_joined_trade, Columns(table)))


def _joined_trade(columns: Columns, row: Row) -> Said:
    base, quote = _joined(columns.text(row, "executed")), _joined(columns.text(row, "amount"))
    fee = columns.text(row, "fee")
    return _trade(columns, row, (base, quote), _joined(fee) if fee.strip("0. ") else None)


def _joined(text: str) -> Amount:
    """The amount that `0.50000000BTC` is."""
    found = _JOINED.fullmatch(text.strip())
    number = read_number(found["number"], comma=False) if found else None
    if found is None or number is None:
        raise RowRefused(errors.NUMBER_MALFORMED, f"{text[:40]!r} is no amount with its coin.")
    return Amount(number, read_asset(found["asset"]))


def _trade(columns: Columns, row: Row, pair: tuple[Amount, Amount], fee: Amount | None) -> Said:
    base, quote = pair
    side = columns.text(row, "side", "type").upper()
    if side not in {"BUY", "SELL"}:
        raise RowRefused(errors.KIND_UNKNOWN, f"{side[:20]!r} is neither BUY nor SELL.")
    sent, received = (quote, base) if side == "BUY" else (base, quote)
    kind, legs = legs_of(sent, received, (fee,))
    return Said(rows=(row,), at=read_instant(columns.text(row, "date(utc)")), kind=kind, legs=legs)


def _read_old_trades(table: Table) -> Iterable[Reading]:
    return each_row(table.rows, partial(_split_trade, Columns(table)))


def _split_trade(columns: Columns, row: Row) -> Said:
    base, quote = _pair(columns.text(row, "market"))
    amount, total = columns.number(row, "amount"), columns.number(row, "total")
    if not amount or not total:
        raise RowRefused(errors.CELLS_MISSING, "A trade has an amount and a total.")
    fee = columns.amount(row, "fee", "fee coin")
    return _trade(columns, row, (Amount(amount, read_asset(base)), Amount(total, read_asset(quote))), fee)


def _pair(market: str) -> tuple[str, str]:
    for quote in _QUOTES:
        if market.endswith(quote) and len(market) > len(quote):
            return market[: -len(quote)], quote
    raise RowRefused(errors.ASSET_MALFORMED, f"{market[:20]!r} is no pair that is known.")


def _read_transfers(table: Table) -> Iterable[Reading]:
    columns = Columns(table)
    return each_row(table.rows, partial(_transfer, columns, _direction(columns, table)))


def _direction(columns: Columns, table: Table) -> str:
    """`out`, `in`, or nothing when the file can't be told from its columns or fees."""
    if columns.has("fee"):
        return "out"
    if not columns.has("transactionfee"):
        return "in"
    charged = any(columns.text(row, "transactionfee").strip("0. ") for row in table.rows)
    return "out" if charged else ""


def _transfer(columns: Columns, direction: str, row: Row) -> Said:
    if columns.text(row, "status").lower() not in _DONE:
        raise RowSkipped(errors.NOT_COMPLETED)
    if not direction:
        raise RowRefused(errors.SIDES_UNCLEAR, "Nothing in this file says whether these came in or went out.")
    amount = columns.amount(row, "amount", "coin")
    fee = columns.number(row, "fee", "transactionfee") or Decimal(0)
    charged = Amount(fee.copy_abs(), amount.asset) if amount and fee else None
    out = direction == "out"
    kind, legs = legs_of(amount if out else None, None if out else amount, (charged,))
    return Said(
        rows=(row,),
        at=read_instant(row.cells[0]),
        kind=kind,
        legs=legs,
        details=TransferDetails(
            tx_hash=columns.text(row, "txid") or None,
            sent_from=columns.text(row, "sourceaddress") or None,
            sent_to=columns.text(row, "address") or None,
        ),
    )


TRADES = FileFormat(
    name="binance.trades",
    title="Binance spot trade history",
    zone=ZoneRule.UTC,
    fits=partial(_fits, _TRADES),
    read=_read_trades,
)
OLD_TRADES = FileFormat(
    name="binance.trades_by_market",
    title="Binance trade history by market",
    zone=ZoneRule.UTC,
    fits=partial(_fits, _OLD_TRADES),
    read=_read_old_trades,
)
TRANSFERS = FileFormat(
    name="binance.transfers",
    title="Binance deposit or withdrawal history",
    zone=ZoneRule.UTC,
    fits=_fits_transfers,
    read=_read_transfers,
)

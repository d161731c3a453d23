"""The account's ledger over REST: a line for each change of a balance, with the balance after it.

Source: https://docs.bitfinex.com/reference/rest-auth-ledgers (categories: 5 exchange, 51 deposit, 104 withdrawal,
201 trading fee, 228 withdrawal fee, 28 margin funding payment), 2026-11.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

from fargate.paper_exchange.engine.model import Fill, Side, Transfer, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage
from fargate.paper_exchange.engine.wallets.model import Dividend, DividendKind
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.bitfinex.call import Call
from fargate.paper_exchange.faces.bitfinex.names import asset_of, currency_name
from fargate.paper_exchange.faces.numbers import number
from nightdesk.kernel.money import ZERO, add, subtract

DEFAULT, MOST = 125, 2500
_EXCHANGE, _INTEREST, _DEPOSIT, _WITHDRAWAL, _FEE, _WITHDRAWAL_FEE = 5, 28, 51, 104, 201, 228
_EVERYTHING: Final = 1 << 40


class _Line(NamedTuple):
    at_ms: int
    asset: str
    amount: Decimal
    category: int
    words: str


def ledgers(call: Call) -> Any:
    """`POST /v2/auth/r/ledgers/hist` and `…/ledgers/{}/hist`: newest first, 2,500 at most."""
    asset = asset_of(call.parts[0]) if call.parts else None
    category, (since_ms, until_ms) = call.number("category", 0), call.window()
    limit = min(call.number("limit", DEFAULT), MOST)
    wanted = (
        row
        for row, line in _numbered(call)
        if asset in {None, line.asset} and category in {0, line.category} and since_ms <= line.at_ms <= until_ms
    )
    return [row for row, _ in zip(wanted, range(limit), strict=False)]


def _numbered(call: Call) -> Iterator[tuple[list[Any], _Line]]:
    """Every line, newest first; balances are counted back from what is held."""
    lines = sorted((*_of_transfers(call), *_of_fills(call), *_of_lending(call)), key=lambda line: line.at_ms)
    held: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in call.exchange.store.accounts.balances(call.account.account_id):
        held[row.asset] = add(row.free, row.locked)
    for place in range(len(lines), 0, -1):
        line = lines[place - 1]
        head = [place, currency_name(line.asset), None, line.at_ms, None]
        yield [*head, number(line.amount), number(held[line.asset]), None, f"{line.words} on wallet exchange"], line
        held[line.asset] = subtract(held[line.asset], line.amount)


def _of_transfers(call: Call) -> Iterator[_Line]:
    history, account_id = call.exchange.store.history, call.account.account_id
    for kind in TransferKind:
        for row in history.transfers(account_id, kind, (0, FOREVER_MS), None):
            yield from _moved(row)


def _of_lending(call: Call) -> Iterator[_Line]:
    """What lent funds earned; the venue hands out nothing else."""
    for row in call.exchange.wallets.kept.happenings(Dividend, call.account.account_id, Asked(limit=_EVERYTHING)):
        if row.kind is DividendKind.INTEREST:
            yield _Line(row.at_ms, row.key, row.amount, _INTEREST, "Margin Funding Payment")


def _moved(row: Transfer) -> Iterator[_Line]:
    if row.kind is TransferKind.DEPOSIT:
        yield _Line(row.at_ms, row.asset, row.amount, _DEPOSIT, "Deposit")
        return
    yield _Line(row.at_ms, row.asset, -row.amount, _WITHDRAWAL, "Withdrawal")
    if row.fee:
        yield _Line(row.at_ms, row.asset, -row.fee, _WITHDRAWAL_FEE, "Withdrawal fee")


def _of_fills(call: Call) -> Iterator[_Line]:
    for fill in call.exchange.store.history.page(call.account.account_id, FillPage(_EVERYTHING)):
        yield from _traded(fill)


def _traded(fill: Fill) -> Iterator[_Line]:
    base, quote = fill.symbol.split("/")
    sign = 1 if fill.side is Side.BUY else -1
    words = f"Exchange {fill.quantity} {base} for {quote}"
    yield _Line(fill.at_ms, base, fill.quantity * sign, _EXCHANGE, words)
    yield _Line(fill.at_ms, quote, -fill.quote_quantity * sign, _EXCHANGE, words)
    if fill.fee:
        yield _Line(fill.at_ms, fill.fee_asset, -fill.fee, _FEE, "Trading fees")

"""Binance's statement: one row a change of one coin; the rows of a trade stand beside each other.

Rows of one second and account that buy, sell and pay a fee are one trade each where they can be paired one by one, so
ten fills stay ten. Where they can't, they are one trade of their sums if one coin comes and one goes, and else one
conversion or adjustment with every row as a leg of its own: balances are exact in each case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.cells import Columns, read_asset, read_instant
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.events import legs_of, movements
from nightdesk.accounts.files.model import Amount, Cells, FileFormat, LeftOut, Reading, Row, Said, Table, ZoneRule
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import EXACT
from nightdesk.ledger.model import EntryKind

_HEADERS: Final = (
    frozenset({"user_id", "utc_time", "account", "operation", "coin", "change"}),
    frozenset({"user id", "time", "account", "operation", "coin", "change"}),
)
_TRADED: Final = frozenset(
    {
        *("buy", "sell", "fee", "transaction related", "transaction buy", "transaction spend", "transaction sold"),
        *("transaction revenue", "transaction fee", "binance convert", "large otc trading"),
        *("small assets exchange bnb", "small assets exchange bnb (spot)"),
    }
)
_FEES: Final = frozenset({"fee", "transaction fee"})
_KINDS: Final[Mapping[str, EntryKind]] = {
    "deposit": EntryKind.DEPOSIT,
    "fiat deposit": EntryKind.DEPOSIT,
    "withdraw": EntryKind.WITHDRAWAL,
    "fiat withdraw": EntryKind.WITHDRAWAL,
    "distribution": EntryKind.AIRDROP,
    "airdrop assets": EntryKind.AIRDROP,
    "funding fee": EntryKind.FUNDING,
    "realized profit and loss": EntryKind.REALISED_PNL,
    "simple earn flexible interest": EntryKind.INTEREST,
    "simple earn locked rewards": EntryKind.REWARD,
    "staking rewards": EntryKind.REWARD,
    "pos savings interest": EntryKind.INTEREST,
    "savings interest": EntryKind.INTEREST,
    "commission rebate": EntryKind.REWARD,
    "commission history": EntryKind.REWARD,
    "referral kickback": EntryKind.REWARD,
    "referrer rebates": EntryKind.REWARD,
    "cash voucher distribution": EntryKind.REWARD,
    "bnb vault rewards": EntryKind.REWARD,
    "isolatedmargin loan": EntryKind.LOAN,
}
_LEGS_MAX = 16


@dataclass(frozen=True, slots=True)
class _Change:
    row: Row
    at: datetime
    account: str
    operation: str
    amount: Amount
    sign: int


def _fits(header: Cells) -> bool:
    return any(names <= set(header) for names in _HEADERS)


def _read(table: Table) -> Iterator[Reading]:
    columns = Columns(table)
    readings = [_change(columns, row) for row in table.rows if any(cell.strip() for cell in row.cells)]
    yield from (each for each in readings if isinstance(each, LeftOut))
    yield from _empty(table.rows)
    changes = [each for each in readings if isinstance(each, _Change)]
    for traded, those in groupby(sorted(changes, key=_key), key=_key):
        group = list(those)
        yield from _trades(group) if traded[0] else map(_single, group)


def _empty(rows: Iterable[Row]) -> Iterator[LeftOut]:
    for row in rows:
        if not any(cell.strip() for cell in row.cells):
            yield LeftOut(rows=(row,), reason=errors.EMPTY_ROW, rejected=False)


def _key(change: _Change) -> tuple[bool, datetime, str]:
    return change.operation in _TRADED, change.at, change.account


def _change(columns: Columns, row: Row) -> _Change | LeftOut:
    try:
        return _read_change(columns, row)
    except RowRefused as refused:
        return LeftOut(rows=(row,), reason=refused.reason, rejected=True, detail=refused.detail)


def _read_change(columns: Columns, row: Row) -> _Change:
    number = columns.number(row, "change")
    if not number:
        raise RowRefused(errors.NOTHING_MOVED, "The row moves nothing.")
    return _Change(
        row=row,
        at=read_instant(columns.text(row, "utc_time", "time")),
        account=columns.text(row, "account"),
        operation=columns.text(row, "operation").lower(),
        amount=Amount(number.copy_abs(), read_asset(columns.text(row, "coin"))),
        sign=1 if number > 0 else -1,
    )


def _single(change: _Change) -> Said:
    kind = _KINDS.get(change.operation) or (EntryKind.DEPOSIT if change.sign > 0 else EntryKind.WITHDRAWAL)
    if "transfer" in change.operation:
        kind = EntryKind.TRANSFER
    return Said(
        rows=(change.row,),
        at=change.at,
        kind=kind,
        legs=movements([(change.amount, change.sign)]),
        note=change.operation,
    )


def _trades(group: Sequence[_Change]) -> Iterator[Said]:
    fees = [each for each in group if each.operation in _FEES]
    came = [each for each in group if each.operation not in _FEES and each.sign > 0]
    went = [each for each in group if each.operation not in _FEES and each.sign < 0]
    if not _one_asset(came) or not _one_asset(went) or came[0].amount.asset == went[0].amount.asset:
        yield from _adjusted(group)
        return
    if len(came) == len(went) and len(fees) in (0, len(came)) and all(fee.sign < 0 for fee in fees):
        for place, (out, back) in enumerate(zip(went, came, strict=True)):
            yield _trade([out], [back], fees[place : place + 1])
        return
    yield _trade(went, came, [fee for fee in fees if fee.sign < 0])
    yield from map(_single, [fee for fee in fees if fee.sign > 0])


def _one_asset(changes: Sequence[_Change]) -> bool:
    return len({change.amount.asset for change in changes}) == 1


def _trade(went: Sequence[_Change], came: Sequence[_Change], fees: Sequence[_Change]) -> Said:
    changes = sorted([*went, *came, *fees], key=lambda each: each.row.line)
    charged = {asset: _sum(fees, asset) for asset in dict.fromkeys(fee.amount.asset for fee in fees)}
    kind, legs = legs_of(_sum(went, went[0].amount.asset), _sum(came, came[0].amount.asset), charged.values())
    return Said(rows=tuple(each.row for each in changes), at=changes[0].at, kind=kind, legs=legs)


def _sum(changes: Sequence[_Change], asset: AssetId) -> Amount:
    total = Decimal(0)
    for change in changes:
        if change.amount.asset == asset:
            total = EXACT.add(total, change.amount.quantity)
    return Amount(total, asset)


def _adjusted(group: Sequence[_Change]) -> Iterator[Said]:
    for start in range(0, len(group), _LEGS_MAX):
        part = sorted(group[start : start + _LEGS_MAX], key=lambda each: each.row.line)
        yield Said(
            rows=tuple(each.row for each in part),
            at=part[0].at,
            kind=_kind_of(part),
            legs=movements([(each.amount, each.sign) for each in part]),
            note=part[0].operation,
        )


def _kind_of(part: Sequence[_Change]) -> EntryKind:
    """A conversion where some assets go and others come; else nobody can say what it was."""
    came = {each.amount.asset for each in part if each.sign > 0}
    went = {each.amount.asset for each in part if each.sign < 0}
    return EntryKind.CONVERSION if came and went and not came & went else EntryKind.ADJUSTMENT


STATEMENT = FileFormat(
    name="binance.statement", title="Binance transaction history", zone=ZoneRule.UNSAID, fits=_fits, read=_read
)

"""Koinly's, CoinTracking's, rotki's and CoinTracker's tables, as they read them themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from nightdesk.accounts.files import cointracker, cointracking, koinly, rotki
from nightdesk.accounts.files.exporting import ExportFormat, TableFormat, Telling, csv_text, table_writer
from nightdesk.accounts.files.model import Amount
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import EntryKind, Fact

_CSV: Final = "text/csv"


def _pair(amount: Amount | None) -> tuple[str, str]:
    return (format_amount(amount.quantity), amount.asset) if amount else ("", "")


def _second(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


# Koinly ---------------------------------------------------------------------------------------------------

_KOINLY_HEADER: Final = (
    *("Date", "Sent Amount", "Sent Currency", "Received Amount", "Received Currency", "Fee Amount", "Fee Currency"),
    *("Net Worth Amount", "Net Worth Currency", "Label", "Description", "TxHash"),
)
_KOINLY_COMING: Final[Mapping[EntryKind, str]] = {
    EntryKind.REWARD: "reward",
    EntryKind.INTEREST: "lending interest",
    EntryKind.AIRDROP: "airdrop",
    EntryKind.REALISED_PNL: "realized gain",
}
_KOINLY_GOING: Final[Mapping[EntryKind, str]] = {
    EntryKind.INTEREST: "loan fee",
    EntryKind.REALISED_PNL: "realized gain",
    EntryKind.FEE: "cost",
}


def _koinly(fact: Fact, telling: Telling, place: str) -> tuple[str, ...]:
    words = _KOINLY_COMING if telling.received else _KOINLY_GOING
    label = words.get(telling.kind, "") if telling.sent is None or telling.received is None else ""
    sides = (*_pair(telling.sent), *_pair(telling.received), *_pair(telling.fee))
    return (f"{_second(fact.occurred_at)} UTC", *sides, "", "", label, place, "")


# CoinTracking ----------------------------------------------------------------------------------------------

_COINTRACKING_HEADER: Final = (
    *("Type", "Buy", "Cur.", "Sell", "Cur.", "Fee", "Cur.", "Exchange", "Group", "Comment", "Date"),
)
_COINTRACKING_COMING: Final[Mapping[EntryKind, str]] = {
    EntryKind.DEPOSIT: "Deposit",
    EntryKind.TRANSFER: "Deposit",
    EntryKind.REWARD: "Reward / Bonus",
    EntryKind.INTEREST: "Interest Income",
    EntryKind.AIRDROP: "Airdrop",
    EntryKind.REALISED_PNL: "Derivatives / Futures Profit",
    EntryKind.ADJUSTMENT: "Other Income",
}
_COINTRACKING_GOING: Final[Mapping[EntryKind, str]] = {
    EntryKind.WITHDRAWAL: "Withdrawal",
    EntryKind.TRANSFER: "Withdrawal",
    EntryKind.INTEREST: "Borrowing Fee",
    EntryKind.REALISED_PNL: "Derivatives / Futures Loss",
    EntryKind.FEE: "Other Fee",
}


def _cointracking(fact: Fact, telling: Telling, place: str) -> tuple[str, ...]:
    words = _COINTRACKING_COMING if telling.received else _COINTRACKING_GOING
    fallback = "Other Income" if telling.received else "Other Fee"
    word = "Trade" if telling.sent and telling.received else words.get(telling.kind, fallback)
    sides = (*_pair(telling.received), *_pair(telling.sent), *_pair(telling.fee))
    return (word, *sides, place, "", "", _second(fact.occurred_at))


# rotki -----------------------------------------------------------------------------------------------------

_ROTKI_EVENTS_HEADER: Final = (
    *("Type", "Location", "Currency", "Amount", "Fee", "Fee Currency", "Description", "Timestamp"),
)
_ROTKI_TRADES_HEADER: Final = (
    *("Location", "Spend Currency", "Receive Currency", "Receive Amount", "Spend Amount", "Fee", "Fee Currency"),
    *("Description", "Timestamp"),
)
_ROTKI_COMING: Final[Mapping[EntryKind, str]] = {EntryKind.DEPOSIT: "Deposit", EntryKind.REWARD: "Staking"}
_ROTKI_GOING: Final[Mapping[EntryKind, str]] = {EntryKind.WITHDRAWAL: "Withdrawal", EntryKind.ADJUSTMENT: "Loss"}


def _rotki_event(fact: Fact, telling: Telling, place: str) -> tuple[str, ...] | None:
    if fact.kind is EntryKind.TRADE:
        return None
    at = str(to_ms(fact.occurred_at))
    if telling.received and not telling.sent:
        quantity, asset = _pair(telling.received)
        return (_ROTKI_COMING.get(telling.kind, "Income"), place, asset, quantity, *_pair(telling.fee), "", at)
    going = telling.sent or telling.fee
    if going is None or telling.received:
        return None
    quantity, asset = _pair(going)
    fee = _pair(telling.fee) if telling.sent else ("", "")
    return (_ROTKI_GOING.get(telling.kind, "Spend"), place, asset, quantity, *fee, "", at)


def _rotki_trade(fact: Fact, telling: Telling, place: str) -> tuple[str, ...] | None:
    if not telling.sent or not telling.received or fact.kind is not EntryKind.TRADE:
        return None
    spend, receive = _pair(telling.sent), _pair(telling.received)
    at = str(to_ms(fact.occurred_at))
    return (place, spend[1], receive[1], receive[0], spend[0], *_pair(telling.fee), "", at)


# CoinTracker -----------------------------------------------------------------------------------------------

_COINTRACKER_HEADER: Final = (
    *("Date", "Received Quantity", "Received Currency", "Sent Quantity", "Sent Currency", "Fee Amount"),
    *("Fee Currency", "Tag"),
)
_COINTRACKER_TAGS: Final[Mapping[EntryKind, str]] = {
    EntryKind.REWARD: "staked",
    EntryKind.AIRDROP: "airdrop",
    EntryKind.INTEREST: "interest",
    EntryKind.FEE: "fee",
}


def _cointracker(fact: Fact, telling: Telling, _place: str) -> tuple[str, ...]:
    at = fact.occurred_at.strftime("%m/%d/%Y %H:%M:%S")
    tag = "" if telling.sent and telling.received else _COINTRACKER_TAGS.get(telling.kind, "")
    return (at, *_pair(telling.received), *_pair(telling.sent), *_pair(telling.fee), tag)


def _table(name: str, title: str, table: TableFormat) -> ExportFormat:
    return ExportFormat(
        name=name,
        title=title,
        file_name=f"nightdesk-{name.replace('.', '-')}.csv",
        media_type=_CSV,
        head=csv_text([table.header]),
        tail="",
        separator="",
        write=table_writer(table),
    )


TABLES: Final = (
    _table("koinly", "Koinly universal", TableFormat(header=_KOINLY_HEADER, row=_koinly, reads=koinly.UNIVERSAL)),
    _table(
        "cointracking",
        "CoinTracking",
        TableFormat(header=_COINTRACKING_HEADER, row=_cointracking, reads=cointracking.TRADES),
    ),
    _table(
        "rotki.events",
        "rotki generic events",
        TableFormat(header=_ROTKI_EVENTS_HEADER, row=_rotki_event, reads=rotki.EVENTS),
    ),
    _table(
        "rotki.trades",
        "rotki generic trades",
        TableFormat(header=_ROTKI_TRADES_HEADER, row=_rotki_trade, reads=rotki.TRADES),
    ),
    _table(
        "cointracker",
        "CoinTracker",
        TableFormat(header=_COINTRACKER_HEADER, row=_cointracker, reads=cointracker.UNIVERSAL),
    ),
)

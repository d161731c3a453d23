"""What moved, as legs: the one place that decides between a trade, a deposit, a withdrawal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.errors import RowRefused, RowSkipped
from nightdesk.accounts.files.model import Amount, LeftOut, Reading, Row, Said
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import EXACT
from nightdesk.ledger.model import EntryKind, Leg, LegRole

# What an amount of a pair is told in, the more usual first.
_QUOTES: Final = (
    *("USD", "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "TRY", "BRL"),
    *("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USTC", "UST"),
    *("BTC", "XBT", "ETH", "BNB"),
)
_PLACE: Final = {asset: place for place, asset in enumerate(_QUOTES)}


def legs_of(
    sent: Amount | None, received: Amount | None, fees: Iterable[Amount | None] = ()
) -> tuple[EntryKind, tuple[Leg, ...]]:
    """What the amounts make, if nothing more is known: a trade, a deposit, a withdrawal.

    Raises:
        RowRefused: `files.nothing_moved`, `files.sides_unclear`.
        RowSkipped: `files.within_account`: between wallets of one account, and for nothing.
    """
    charged = tuple(_leg(LegRole.FEE, fee, -1) for fee in fees if fee is not None and fee.quantity)
    sent = sent if sent and sent.quantity else None
    received = received if received and received.quantity else None
    if sent and received:
        return _both(sent, received, charged)
    if received:
        return EntryKind.DEPOSIT, (_leg(LegRole.MOVEMENT, received, 1), *charged)
    if sent:
        return EntryKind.WITHDRAWAL, (_leg(LegRole.MOVEMENT, sent, -1), *charged)
    if charged:
        return EntryKind.FEE, charged
    raise RowRefused(errors.NOTHING_MOVED, "The row moves nothing.")


def _both(sent: Amount, received: Amount, charged: tuple[Leg, ...]) -> tuple[EntryKind, tuple[Leg, ...]]:
    if sent.asset == received.asset:
        return EntryKind.FEE, _between(sent, received, charged)
    out, came = (sent, -1), (received, 1)
    base, quote = (out, came) if _rank(received.asset) < _rank(sent.asset) else (came, out)
    return EntryKind.TRADE, (_leg(LegRole.BASE, *base), _leg(LegRole.QUOTE, *quote), *charged)


def _between(sent: Amount, received: Amount, charged: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """What a movement between wallets of one account costs: nothing else of it changes the account."""
    lost = EXACT.subtract(sent.quantity, received.quantity)
    if lost < 0:
        raise RowRefused(errors.SIDES_UNCLEAR, "More came than went of one asset.")
    legs = (_leg(LegRole.FEE, Amount(lost, sent.asset), -1), *charged) if lost else charged
    if not legs:
        raise RowSkipped(errors.WITHIN_ACCOUNT)
    return legs


def _rank(asset: AssetId) -> int:
    """The lower, the rather it is what prices are told in; of two unknown ones it is what was sent."""
    return _PLACE.get(asset, len(_QUOTES))


def _leg(role: LegRole, amount: Amount, sign: int) -> Leg:
    return Leg(role=role, asset=amount.asset, amount=amount.quantity if sign > 0 else amount.quantity.copy_negate())


def movements(amounts: Sequence[tuple[Amount, int]]) -> tuple[Leg, ...]:
    """Each amount as a movement of its sign, in their order."""
    return tuple(_leg(LegRole.MOVEMENT, amount, sign) for amount, sign in amounts)


def each_row(rows: Iterable[Row], read: Callable[[Row], Said]) -> Iterator[Reading]:
    """Every row read for itself: as an event, or left out with why."""
    for row in rows:
        if not any(cell.strip() for cell in row.cells):
            yield LeftOut(rows=(row,), reason=errors.EMPTY_ROW, rejected=False)
            continue
        try:
            yield read(row)
        except RowSkipped as skipped:
            yield LeftOut(rows=(row,), reason=skipped.reason, rejected=False)
        except RowRefused as refused:
            yield LeftOut(rows=(row,), reason=refused.reason, rejected=True, detail=refused.detail)

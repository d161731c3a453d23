"""How much speaks for a withdrawal and a deposit being one transfer: points out of a hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import subtract
from nightdesk.ledger.transfers.model import Evidence, Movement, plain_hash, plain_network

THRESHOLD: Final = 70
"""Nothing is matched by itself under this score."""

EARLY: Final = timedelta(minutes=10)
LATE: Final = timedelta(hours=48)
"""A deposit is booked so much before, or after, the withdrawal that it is."""

_TIMES: Final = (
    (timedelta(minutes=15), 20),
    (timedelta(hours=2), 15),
    (timedelta(hours=12), 8),
    (LATE, 3),
)
_DIGITS: Final = ((6, 20), (5, 16), (4, 8))
_EXACT, _LESS_TOLD_FEE, _LESS_KNOWN_FEE = 40, 38, 32
_SAME_ADDRESS, _KNOWN_ADDRESS = 40, 34


@dataclass(frozen=True, slots=True)
class Learnt:
    """What earlier movements tell of later ones.

    Attributes:
        addresses: Which account takes deposits of which asset at an address.
        fees: Fees that venues told of each asset.
    """

    addresses: Mapping[str, frozenset[AccountId]] = field(default_factory=dict)
    fees: Mapping[AssetId, frozenset[Decimal]] = field(default_factory=dict)


def learn(movements: Iterable[Movement], known: Mapping[str, Collection[AccountId]] = {}) -> Learnt:
    """What the movements tell: deposits name their accounts' addresses, withdrawals their fees."""
    addresses = {address: set(accounts) for address, accounts in known.items()}
    fees: dict[AssetId, set[Decimal]] = {}
    for movement in movements:
        if movement.address and not movement.is_out:
            addresses.setdefault(movement.address, set()).add(movement.account_id)
        if movement.is_out and movement.fee:
            fees.setdefault(movement.asset, set()).add(movement.fee)
    return Learnt(
        {address: frozenset(accounts) for address, accounts in addresses.items()},
        {asset: frozenset(told) for asset, told in fees.items()},
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Points and what they were given for."""

    points: int
    evidence: tuple[Evidence, ...]


def score(out: Movement, into: Movement, learnt: Learnt) -> Score | None:
    """What speaks for the pair without a common hash; None when something speaks against it."""
    if not in_time(out, into) or contradict(out, into, learnt):
        return None
    amount = _amount(out, into, learnt)
    if amount is None:
        return None
    found = [part for part in (_address(out, into, learnt), amount, _time(out, into)) if part]
    points = sum(part.points for part in found) + _rarity(into.size)
    return Score(min(points, 99), tuple(each for part in found for each in part.evidence))


def in_time(out: Movement, into: Movement) -> bool:
    """Whether the deposit could be the withdrawal's, by their instants."""
    return out.at - EARLY <= into.at <= out.at + LATE


def contradict(out: Movement, into: Movement, learnt: Learnt) -> bool:
    """Whether the two can't be one transfer: another hash, network or address, or an address of another account."""
    if out.account_id == into.account_id or out.asset != into.asset:
        return True
    hashes = {plain_hash(out.tx_hash), plain_hash(into.tx_hash)} - {None}
    networks = {plain_network(out.network), plain_network(into.network)} - {None}
    addresses = {out.address, into.address} - {None}
    owners = learnt.addresses.get(out.address or "")
    foreign = owners is not None and into.account_id not in owners
    return len(hashes) > 1 or len(networks) > 1 or len(addresses) > 1 or foreign


def fits(sent: Decimal, fees: Decimal, arrived: Decimal) -> Evidence | None:
    """Whether so much can have arrived of what was sent: all of it, or less the fee told beside it."""
    if arrived == sent:
        return Evidence.AMOUNT
    return Evidence.AMOUNT_LESS_FEE if fees and arrived == subtract(sent, fees) else None


def _amount(out: Movement, into: Movement, learnt: Learnt) -> Score | None:
    told = fits(out.size, out.fee, into.size)
    if told:
        return Score(_EXACT if told is Evidence.AMOUNT else _LESS_TOLD_FEE, (told,))
    if subtract(out.size, into.size) in learnt.fees.get(out.asset, frozenset()):
        return Score(_LESS_KNOWN_FEE, (Evidence.AMOUNT_LESS_FEE,))
    return None


def _address(out: Movement, into: Movement, learnt: Learnt) -> Score | None:
    if out.address is None:
        return None
    if out.address == into.address:
        return Score(_SAME_ADDRESS, (Evidence.ADDRESS,))
    if into.account_id in learnt.addresses.get(out.address, frozenset()):
        return Score(_KNOWN_ADDRESS, (Evidence.KNOWN_ADDRESS,))
    return None


def _time(out: Movement, into: Movement) -> Score:
    apart = abs(into.at - out.at)
    return Score(next(points for span, points in _TIMES if apart <= span), (Evidence.TIME,))


def _rarity(amount: Decimal) -> int:
    """An amount of many digits is seldom the same by chance."""
    digits = len(amount.normalize().as_tuple().digits)
    return next((points for least, points in _DIGITS if digits >= least), 0)

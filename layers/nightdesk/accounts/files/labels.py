"""Words of other tools for what a movement was, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.model import Said
from nightdesk.ledger.model import EntryKind, LegRole

KINDS: Final[Mapping[str, EntryKind]] = {
    "trade": EntryKind.TRADE,
    "buy": EntryKind.TRADE,
    "sell": EntryKind.TRADE,
    "exchange": EntryKind.TRADE,
    "swap": EntryKind.TRADE,
    "deposit": EntryKind.DEPOSIT,
    "withdrawal": EntryKind.WITHDRAWAL,
    "withdraw": EntryKind.WITHDRAWAL,
    "transfer": EntryKind.TRANSFER,
    "reward": EntryKind.REWARD,
    "staking": EntryKind.REWARD,
    "mining": EntryKind.REWARD,
    "cashback": EntryKind.REWARD,
    "income": EntryKind.REWARD,
    "other income": EntryKind.REWARD,
    "interest": EntryKind.INTEREST,
    "lending interest": EntryKind.INTEREST,
    "loan interest": EntryKind.INTEREST,
    "loan fee": EntryKind.INTEREST,
    "airdrop": EntryKind.AIRDROP,
    "fork": EntryKind.AIRDROP,
    "funding": EntryKind.FUNDING,
    "funding fee": EntryKind.FUNDING,
    "margin fee": EntryKind.INTEREST,
    "realized gain": EntryKind.REALISED_PNL,
    "realized p&l": EntryKind.REALISED_PNL,
    "adjustment": EntryKind.ADJUSTMENT,
    "cost": EntryKind.FEE,
    "fee": EntryKind.FEE,
    "other fee": EntryKind.FEE,
    "conversion": EntryKind.CONVERSION,
    "loan": EntryKind.LOAN,
    "lost": EntryKind.ADJUSTMENT,
    "loss": EntryKind.ADJUSTMENT,
    "stolen": EntryKind.ADJUSTMENT,
}
"""What a word in lower case means; one that is not here says nothing about the kind."""

_OF_TWO: Final = frozenset({EntryKind.TRADE, EntryKind.CONVERSION})
IGNORED: Final = "ignored"


def labelled(said: Said, word: str) -> Said:
    """The event as the word says it is, where that fits its legs."""
    if word == IGNORED:
        raise errors.RowSkipped(errors.LABEL_IGNORED)
    kind = KINDS.get(word)
    if kind is None or kind in _OF_TWO or said.kind is EntryKind.TRADE:
        return said
    if kind is EntryKind.FEE:
        return _charged(said)
    return replace(said, kind=kind)


def _charged(said: Said) -> Said:
    """What went, as a fee by itself; what came is none."""
    if any(leg.amount > 0 for leg in said.legs):
        return said
    return replace(said, kind=EntryKind.FEE, legs=tuple(replace(leg, role=LegRole.FEE) for leg in said.legs))


def kind_named(word: str, kinds: Mapping[str, EntryKind] = KINDS) -> EntryKind:
    """The kind a word must mean.

    Raises:
        RowRefused: `files.kind_unknown`.
    """
    kind = kinds.get(" ".join(word.split()).lower())
    if kind is None:
        raise RowRefused(errors.KIND_UNKNOWN, f"{word[:40]!r} is no kind of event that is known.")
    return kind

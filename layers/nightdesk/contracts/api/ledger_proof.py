"""Balances at any instant, corrections, quarantine and export of the ledger."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.contracts.api.ledger import EntryShape, LegShape
from nightdesk.ledger.model import EntryKind, LegRole

Code = Annotated[str, StringConstraints(pattern=r"^\??[A-Za-z0-9$@._-]{1,40}$")]
AssetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9$@._-]{1,40}$")]
VenueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
AmountText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$")]
IdentityText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class BalanceAtShape(Shape):
    """What an account holds of an asset in one of its wallets, by its ledger."""

    account_id: UUID
    wallet: str
    asset: str
    quantity: DecimalText


class BalancePage(Shape):
    """Balances that are not zero, by account, wallet and asset.

    Attributes:
        at: As of this instant; null is now.
        known_on: As the ledger was known then; null is as it is known now.
        next_cursor: Give it back to read on; null at the end.
    """

    at: InstantText | None
    known_on: InstantText | None
    items: list[BalanceAtShape]
    next_cursor: str | None


class ExportPartShape(Shape):
    """Lines of the export; put together, one line each, they are the file that the offline verifier checks.

    Attributes:
        next_cursor: Give it back for the following part; null with the last line.
    """

    items: list[str]
    next_cursor: str | None


class WantedLeg(RequestShape):
    """A leg as it should have been."""

    role: LegRole
    asset: AssetName
    amount: AmountText
    wallet: Annotated[str, StringConstraints(max_length=90)] = "spot"


class WantedEntry(RequestShape):
    """An entry as it should have been; who says so, and that it is a correction, is added."""

    kind: EntryKind
    occurred_at: AwareDatetime
    legs: Annotated[list[WantedLeg], Field(min_length=1, max_length=16)]
    instrument: Annotated[str, StringConstraints(max_length=100)] | None = None
    order_id: IdentityText | None = None


class CorrectEntry(RequestShape):
    """An entry that is wrong.

    Attributes:
        identity: Of the entry.
        entry: What should stand there; null if nothing should.
    """

    account_id: UUID
    identity: IdentityText
    entry: WantedEntry | None


class CorrectedShape(Shape):
    """What was appended: the reversal, and what is right; nothing if the same was asked before."""

    items: list[EntryShape]


class QuarantinedShape(Shape):
    """A fact that waits until somebody says what its codes mean.

    Attributes:
        codes: As the venue writes them; in the legs they have a `?` in front.
    """

    account_id: UUID
    identity: str
    venue: str
    codes: list[str]
    kind: str
    source: str
    occurred_at: InstantText
    legs: list[LegShape]
    told_at: InstantText


class QuarantinePage(Shape):
    """Facts that wait, the longest waiting first.

    Attributes:
        next_cursor: Give it back to read on; null at the end.
    """

    items: list[QuarantinedShape]
    next_cursor: str | None


class NameAsset(RequestShape):
    """What a code at a venue means."""

    venue: VenueName
    code: Code
    asset: AssetName


class ReleasedShape(Shape):
    """What naming a code led to.

    Attributes:
        waiting: Facts that wait for another code still.
    """

    recorded: int
    duplicate: int
    waiting: int

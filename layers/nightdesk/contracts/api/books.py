"""Doubts about the books, what is compared, and transfers between own accounts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from nightdesk.contracts.api.common import AmountShape, DecimalText, InstantText, RequestShape, Shape
from nightdesk.contracts.api.orders import AmountText
from nightdesk.ledger.inbox import Cause, FindingState
from nightdesk.ledger.repairs import Action

AssetText = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Z0-9$@._-]+$", examples=["BTC"])]
Note = Annotated[str, Field(max_length=2000)]
MovementText = Annotated[str, Field(min_length=38, max_length=240)]


class SettlementShape(Shape):
    """How a finding ended, and who ended it why."""

    action: str
    by: str
    at: InstantText
    note: str
    undoable: bool


class FindingShape(Shape):
    """A doubt about the books.

    Attributes:
        at_stake: How much could be wrong.
        value: The same in the base asset at the last known prices; null where no price is known.
        actions: The repairs that fit, the likeliest first.
    """

    finding_id: UUID
    cause: Cause
    state: FindingState
    account_id: UUID | None
    asset: str | None
    wallet: str | None
    occurred_at: InstantText | None
    at_stake: AmountShape | None
    value: DecimalText | None
    details: dict[str, Any]
    actions: list[Action]
    raised_at: InstantText
    changed_at: InstantText
    returned: int
    settlement: SettlementShape | None


class FindingPage(Shape):
    """Findings by the money at stake, the largest first; those without a price last.

    Attributes:
        total: How many pass the filter.
        value: At stake in all of them, as far as prices are known.
        next_cursor: Give it back to read on; null at the end.
    """

    items: list[FindingShape]
    base_asset: str
    total: int
    value: DecimalText
    next_cursor: UUID | None


class FindingEventShape(Shape):
    """A line of a finding's history."""

    at: InstantText
    what: str
    by: str
    note: str


class FindingDetail(FindingShape):
    """A finding with what happened to it, oldest first."""

    events: list[FindingEventShape]


class RepairFinding(RequestShape):
    """What mends a finding; what is left out is as the finding says.

    Attributes:
        note: The evidence, or the reason of a dismissal.
        cost: What an opening lot was bought for.
        movement_ids: The other sides of a transfer.
        preview: Only tell which entries it would append.
    """

    action: Action
    note: Note = ""
    amount: AmountText | None = None
    asset: AssetText | None = None
    wallet: Annotated[str, Field(max_length=100)] | None = None
    occurred_at: AwareDatetime | None = None
    cost_amount: AmountText | None = None
    cost_asset: AssetText | None = None
    movement_ids: Annotated[tuple[MovementText, ...], Field(max_length=20)] = ()
    preview: bool = False


class UndoRepair(RequestShape):
    """Why a repair is taken back."""

    note: Note = ""


class RepairEntryShape(Shape):
    """An entry that a repair appends."""

    kind: str
    occurred_at: InstantText
    legs: list[dict[str, str]]


class RepairedShape(Shape):
    """What a repair appends, and the finding after it."""

    entries: list[RepairEntryShape]
    finding: FindingDetail


class BalanceCheckShape(Shape):
    """Derived beside reported, of one balance.

    Attributes:
        difference: Reported less derived.
        cycles_open: In how many reports in a row it has differed; 0 when they agree.
        age_s: How old the report is.
        proven_since: Start of the longest stretch whose checkpoints all agree with the ledger.
    """

    account_id: UUID
    wallet: str
    asset: str
    derived: DecimalText
    reported: DecimalText
    difference: DecimalText
    difference_value: DecimalText | None
    reported_at: InstantText
    age_s: float
    cycles_open: int
    open_since: InstantText | None
    proven_since: InstantText | None
    proven_until: InstantText | None


class ReconciliationPage(Shape):
    """Balances by account, asset and wallet.

    Attributes:
        total: How many balances are compared.
        differing: How many of them differ.
    """

    items: list[BalanceCheckShape]
    base_asset: str
    total: int
    differing: int
    next_cursor: str | None


class MovementShape(Shape):
    """A deposit or a withdrawal, with what its venue tells of its way."""

    movement_id: str
    account_id: UUID
    asset: str
    amount: DecimalText
    fee: DecimalText
    at: InstantText
    tx_hash: str | None
    address: str | None
    network: str | None


class TransferShape(Shape):
    """Movements that are one transfer between own accounts.

    Attributes:
        score: 0 to 100: how much speaks for it.
        evidence: What speaks for it, the strongest first.
    """

    link_id: UUID
    outs: list[MovementShape]
    ins: list[MovementShape]
    score: int
    evidence: list[str]
    linked_by: str
    linked_at: InstantText
    unlinked_by: str | None
    unlinked_at: InstantText | None


class TransferPage(Shape):
    """Transfers, the newest link first."""

    items: list[TransferShape]
    next_cursor: str | None


class MovementPage(Shape):
    """Movements that could be the other side, the nearest in time first."""

    items: list[MovementShape]
    next_cursor: str | None = None


class LinkTransfer(RequestShape):
    """Movements that a person says are one transfer."""

    movement_ids: Annotated[list[MovementText], Field(min_length=2, max_length=20)]


class RangeShape(Shape):
    """The least and the most that a total can be."""

    low: DecimalText
    high: DecimalText


class UncertaintyShape(Shape):
    """The portfolio's totals as intervals, in the base asset.

    Attributes:
        proven: Nothing that is open could change a total.
        realised: Realised PnL: if what nobody knows the cost of had cost its market price, or nothing.
        findings: The open ones that widen a total.
        prices: Assets that only one source prices, which count in the most only, or two that contradict each other.
    """

    base_asset: str
    proven: bool
    value: RangeShape
    realised: RangeShape
    findings: list[UUID]
    prices: list[str]

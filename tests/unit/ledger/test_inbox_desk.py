"""Read the inbox by the money at stake; repair, dismiss, undo."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import Cause, Finding, FindingId, FindingState, InboxFilter, finding_id
from nightdesk.ledger.inbox_desk import Asked
from nightdesk.ledger.inbox_findings import of_doubt
from nightdesk.ledger.model import Doubt, EntryKind, LegRole
from nightdesk.ledger.repairs import ACTIONS, Action, Repair
from nightdesk.ledger.service import append
from nightdesk.ledger.transfers.model import movement_id
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, at, leg, movement, new_account, trade
from tests.fakes.books import FakeBooks
from tests.fakes.clock import FakeClock

BTC, USDT = AssetId("BTC"), AssetId("USDT")
ASKED = Asked(by="user:1", correlation_id=CORRELATION)
NEGATIVE = Finding(
    cause=Cause.NEGATIVE_BALANCE,
    identity="negative",
    account_id=ACCOUNT,
    asset=BTC,
    wallet="spot",
    occurred_at=at(5),
    at_stake=Money(Decimal("0.5"), BTC),
    details={"lacking": "0.5"},
)
DIFFERENCE = replace(
    NEGATIVE,
    cause=Cause.DIFFERENCE,
    identity="difference",
    at_stake=Money(Decimal(2), BTC),
    details={"difference": "-2"},
)


class Inbox:
    """An inbox with its desk."""

    def __init__(self, *findings: Finding) -> None:
        self.books, self.clock = FakeBooks(), FakeClock()
        self.desk = self.books.answers(self.clock).inbox
        self.books.inbox.raise_(TENANT, findings, RECORDED)

    def repair(self, finding: Finding, action: Action, note: str = "bank statement", **more: object) -> None:
        repair = Repair(action=action, note=note, **more)  # type: ignore[arg-type]
        self.desk.repair(TENANT, finding_id(TENANT, finding.identity), repair, ASKED)

    def undo(self, finding: Finding) -> None:
        self.desk.undo(TENANT, finding_id(TENANT, finding.identity), "a mistake", ASKED)

    def state(self, finding: Finding) -> FindingState:
        return self.desk.get(TENANT, finding_id(TENANT, finding.identity))[0].row.state

    def booked(self) -> list[tuple[str, list[str]]]:
        chain = self.books.ledger.chains.get((TENANT, ACCOUNT), [])
        return [(entry.fact.kind.value, [f"{each.amount} {each.asset}" for each in entry.fact.legs]) for entry in chain]

    def held(self, asset: AssetId) -> Decimal:
        return self.books.holdings.holdings[ACCOUNT, asset].position.quantity


def test_pages_show_the_most_money_first_and_what_has_no_price_last() -> None:
    amounts = {
        "a": Money(Decimal(1), USDT),
        "b": Money(Decimal(1), BTC),
        "c": Money(Decimal(9), AssetId("XYZ")),
        "d": None,
    }
    inbox = Inbox(*(replace(NEGATIVE, identity=name, at_stake=stake) for name, stake in amounts.items()))
    first = inbox.desk.page(TENANT, InboxFilter(), after=None, limit=2)
    assert [(each.row.finding.identity, each.value) for each in first.rows] == [
        ("b", Decimal(50_000)),
        ("a", Decimal(1)),
    ]
    assert (first.total, first.value, first.base_asset) == (4, Decimal(50_001), USDT)
    last = inbox.desk.page(TENANT, InboxFilter(), after=first.next_place, limit=2)
    assert {each.row.finding.identity for each in last.rows} == {"c", "d"}
    assert last.next_place is None


@pytest.mark.parametrize(("after", "limit"), [(None, 0), (None, 201), (FindingId(uuid4()), 5)])
def test_what_no_page_can_be_is_refused(after: FindingId | None, limit: int) -> None:
    with pytest.raises(InvalidInput):
        Inbox(NEGATIVE).desk.page(TENANT, InboxFilter(), after=after, limit=limit)


def test_a_missing_deposit_is_recorded_and_taken_back() -> None:
    inbox = Inbox(NEGATIVE)
    inbox.repair(NEGATIVE, Action.RECORD_DEPOSIT)
    assert inbox.booked() == [("deposit", ["0.5 BTC"])]
    assert inbox.state(NEGATIVE) is FindingState.RESOLVED
    inbox.undo(NEGATIVE)
    assert inbox.booked()[1:] == [("reversal", ["-0.5 BTC"])]
    assert (inbox.state(NEGATIVE), inbox.held(BTC)) == (FindingState.OPEN, Decimal(0))
    inbox.repair(NEGATIVE, Action.RECORD_DEPOSIT, amount=Decimal("0.75"), occurred_at=at(1), wallet=Wallet("funding"))
    assert inbox.held(BTC) == Decimal("0.75")
    _, events = inbox.desk.get(TENANT, finding_id(TENANT, NEGATIVE.identity))
    assert [(event.what, event.by, event.note) for event in events] == [
        ("raised", "desk", ""),
        ("record_deposit", "user:1", "bank statement"),
        ("undone", "user:1", "a mistake"),
        ("record_deposit", "user:1", "bank statement"),
    ]


def test_an_opening_lot_has_its_cost_and_leaves_no_money_behind() -> None:
    inbox = Inbox(NEGATIVE)
    inbox.repair(NEGATIVE, Action.OPENING_LOT, cost=Money(Decimal(900), USDT))
    assert inbox.booked() == [("deposit", ["900 USDT"]), ("conversion", ["0.5 BTC", "-900 USDT"])]
    assert inbox.books.holdings.holdings[ACCOUNT, BTC].position.cost == {USDT: Decimal(900)}
    assert inbox.held(USDT) == 0
    inbox.undo(NEGATIVE)
    assert {inbox.held(BTC), inbox.held(USDT)} == {Decimal(0)}


def test_a_difference_is_accepted_or_withdrawn() -> None:
    inbox = Inbox(DIFFERENCE)
    inbox.repair(DIFFERENCE, Action.ACCEPT_REPORTED)
    assert inbox.booked() == [("adjustment", ["-2 BTC"])]
    inbox.undo(DIFFERENCE)
    inbox.repair(DIFFERENCE, Action.RECORD_WITHDRAWAL)
    assert inbox.booked()[-1] == ("withdrawal", ["-2 BTC"])


def test_what_the_venue_told_last_replaces_what_is_booked_and_can_be_taken_back() -> None:
    known, told = trade(1, "1", "-100"), trade(1, "1", "-90", ("BNB", "-0.1"))
    finding = of_doubt(ACCOUNT, Doubt(known=known, told=told))
    inbox = Inbox(finding)
    append(inbox.books.ledger, TENANT, ACCOUNT, [known], recorded_at=RECORDED, correlation_id=CORRELATION)
    inbox.repair(finding, Action.ACCEPT_TOLD, note="")
    assert inbox.booked() == [
        ("trade", ["1 BTC", "-100 USDT"]),
        ("reversal", ["-1 BTC", "100 USDT"]),
        ("trade", ["1 BTC", "-90 USDT", "-0.1 BNB"]),
    ]
    assert inbox.held(USDT) == -90
    inbox.books.inbox.raise_(TENANT, [finding], RECORDED)
    assert inbox.state(finding) is FindingState.RESOLVED
    inbox.undo(finding)
    assert [kind for kind, _ in inbox.booked()[3:]] == ["reversal", "trade"]
    assert inbox.held(USDT) == -100


def test_a_transfer_is_linked_from_its_finding_and_unlinked_when_undone() -> None:
    inbox, other = Inbox(), new_account()
    gone, arrived = movement(1, "BTC", "-1"), movement(2, "BTC", "0.9", second=10**7)
    for account, fact in ((ACCOUNT, gone), (other, arrived)):
        append(inbox.books.ledger, TENANT, account, [fact], recorded_at=RECORDED, correlation_id=CORRELATION)
    transfers = inbox.books.answers(inbox.clock).transfers
    transfers.run(TENANT)
    (finding,) = [row.finding for row in inbox.books.inbox.kept.values() if row.finding.account_id == ACCOUNT]
    inbox.repair(finding, Action.LINK_TRANSFER, note="", movement_ids=(movement_id(other, "deposit:2"),))
    assert {row.state for row in inbox.books.inbox.kept.values()} == {FindingState.RESOLVED}
    inbox.undo(finding)
    assert {row.state for row in inbox.books.inbox.kept.values()} == {FindingState.OPEN}
    assert transfers.run(TENANT) == 0


def test_a_dismissal_says_why_and_can_be_undone() -> None:
    inbox = Inbox(DIFFERENCE)
    with pytest.raises(InvalidInput, match="Say why"):
        inbox.repair(DIFFERENCE, Action.DISMISS, note="  ")
    inbox.repair(DIFFERENCE, Action.DISMISS, note="dust")
    assert inbox.state(DIFFERENCE) is FindingState.DISMISSED
    assert inbox.booked() == []
    inbox.undo(DIFFERENCE)
    assert inbox.state(DIFFERENCE) is FindingState.OPEN
    of_nobody = Inbox(NOWHERE)
    of_nobody.repair(NOWHERE, Action.DISMISS, note="no matter")
    of_nobody.undo(NOWHERE)
    assert of_nobody.state(NOWHERE) is FindingState.OPEN


def test_history_is_imported_again() -> None:
    inbox = Inbox(NEGATIVE, nobody := Finding(cause=Cause.GAP, identity="gap"))
    inbox.repair(NEGATIVE, Action.REIMPORT)
    inbox.repair(nobody, Action.REIMPORT)
    assert inbox.books.imported == [ACCOUNT]


def test_a_preview_books_nothing() -> None:
    inbox = Inbox(NEGATIVE)
    number = finding_id(TENANT, NEGATIVE.identity)
    (fact,) = inbox.desk.preview(TENANT, number, Repair(action=Action.RECORD_DEPOSIT, note="x"))
    assert (fact.kind, fact.legs) == (EntryKind.DEPOSIT, (leg(LegRole.MOVEMENT, "BTC", "0.5"),))
    assert inbox.booked() == []


NOWHERE = Finding(cause=Cause.GAP, identity="nowhere", asset=BTC, at_stake=Money(Decimal(1), BTC), occurred_at=at(1))
REFUSED = [
    (NEGATIVE, Repair(action=Action.ACCEPT_TOLD), "inbox.action_unfit"),
    (NEGATIVE, Repair(action=Action.OPENING_LOT, note="x"), "inbox.repair_incomplete"),
    (NEGATIVE, Repair(action=Action.OPENING_LOT, note="x", cost=Money(Decimal(0), USDT)), "inbox.repair_incomplete"),
    (NEGATIVE, Repair(action=Action.OPENING_LOT, note="x", cost=Money(Decimal(1), BTC)), "inbox.repair_incomplete"),
    (replace(NEGATIVE, at_stake=None), Repair(action=Action.RECORD_DEPOSIT, note="x"), "inbox.repair_incomplete"),
    (replace(NEGATIVE, asset=None), Repair(action=Action.RECORD_DEPOSIT, note="x"), "inbox.repair_incomplete"),
    (replace(NEGATIVE, occurred_at=None), Repair(action=Action.RECORD_DEPOSIT, note="x"), "inbox.repair_incomplete"),
    (NOWHERE, Repair(action=Action.RECORD_DEPOSIT, note="x"), "inbox.repair_incomplete"),
    (
        Finding(cause=Cause.CONTRADICTED, identity="c", details={"booked": 1, "told": 2}),
        Repair(action=Action.ACCEPT_TOLD),
        "inbox.repair_incomplete",
    ),
]


@pytest.mark.parametrize(("finding", "repair", "code"), REFUSED)
def test_a_repair_that_does_not_fit_is_refused(finding: Finding, repair: Repair, code: str) -> None:
    inbox = Inbox(finding)
    with pytest.raises(NightdeskError) as refused:
        inbox.desk.repair(TENANT, finding_id(TENANT, finding.identity), repair, ASKED)
    assert refused.value.code == code
    assert inbox.state(finding) is FindingState.OPEN


def test_what_is_unknown_or_ended_or_open_is_told_apart() -> None:
    inbox, nothing = Inbox(NEGATIVE), FindingId(uuid4())
    for ask in (
        lambda: inbox.desk.get(TENANT, nothing),
        lambda: inbox.desk.preview(TENANT, nothing, Repair(action=Action.DISMISS)),
        lambda: inbox.desk.undo(TENANT, nothing, "", ASKED),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(Conflict, match="open"):
        inbox.undo(NEGATIVE)
    inbox.repair(NEGATIVE, Action.RECORD_DEPOSIT)
    with pytest.raises(Conflict, match="settled"):
        inbox.repair(NEGATIVE, Action.RECORD_DEPOSIT)


def test_a_finding_without_money_at_stake_has_no_value_and_returns_when_it_does() -> None:
    inbox = Inbox(silent := replace(NEGATIVE, at_stake=None))
    (valued, _) = inbox.desk.get(TENANT, finding_id(TENANT, silent.identity))
    assert valued.value is None
    inbox.repair(silent, Action.RECORD_DEPOSIT, amount=Decimal(1))
    inbox.books.inbox.raise_(TENANT, [silent], RECORDED + timedelta(minutes=1))
    assert inbox.state(silent) is FindingState.OPEN


def test_every_cause_has_a_repair() -> None:
    assert set(ACTIONS) == set(Cause)
    assert all(Action.DISMISS in actions for actions in ACTIONS.values())

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.kernel.errors import Unavailable
from nightdesk.ledger.anchors import TAMPERED, Anchored, AnchorService
from nightdesk.ledger.chain import link
from nightdesk.ledger.model import Head
from nightdesk.ledger.service import LedgerService, append
from nightdesk.ledger.signatures import PublicKey, public_key
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, chained, movement, trade
from tests.fakes.anchors import FakeAnchoring, FakeAnchorVault, FakeSigner, signed
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedgerStore


class Desk:
    """A ledger of three entries, and who anchors it."""

    def __init__(self) -> None:
        self.ledger, self.vault = FakeLedgerStore(), FakeAnchorVault()
        self.anchoring = FakeAnchoring(self.ledger)
        self.book(1, 2, 3)
        self.service = AnchorService(self.anchoring, self.anchoring, self.vault, FakeSigner(), FakeClock(RECORDED))

    def book(self, *numbers: int) -> None:
        facts = [movement(number, "BTC", "1") for number in numbers]
        append(self.ledger, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def rewrite(self, sequence: int) -> None:
        """Change an entry and make every hash after it new, as one could who owns the database."""
        chain = self.ledger.chains[TENANT, ACCOUNT]
        facts = [entry.fact for entry in chain]
        facts[sequence - 1] = movement(sequence, "BTC", "1000")
        self.ledger.chains[TENANT, ACCOUNT] = chained(facts)


def test_chain_is_anchored_when_it_grew_and_only_then() -> None:
    desk = Desk()
    assert desk.service.sweep() == Anchored(anchored=1)
    assert desk.service.sweep() == Anchored()
    desk.book(4)
    assert desk.service.sweep() == Anchored(anchored=1)
    assert [anchor.sequence for anchor in desk.ledger.anchored] == [3, 4]
    assert all(anchor.holds for anchor in desk.ledger.anchored)


def test_empty_chain_has_nothing_to_sign() -> None:
    desk = Desk()
    desk.ledger.chains.clear()
    assert desk.service.anchor(TENANT, ACCOUNT) is None


def test_rewritten_chain_is_not_signed_but_told() -> None:
    desk = Desk()
    desk.service.sweep()
    desk.book(4)
    desk.rewrite(2)
    assert desk.service.sweep() == Anchored(tampered=1)
    (finding,) = desk.anchoring.findings
    assert (finding.details["reason"], finding.details["sequence"]) == (TAMPERED, 3)


def test_rewriting_a_chain_with_all_its_hashes_is_found_by_verification() -> None:
    desk = Desk()
    desk.service.sweep()
    desk.book(4, 5)
    desk.service.sweep()
    desk.book(6)
    whole = LedgerService(desk.ledger).verify(TENANT)[0]
    assert (whole.ok, whole.anchored, whole.anchored_at) == (True, 5, RECORDED)
    desk.rewrite(4)
    report = LedgerService(desk.ledger).verify(TENANT)[0]
    assert (report.ok, report.reason, report.first_broken_sequence, report.anchored) == (False, "anchor", 4, 3)


def test_cut_off_chain_is_found_though_its_head_was_moved() -> None:
    desk = Desk()
    desk.service.sweep()
    del desk.ledger.chains[TENANT, ACCOUNT][1:]
    report = LedgerService(desk.ledger).verify(TENANT)[0]
    assert (report.ok, report.reason, report.first_broken_sequence) == (False, "anchor", 2)


def test_forged_anchor_does_not_count() -> None:
    desk = Desk()
    desk.service.sweep()
    desk.ledger.anchored = [replace(desk.ledger.anchored[0], anchored_at=RECORDED - timedelta(days=1))]
    assert LedgerService(desk.ledger).verify(TENANT)[0].reason == "anchor"


def test_chain_waits_when_nobody_can_sign() -> None:
    class Away(FakeSigner):
        def sign(self, content: bytes) -> bytes:
            raise Unavailable("anchors.unavailable", f"{len(content)} bytes are not signed.")

    desk = Desk()
    away = AnchorService(desk.anchoring, desk.anchoring, desk.vault, Away(), FakeClock(RECORDED))
    assert away.sweep() == Anchored(failed=1)
    assert desk.service.sweep() == Anchored(anchored=1)


def test_signature_is_good_for_its_key_and_document_only() -> None:
    anchor = signed(TENANT, ACCOUNT, Head(7, bytes(32)), RECORDED)
    assert anchor.key.signed(anchor.document, anchor.signature)
    assert not anchor.key.signed(anchor.document + b" ", anchor.signature)
    assert not FakeSigner(1).key().signed(anchor.document, anchor.signature)
    assert not anchor.key.signed(anchor.document, anchor.signature[1:])
    assert not PublicKey(3233, 17).signed(anchor.document, b"xx")


def test_key_comes_back_from_its_text() -> None:
    key = FakeSigner().key()
    assert public_key(str(key)) == key
    assert len(key.fingerprint) == 64
    with pytest.raises(ValueError, match="base 16"):
        public_key("none")


def test_chain_can_be_linked_to_what_was_anchored() -> None:
    """The head that is signed is the one that entries follow."""
    head = Head(3, chained([movement(n, "BTC", "1") for n in (1, 2, 3)])[-1].hash)
    (entry,) = link(
        head,
        [trade(4, "1", "-1")],
        tenant_id=TENANT,
        account_id=ACCOUNT,
        recorded_at=RECORDED,
        correlation_id=CORRELATION,
    )
    assert entry.previous_hash == head.hash

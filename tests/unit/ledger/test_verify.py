from dataclasses import replace

from nightdesk.ledger.chain import entry_hash
from nightdesk.ledger.model import ChainReport, Entry, Head
from nightdesk.ledger.verify import verify_chain
from tests.builders.ledger import ACCOUNT, TENANT, chained, movement, new_account

CHAIN = chained(movement(number, "BTC", "1") for number in range(1, 6))
HEAD = Head(5, CHAIN[-1].hash)


def check(entries: list[Entry], head: Head = HEAD) -> ChainReport:
    return verify_chain(TENANT, ACCOUNT, entries, head)


def test_whole_chain_is_ok() -> None:
    assert check(CHAIN) == ChainReport(account_id=ACCOUNT, entries=5, head_hash=HEAD.hash, ok=True)


def test_empty_chain_is_ok() -> None:
    assert check([], Head()).ok


def test_removed_entry_leaves_a_gap() -> None:
    report = check(CHAIN[:2] + CHAIN[3:])
    assert (report.first_broken_sequence, report.reason, report.entries) == (3, "gap", 2)


def test_altered_entry_is_named() -> None:
    altered = replace(CHAIN[1], fact=replace(CHAIN[1].fact, source="elsewhere"))
    report = check([CHAIN[0], altered, *CHAIN[2:]])
    assert (report.first_broken_sequence, report.reason) == (2, "altered")


def test_altered_entry_with_a_new_hash_breaks_the_link_after_it() -> None:
    altered = replace(CHAIN[1], fact=replace(CHAIN[1].fact, source="elsewhere"))
    forged = replace(altered, hash=entry_hash(altered))
    report = check([CHAIN[0], forged, *CHAIN[2:]])
    assert (report.first_broken_sequence, report.reason) == (3, "unlinked")


def test_entry_of_another_account_is_foreign() -> None:
    moved = replace(CHAIN[0], account_id=new_account())
    forged = replace(moved, hash=entry_hash(moved))
    assert check([forged], Head(1, forged.hash)).reason == "foreign"


def test_end_cut_off_is_found_by_the_head() -> None:
    report = check(CHAIN[:3])
    assert (report.first_broken_sequence, report.reason) == (4, "head")


def test_entries_beyond_the_head_are_found() -> None:
    report = check(CHAIN, Head(3, CHAIN[2].hash))
    assert (report.first_broken_sequence, report.reason) == (4, "head")


def test_forged_last_entry_is_found_by_the_head() -> None:
    altered = replace(CHAIN[4], fact=replace(CHAIN[4].fact, source="elsewhere"))
    forged = replace(altered, hash=entry_hash(altered))
    assert check([*CHAIN[:4], forged]).reason == "head"

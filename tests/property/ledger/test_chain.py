"""Whatever is done to a chain, verification finds it and names the first place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import CorrelationId, EntryId, TenantId
from nightdesk.ledger.model import ChainReport, Entry, EntryKind, Head, Leg, LegRole
from nightdesk.ledger.verify import verify_chain
from tests.builders.ledger import ACCOUNT, TENANT, chained, new_account
from tests.property.strategies import histories

Chain = list[Entry]
chains = histories(most=12).filter(bool).map(chained)
quick = settings(max_examples=80, deadline=None)


def check(chain: Chain, head: Head) -> ChainReport:
    return verify_chain(TENANT, ACCOUNT, chain, head)


def head_of(chain: Chain) -> Head:
    return Head(chain[-1].sequence, chain[-1].hash)


def with_legs(entry: Entry, legs: tuple[Leg, ...]) -> Entry:
    return replace(entry, fact=replace(entry.fact, legs=legs))


def with_first_leg(entry: Entry, leg: Leg) -> Entry:
    return with_legs(entry, (leg, *entry.fact.legs[1:]))


def flipped(digest: bytes, position: int) -> bytes:
    return digest[:position] + bytes([digest[position] ^ 1]) + digest[position + 1 :]


ALTERATIONS: dict[str, Callable[[Entry], Entry]] = {
    "tenant": lambda entry: replace(entry, tenant_id=TenantId(UUID(int=99))),
    "account": lambda entry: replace(entry, account_id=new_account()),
    "sequence": lambda entry: replace(entry, sequence=entry.sequence + 1),
    "entry id": lambda entry: replace(entry, entry_id=EntryId(UUID(int=5))),
    "recorded": lambda entry: replace(entry, recorded_at=entry.recorded_at + timedelta(microseconds=1)),
    "correlation": lambda entry: replace(entry, correlation_id=CorrelationId(entry.correlation_id + "x")),
    "kind": lambda entry: replace(entry, fact=replace(entry.fact, kind=EntryKind.AIRDROP)),
    "identity": lambda entry: replace(entry, fact=replace(entry.fact, identity=entry.fact.identity + "0")),
    "source": lambda entry: replace(entry, fact=replace(entry.fact, source="binance.stream")),
    "occurred": lambda entry: replace(
        entry, fact=replace(entry.fact, occurred_at=entry.fact.occurred_at - timedelta(microseconds=1))
    ),
    "order": lambda entry: replace(entry, fact=replace(entry.fact, order_id=f"{entry.fact.order_id}0")),
    "amount": lambda entry: with_first_leg(
        entry, replace(entry.fact.legs[0], amount=entry.fact.legs[0].amount + Decimal("1E-18"))
    ),
    "sign": lambda entry: with_first_leg(entry, replace(entry.fact.legs[0], amount=-entry.fact.legs[0].amount)),
    "asset": lambda entry: with_first_leg(entry, replace(entry.fact.legs[0], asset=AssetId("DOGE"))),
    "role": lambda entry: with_first_leg(entry, replace(entry.fact.legs[0], role=LegRole.FEE)),
    "leg removed": lambda entry: with_legs(entry, entry.fact.legs[1:]),
    "leg doubled": lambda entry: with_legs(entry, entry.fact.legs + entry.fact.legs[-1:]),
}


@quick
@given(chains)
def test_chain_that_nobody_touched_is_whole(chain: Chain) -> None:
    assert check(chain, head_of(chain)).ok


@quick
@given(chains, st.data())
def test_altered_content_is_found_where_it_is(chain: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    alter = ALTERATIONS[data.draw(st.sampled_from(sorted(ALTERATIONS)))]
    report = check([*chain[:place], alter(chain[place]), *chain[place + 1 :]], head_of(chain))
    assert (report.ok, report.first_broken_sequence, report.entries) == (False, place + 1, place)


@quick
@given(chains, st.data(), st.integers(0, 31))
def test_altered_byte_of_a_hash_is_found_where_it_is(chain: Chain, data: st.DataObject, byte: int) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    entry = chain[place]
    both = (
        replace(entry, hash=flipped(entry.hash, byte)),
        replace(entry, previous_hash=flipped(entry.previous_hash, byte)),
    )
    for altered in both:
        report = check([*chain[:place], altered, *chain[place + 1 :]], head_of(chain))
        assert (report.ok, report.first_broken_sequence) == (False, place + 1)


@quick
@given(chains, st.data())
def test_removed_entry_is_found_where_it_was(chain: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    report = check(chain[:place] + chain[place + 1 :], head_of(chain))
    assert (report.ok, report.first_broken_sequence) == (False, place + 1)


@quick
@given(histories(most=12).filter(lambda facts: len(facts) > 1).map(chained), st.data())
def test_reordered_entries_are_found_where_they_begin(chain: Chain, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(chain))).filter(lambda order: list(order) != sorted(order)))
    first = next(place for place, source in enumerate(order) if place != source)
    report = check([chain[source] for source in order], head_of(chain))
    assert (report.ok, report.first_broken_sequence) == (False, first + 1)


@quick
@given(chains, st.data())
def test_reordered_contents_are_found_where_they_begin(chain: Chain, data: st.DataObject) -> None:
    """The entries change places and take the sequences of their new places."""
    order = data.draw(st.permutations(range(len(chain))))
    moved = [replace(chain[source], sequence=place + 1) for place, source in enumerate(order)]
    first = next((place for place, source in enumerate(order) if place != source), None)
    report = check(moved, head_of(chain))
    assert report.first_broken_sequence == (None if first is None else first + 1)

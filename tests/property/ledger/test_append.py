"""However facts arrive, each is in the ledger once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.ledger.model import Fact
from nightdesk.ledger.service import LedgerService, append
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT
from tests.fakes.ledger import FakeLedgerStore
from tests.property.strategies import histories


def book(store: FakeLedgerStore, facts: list[Fact]) -> int:
    done = append(store, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    assert len(done.entries) + len(done.duplicates) == len(facts)
    return len(done.entries)


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_replays_add_nothing(facts: list[Fact], data: st.DataObject) -> None:
    store = FakeLedgerStore()
    arrivals = data.draw(st.permutations(facts + facts))
    cut = data.draw(st.integers(0, len(arrivals)))
    added = book(store, arrivals[:cut]) + book(store, arrivals[cut:])
    assert added == len(facts)
    assert book(store, facts) == 0
    entries = store.chains.get((TENANT, ACCOUNT), [])
    assert [entry.sequence for entry in entries] == list(range(1, len(facts) + 1))
    assert {entry.fact.identity: entry.fact for entry in entries} == {fact.identity: fact for fact in facts}
    assert all(report.ok for report in LedgerService(store).verify(TENANT))

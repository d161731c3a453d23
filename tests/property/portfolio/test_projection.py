"""Holdings always are what folding the whole ledger would give."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.ledger.model import Fact
from nightdesk.lots.average_cost import fold
from nightdesk.portfolio.model import Holding
from nightdesk.portfolio.projection import LedgerRecorder
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore
from tests.lengths import length
from tests.property.strategies import ASSETS, histories

quick = settings(max_examples=length(80, 200), deadline=None)


def record(facts: list[Fact], cuts: list[int]) -> tuple[LedgerRecorder, FakeLedgerStore, FakeHoldingStore]:
    ledger, holdings = FakeLedgerStore(), FakeHoldingStore()
    recorder = LedgerRecorder(ledger, holdings)
    places = [0, *sorted(cuts), len(facts)]
    for start, end in pairwise(places):
        batch = facts[start:end]
        recorder.record(TENANT, ACCOUNT, batch, recorded_at=RECORDED, correlation_id=CORRELATION)
    return recorder, ledger, holdings


def of_account(holdings: FakeHoldingStore) -> Mapping[AssetId, Holding]:
    return holdings.get(TENANT, ACCOUNT, holdings.assets(TENANT, ACCOUNT))


@quick
@given(histories(), st.lists(st.integers(0, 25), max_size=5) | st.just(list(range(25))))
def test_folding_as_it_arrives_is_folding_from_the_start(facts: list[Fact], cuts: list[int]) -> None:
    recorder, ledger, holdings = record(facts, [min(cut, len(facts)) for cut in cuts])
    before = of_account(holdings)
    recorder.settle(TENANT, ACCOUNT, RECORDED)
    after = of_account(holdings)
    for asset in map(AssetId, ASSETS):
        entries = list(ledger.history(TENANT, ACCOUNT, [asset]))
        if not entries:
            assert asset not in after
            continue
        assert after[asset].position == fold([entry.fact for entry in entries], asset)
        assert before[asset].position.quantity == after[asset].position.quantity
        assert before[asset].stale or before[asset] == after[asset]
        assert not after[asset].stale


@quick
@given(histories(), st.data())
def test_arrival_in_order_of_time_is_never_stale(facts: list[Fact], data: st.DataObject) -> None:
    ordered = sorted(facts, key=lambda fact: fact.occurred_at)
    cuts = data.draw(st.lists(st.integers(0, len(facts)), max_size=5))
    _, _, holdings = record(ordered, cuts)
    assert not holdings.stale(TENANT, ACCOUNT)

"""Folding whole numbers and folding decimals give the same position, digit for digit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from nightdesk.ledger.service import append
from nightdesk.lots.average_cost import fold
from nightdesk.portfolio.refolding import refolded
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, leg, moved
from tests.fakes.ledger import FakeLedgerStore
from tests.property.strategies import ASSETS, histories

KINDS = [EntryKind.REALISED_PNL, EntryKind.FUNDING, EntryKind.INTEREST, EntryKind.REWARD, EntryKind.LOAN]


@st.composite
def mixed(draw: st.DrawFn) -> list[Fact]:
    """A history in which futures earn and lose, and interest and fees are paid."""
    facts = draw(histories())
    for number in range(draw(st.integers(0, 6))):
        amount = draw(st.integers(-(10**20), 10**20).filter(bool))
        asset, fee = draw(st.sampled_from(ASSETS)), draw(st.integers(-(10**6), 10**6).filter(bool))
        legs = [leg(LegRole.MOVEMENT, asset, f"{amount}E-18"), leg(LegRole.FEE, asset, f"{fee}E-18")]
        kind = draw(st.sampled_from([*KINDS, EntryKind.FEE]))
        second = draw(st.integers(0, 100))
        facts.append(moved(1000 + number, kind, *(legs[1:] if kind is EntryKind.FEE else legs), second=second))
    return facts


@settings(max_examples=80, deadline=None)
@given(mixed())
def test_both_ways_of_folding_give_the_same_position(facts: list[Fact]) -> None:
    store = FakeLedgerStore()
    append(store, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    for name in ASSETS:
        asset = AssetId(name)
        ordered = [entry.fact for entry in store.history(TENANT, ACCOUNT, [asset])]
        position, last = refolded(store, TENANT, ACCOUNT, asset, store.kinds(TENANT, ACCOUNT))
        assert position == fold(ordered, asset)
        assert bool(last) is bool(ordered)

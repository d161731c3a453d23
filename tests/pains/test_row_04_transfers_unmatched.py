"""Row 4: own transfers are neither income nor sales; precision on the golden set, nothing under the threshold."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.ledger.model import Route
from nightdesk.ledger.transfers.matching import match
from nightdesk.ledger.transfers.scoring import THRESHOLD
from tests.builders.ledger import movement, trade
from tests.builders.reconciled import ReconciledDesk
from tests.builders.transfers import of_row
from tests.golden.transfers.making import golden
from tests.servers import Postgres


def test_the_golden_set_is_matched_precisely_and_nothing_under_the_threshold() -> None:
    known = golden()
    found = match(map(of_row, known.rows))
    right = {(each.outs, each.ins) for each in found} & set(known.truth)
    assert len(known.truth) >= 200
    assert len(right) / len(found) >= 0.99
    assert len(right) / len(known.truth) >= 0.95
    assert min(each.score for each in found) >= THRESHOLD


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


@pytest.mark.integration
def test_a_coin_that_moves_between_own_accounts_keeps_its_cost_and_is_no_doubt(desk: ReconciledDesk) -> None:
    one, other = desk.account("binance"), desk.account("kraken")
    route = Route(tx_hash="ab12")
    desk.book(one, movement(1, "EUR", "100"), trade(2, "1", "-100", symbol="BTC/EUR"))
    desk.book(one, *desk.routed(route, movement(3, "BTC", "-1")))
    desk.book(
        other,
        *desk.routed(route, movement(4, "BTC", "1", second=600)),
        trade(5, "-1", "130", symbol="BTC/EUR", second=900),
    )
    desk.sync(other, EUR="130")
    assert desk.inbox() == []
    assert desk.realised(other) == {"EUR": Decimal(30)}

"""Row 2: derived equals reported to the last digit a venue tells, or an open issue says that it does not."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightdesk.accounts.proving import TOLERANCE
from nightdesk.accounts.reconciling import CYCLES
from nightdesk.kernel.money import format_amount
from tests.builders.ledger import movement
from tests.builders.reconciled import ReconciledDesk
from tests.servers import Postgres

pytestmark = pytest.mark.integration

AMOUNTS = st.decimals("-500", "500", places=8).filter(bool)
OFF = st.sampled_from(["0", "0", "0.000000001", "0.00000001", "-3", "12.5"])


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(AMOUNTS, min_size=1, max_size=5), OFF)
def test_balances_agree_or_an_issue_is_open(desk: ReconciledDesk, amounts: list[Decimal], off: str) -> None:
    account = desk.account()
    desk.book(account, *(movement(number, "BTC", amount) for number, amount in enumerate(amounts)))
    reported = sum(amounts, Decimal(off))
    for _ in range(CYCLES):
        check = desk.report(account, BTC=format_amount(reported))["BTC"]
    agrees = abs(check.reported - check.derived) < TOLERANCE
    mine = [row for row in desk.inbox() if row.finding.account_id == account and row.finding.asset == "BTC"]
    assert agrees is (check.cycles_open == 0)
    assert agrees or len(mine) == 1

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightdesk.kernel.money import format_amount
from tests.builders.desk_accounts import desk_accounts
from tests.builders.desk_actions import HELD, DeskActions
from tests.builders.desk_orders import desk_orders
from tests.servers import Paper, Postgres

MODEST: dict[str, Any] = {"kind": "empty", "balances": {"USDT": "1000000", "BTC": format_amount(HELD)}}
"""So little that the books of the paper exchange take it at once."""


@pytest.fixture
def rig(postgres: Postgres, paper: Paper, tmp_path: Path) -> Iterator[DeskActions]:
    """A tenant of its own with a funded account that may trade."""
    with desk_accounts(postgres, paper, tmp_path) as accounts, desk_orders(accounts, MODEST) as orders:
        yield DeskActions(orders=orders)
        paper.admin("DELETE", "/faults")

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.desk_accounts import desk_accounts
from tests.builders.desk_orders import DeskOrders, desk_orders, own_database
from tests.servers import Paper, Postgres, paper_exchange


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange on which faults may be switched on, and whose minute all tests of a module may spend."""
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        paper.admin("POST", "/limits", {"weight_a_minute": 10**9, "account_weight_a_minute": 10**9})
        yield paper


@pytest.fixture(scope="module")
def own_postgres(postgres: Postgres) -> Postgres:
    """A database whose platform may be halted, and which a sweeper may look through."""
    return own_database(postgres)


@pytest.fixture
def rig(own_postgres: Postgres, own_paper: Paper, tmp_path: Path) -> Iterator[DeskOrders]:
    """A tenant of its own with a funded account that may trade."""
    with desk_accounts(own_postgres, own_paper, tmp_path) as accounts, desk_orders(accounts) as made:
        yield made
        own_paper.admin("DELETE", "/faults")

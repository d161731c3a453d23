from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.desk_accounts import DeskAccounts, desk_accounts
from tests.servers import Paper, Postgres


@pytest.fixture
def desk(postgres: Postgres, paper: Paper, tmp_path: Path) -> Iterator[DeskAccounts]:
    """A tenant of its own at the shared paper exchange."""
    with desk_accounts(postgres, paper, tmp_path) as made:
        yield made

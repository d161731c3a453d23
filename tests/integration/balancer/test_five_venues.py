"""Accounts at all five venues, imported at once at the limits that the venues have: nothing is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightdesk.accounts.model import ImportState
from tests.builders.parallel_imports import SYMBOLS, Bed, import_together
from tests.servers import Postgres, Servers, paper_exchange

pytestmark = pytest.mark.integration


def test_an_account_at_each_venue_is_imported_beside_the_others(
    servers: Servers, postgres: Postgres, tmp_path: Path
) -> None:
    with paper_exchange(tmp_path / "paper") as paper:
        bed = Bed(postgres, paper, servers.valkey_url(), tmp_path / "vault.key")
        done = import_together(bed, accounts_a_venue=1, trades=40, days=8)
    assert [(each.state, each.rows_duplicate) for each in done.progress] == [(ImportState.DONE, 0)] * len(SYMBOLS)
    assert (done.whole, done.refusals) == (len(SYMBOLS), 0)

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.account_streamer import rig as rigs
from tests.servers import Paper, Servers, paper_exchange


@pytest.fixture(scope="module")
def venues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange of the module's own: each test switches its faults off again.

    Its minutes of weight last a second: all tests speak from one address.
    """
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        paper.admin("POST", "/limits", {"calendar_speed": 60})
        yield paper


@pytest.fixture
def rig(servers: Servers, venues: Paper, tmp_path: Path) -> Iterator[rigs.Rig]:
    with rigs.rig(servers, tmp_path, venues) as made:
        yield made
    venues.admin("DELETE", "/faults")

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.account_streamer import rig as rigs
from tests.servers import Servers


@pytest.fixture
def rig(servers: Servers, tmp_path: Path) -> Iterator[rigs.Rig]:
    with rigs.rig(servers, tmp_path) as made:
        yield made

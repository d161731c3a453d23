from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.alerts import AlertRig, alert_rig
from tests.servers import Paper, Postgres, Servers


@pytest.fixture(scope="session")
def stand_ins(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """A paper exchange of these tests' own: they have its channels fail."""
    return servers.start_paper(tmp_path_factory.mktemp("stand-ins"))


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> Postgres:
    """A database of these tests' own: whoever watches looks through all tenants, and sends what others wait for."""
    return servers.postgres().another("alerts")


@pytest.fixture
def rig(postgres: Postgres, stand_ins: Paper, tmp_path: Path) -> Iterator[AlertRig]:
    """A tenant of its own."""
    with alert_rig(postgres, stand_ins, tmp_path) as made:
        made.clear()
        yield made

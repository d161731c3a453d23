from collections.abc import Iterator

import pytest

from tests.perf.balancer_bed import Bed, bed
from tests.servers import Servers


@pytest.fixture(scope="module")
def trial(servers: Servers) -> Iterator[Bed]:
    """A paper exchange of its own, three forwarders, and a token for one foreign bot."""
    with bed(servers, "balancer-tests", 5, ["bot-1"]) as made:
        yield made

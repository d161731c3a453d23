"""A minute of chaos; `make chaos` does the same for longer, `make soak` the same undisturbed."""

from collections.abc import Iterator

import pytest

from stacks.local.desk import Desk, forget
from stacks.local.plan import Choices
from tests.chaos import KILLED, SPEED, run

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def fast_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of its own whose market runs fast; one venue is streamed, as much as one machine bears at that pace."""
    state_dir = tmp_path_factory.mktemp("chaos")
    with Desk(state_dir, Choices(port=0, speed=str(SPEED), streamed="binance"), report=print) as running:
        yield running
    forget(state_dir)


def test_nothing_is_lost_or_doubled(fast_desk: Desk) -> None:
    assert run(fast_desk, 1, KILLED, seed=20) == 0

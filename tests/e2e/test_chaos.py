"""A minute of soak and a minute of chaos; `make soak` and `make chaos` do the same for longer."""

from collections.abc import Iterator

import pytest

from stacks.local.desk import Desk, forget
from stacks.local.plan import Choices
from tests.chaos import KILLED, SPEED, run

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def fast_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of its own whose market runs fast."""
    state_dir = tmp_path_factory.mktemp("chaos")
    with Desk(state_dir, Choices(port=0, speed=str(SPEED)), report=print) as running:
        yield running
    forget(state_dir)


@pytest.mark.parametrize("names", [(), KILLED], ids=["soak", "chaos"])
def test_nothing_is_lost_or_doubled(fast_desk: Desk, names: tuple[str, ...]) -> None:
    assert run(fast_desk, 1, names, seed=20) == 0

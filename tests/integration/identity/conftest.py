from collections.abc import Iterator

import pytest

from tests.builders.cloud import Cloud, cloud


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud of this module's own."""
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running

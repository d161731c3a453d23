from pathlib import Path

import pytest

from tests.stacks.assembly import Assembly, synthesise


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    directory: Path = tmp_path_factory.mktemp("assembly")
    done = synthesise(directory)
    assert done.returncode == 0, done.stderr[-3000:]
    return Assembly(directory / "cdk.out")

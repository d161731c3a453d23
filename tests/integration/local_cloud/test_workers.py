"""The local cloud's functions share what is unpacked, and end when nobody needs them."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime

from stacks.local.cloud import LocalCloud
from stacks.local.cloud_workers import LAST_S, PAGES_S, SELDOM_S, SURPLUS_S, end_idle
from stacks.local.ports import free_port

pytestmark = pytest.mark.integration
HANDLER = "import shared\ndef handler(event, context):\n    return shared.__file__\n"


class Process:
    """A function's process that says whether it was ended."""

    def __init__(self, *, in_use: bool = False) -> None:
        self.in_use = in_use
        self._proc = None

    def _discard_tmpdir(self) -> None:
        """There is none."""


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Process]]:
    pools: dict[str, list[Process]] = {}
    monkeypatch.setattr(lambda_runtime, "_workers", pools)
    monkeypatch.setattr(lambda_runtime, "kill_workers", lambda _workers: None)
    return pools


def left(pools: dict[str, list[Process]]) -> dict[str, int]:
    return {key.split(":")[2].removeprefix("nightdesk-"): len(entries) for key, entries in pools.items()}


def pool(name: str) -> str:
    return f"000000000000:us-east-1:nightdesk-{name}:$LATEST"


def test_idle_processes_end_by_what_they_are_worth(pools: dict[str, list[Process]]) -> None:
    for name in ("api", "webhooks", "actions-run", "ledger-anchor"):
        pools[pool(name)] = [Process(), Process()]
    assert end_idle(0.0) == 0
    end_idle(SELDOM_S)
    assert left(pools) == {"api": 2, "webhooks": 2, "actions-run": 2, "ledger-anchor": 0}
    end_idle(SURPLUS_S)
    assert left(pools) == {"api": 2, "webhooks": 1, "actions-run": 1, "ledger-anchor": 0}
    end_idle(LAST_S)
    assert left(pools) == {"api": 2, "webhooks": 0, "actions-run": 1, "ledger-anchor": 0}
    end_idle(PAGES_S)
    assert left(pools) == {"api": 1, "webhooks": 0, "actions-run": 1, "ledger-anchor": 0}


def test_who_works_is_not_idle(pools: dict[str, list[Process]]) -> None:
    working = Process(in_use=True)
    pools[pool("ledger-anchor")] = [working]
    assert (end_idle(0.0), end_idle(1_000.0)) == (0, 0)
    working.in_use = False
    assert (end_idle(1_001.0), end_idle(1_001.0 + SELDOM_S)) == (0, 1)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path_factory.mktemp("cloud") / "state", port=free_port(), secret="a-secret") as running:
        yield running


def test_a_layer_is_unpacked_and_compiled_once(cloud: LocalCloud) -> None:
    functions = cloud.client("lambda")
    content = {"ZipFile": _zipped("python/shared.py", "VALUE = 1\n")}
    layer = functions.publish_layer_version(LayerName="shared", Content=content)["LayerVersionArn"]
    first, second = (_answer(functions, name, layer) for name in ("one", "two"))
    assert first == second
    assert first.startswith(str(cloud.state_dir / "tmp" / "layers"))
    assert list(Path(first).parent.glob("__pycache__/shared.*.pyc"))


def _answer(functions: Any, name: str, layer: str) -> str:
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/own",
        Handler="own.handler",
        Layers=[layer],
        Code={"ZipFile": _zipped("own.py", HANDLER)},
    )
    return str(json.loads(functions.invoke(FunctionName=name)["Payload"].read()))


def _zipped(name: str, text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr(name, text)
    return archive.getvalue()

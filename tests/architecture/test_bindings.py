"""What runs on this machine listens on 127.0.0.1 only, and stacks load no runtime code."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTAINER_ONLY = {Path("stacks/streaming_stack.py")}  # inside a container every interface is the container's own


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_nothing_binds_to_every_interface() -> None:
    for path in sources("stacks", "functions", "fargate", "layers"):
        if path.relative_to(ROOT) not in CONTAINER_ONLY:
            assert not re.search(r"""["'](0\.0\.0\.0|::)["']""", path.read_text()), path


def test_the_local_run_loads_no_cdk() -> None:
    for path in sources("stacks/local"):
        names = {
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        }
        assert not {name for name in names if name.split(".")[0] in {"aws_cdk", "constructs", "cdk_nag"}}, path


def test_files_and_functions_stay_small() -> None:
    for path in sources("stacks"):
        text = path.read_text()
        assert len(text.splitlines()) <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                assert node.end_lineno - node.lineno < 50, f"{path}: {node.name}"

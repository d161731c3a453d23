"""Which libraries a cold start of each function must not load."""

import subprocess
import sys

import pytest

from tests.servers import ROOT

HEAVY = {"ccxt", "strawberry", "graphql", "aiohttp", "numpy", "chalice", "talib", "requests", "aws_xray_sdk"}
FUNCTIONS = {
    "api": set[str](),
    "graphql": {"strawberry", "graphql"},
    "webhooks": {"chalice"},
    "ledger_record": set[str](),
    "analytics": {"numpy", "talib"},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_cold_function_loads_its_own_layers_only_and_reads_no_environment(name: str) -> None:
    code = f"import functions.{name}.handler, sys; print('\\n'.join(m for m in sys.modules if '.' not in m))"
    environment = {"PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert HEAVY & set(loaded.stdout.split()) == FUNCTIONS[name]

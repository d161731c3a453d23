import os
import subprocess
import sys

from tests.servers import ROOT

SCRIPT = """
import sys
from nightdesk.adapters.exchange.lazy_ccxt import client_class
client_class("binance")
venues = [name for name in sys.modules if name.startswith("ccxt.async_support.") and name.count(".") == 2]
print(len(venues), "ccxt.async_support.kraken" in sys.modules)
import ccxt.pro
print(ccxt.pro.kraken.__name__, ccxt.NetworkError.__name__, bool(ccxt.__version__))
"""


def test_one_venue_is_imported_without_the_others() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment)
    first, second = done.stdout.splitlines()
    count, has_kraken = first.split()
    assert int(count) < 10
    assert has_kraken == "False"
    assert second == "kraken NetworkError True"

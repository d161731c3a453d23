"""What USD-M futures' requests weigh, on a count of their own.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info, read 2026-11-20: 2,400
weight a minute and address, told in X-MBX-USED-WEIGHT-1M; each endpoint's page for its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fargate.paper_exchange.faces.binance.weights import Weigh, by_symbol, flat

WEIGHT_A_MINUTE: Final = 2_400

FUTURES: Final[Mapping[tuple[str, str], Weigh]] = {
    ("GET", "/fapi/v1/ping"): flat(1),
    ("GET", "/fapi/v1/time"): flat(1),
    ("GET", "/fapi/v1/exchangeInfo"): flat(1),
    ("GET", "/fapi/v1/premiumIndex"): by_symbol(1, 10),
    ("GET", "/fapi/v3/account"): flat(5),
    ("GET", "/fapi/v3/positionRisk"): flat(5),
    ("GET", "/fapi/v2/positionRisk"): flat(5),
    ("GET", "/fapi/v1/userTrades"): flat(5),
    ("GET", "/fapi/v1/income"): flat(30),
    ("GET", "/fapi/v1/leverageBracket"): flat(1),
    ("POST", "/fapi/v1/leverage"): flat(1),
}
"""Weights that count against the address."""

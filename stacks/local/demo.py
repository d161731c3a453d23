"""Connect the demo user's three accounts, through the desk's own API like anybody would."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.local.plan import DEMO_EMAIL, Plan

_TIMEOUT_S = 60.0
_IMPORT_TIMEOUT_S = 90.0
_ENDED = {"done", "failed"}
_NO_WITHDRAWAL = {"read": True, "trade": True, "withdraw": False}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account at the paper exchange, with the history that it has there.

    Attributes:
        happenings: What has happened to it besides, by the operator's path.
    """

    label: str
    history: Mapping[str, Any]
    happenings: Sequence[tuple[str, Mapping[str, Any]]] = ()


_HAPPENINGS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("conversions", {"asset": "USDT", "amount": "250", "into": "BTC"}),
    ("dividends", {"kind": "staking", "asset": "ETH", "amount": "0.0125"}),
    ("dividends", {"kind": "airdrop", "asset": "SOL", "amount": "1.5"}),
    ("earn", {"kind": "subscription", "asset": "USDT", "amount": "1000"}),
    ("earn", {"kind": "reward", "asset": "USDT", "amount": "0.42"}),
    ("wallet-transfers", {"from": "spot", "to": "futures", "asset": "USDT", "amount": "3000"}),
    ("contracts", {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.02", "leverage": 5}),
    ("contracts", {"symbol": "BTC/USDT", "side": "sell", "quantity": "0.02"}),
)
"""No contract stays open: funding would go on moving its wallet between two looks at the venue."""


def demo_accounts(replay: str) -> Sequence[DemoAccount]:
    """Return the three; the third one's history is the recorded trades when there are any."""
    third: Mapping[str, Any] = {"kind": "seeded", "seed": 33, "trades": 60}
    if replay:
        third = {"kind": "trades_file", "path": replay}
    return [
        DemoAccount("Main", {"kind": "seeded", "seed": 11, "trades": 400}),
        DemoAccount("Swing", {"kind": "seeded", "seed": 22, "trades": 150}),
        DemoAccount("Recorded", third) if replay else DemoAccount("Long term", third, _HAPPENINGS),
    ]


class Demo:
    """The demo user's desk."""

    def __init__(self, plan: Plan, report: Callable[[str], None]) -> None:
        self._plan = plan
        self._report = report
        self._token = ""

    def connect(self) -> None:
        """Connect those of the three accounts that aren't yet, and wait for their imports to end.

        Raises:
            RuntimeError: The API refuses; carries its answer.
        """
        self._sign_in()
        known = {account["label"] for account in self._api("GET", "/accounts")["items"]}
        missing = [each for each in demo_accounts(self._plan.choices.replay) if each.label not in known]
        made = [self._connect(account) for account in missing]
        if made:
            self._report(f"Importing the history of {len(made)} accounts")
            self._wait_for(made)
            for account_id in made:  # the first prices and balances now, not with the next minute
                self._api("POST", f"/accounts/{account_id}/refresh")

    def _sign_in(self) -> None:
        credentials = {"email": DEMO_EMAIL, "password": self._plan.demo_password}
        self._token = str(self._api("POST", "/session", credentials)["access_token"])

    def _connect(self, account: DemoAccount) -> str:
        self._report(f"Connecting the paper account {account.label}")
        wanted = {"label": account.label, "permissions": _NO_WITHDRAWAL, "history": account.history}
        key = self._paper("POST", "/accounts", wanted)
        for path, body in account.happenings:
            self._paper("POST", f"/accounts/{key['key']}/{path}", body)
        opened = {"venue": "binance", "key": key["key"], "secret": key["secret"], "label": account.label}
        return str(self._api("POST", "/accounts", opened)["account_id"])

    def _wait_for(self, account_ids: Sequence[str]) -> None:
        deadline = time.monotonic() + _IMPORT_TIMEOUT_S
        while any(self._api("GET", f"/accounts/{each}/import")["state"] not in _ENDED for each in account_ids):
            if time.monotonic() > deadline:
                self._report("The imports are still going on; the desk shows their progress")
                return
            time.sleep(0.5)

    def _api(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return _ask(method, f"{self._plan.origin}/api/v1{path}", body, headers)

    def _paper(self, method: str, path: str, body: Any) -> Any:
        token = (self._plan.paper_dir / "admin.token").read_text().strip()
        url = f"http://127.0.0.1:{self._plan.ports['paper_admin']}{path}"
        return _ask(method, url, body, {"Authorization": f"Bearer {token}"})


def _ask(method: str, url: str, body: Any, headers: Mapping[str, str]) -> Any:
    data = None if body is None else json.dumps(body).encode()
    said = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, method=method, data=data, headers=said)  # noqa: S310 - the desk's own
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the desk's own
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:400]}") from error

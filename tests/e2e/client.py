"""A user's program: talks to the desk over HTTP and to the paper exchange's administration."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stacks.local.desk import Desk


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """Calls the API; `token` is sent once there is one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.token = ""

    def sign_in(self) -> Client:
        """Sign in as the demo user."""
        email, password = self.desk.sign_in
        self.token = self.ask("POST", "/session", {"email": email, "password": password}).body["access_token"]
        return self

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Call the API and take whatever it answers."""
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return request(method, f"{self.desk.url}/api/v1{path}", body, sent)

    def get(self, path: str) -> Any:
        """Get what must be there."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def paper(self, method: str, path: str, body: object = None) -> Any:
        """Call the paper exchange's administration."""
        token = {"Authorization": f"Bearer {self.desk.paper_admin_token}", "Content-Type": "application/json"}
        answer = request(method, f"{self.desk.paper_admin_url}{path}", body, token)
        assert answer.status < 300, answer
        return answer.body

    def make_key(self, history: dict[str, Any], *, withdraw: bool = False, label: str = "made") -> dict[str, str]:
        """A new account at the paper exchange; returns its key and secret."""
        permissions = {"read": True, "trade": True, "withdraw": withdraw}
        made: dict[str, str] = self.paper(
            "POST", "/accounts", {"label": label, "permissions": permissions, "history": history}
        )
        return made

    def connect(self, key: dict[str, str], label: str, **changed: str) -> Answer:
        """Connect an account at the desk."""
        body = {"venue": "binance", "key": key["key"], "secret": key["secret"], "label": label, **changed}
        return self.ask("POST", "/accounts", body)

    def await_import(self, account_id: str, timeout_s: float = 240) -> dict[str, Any]:
        """Wait until the account's import ended."""
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self.ask("GET", f"/accounts/{account_id}/import")
            if answer.status == 200 and answer.body["state"] in {"done", "failed"}:
                progress: dict[str, Any] = answer.body
                return progress
            assert time.monotonic() < deadline, answer
            time.sleep(0.3)

    def await_rows(self, account_id: str, rows: int, timeout_s: float = 240) -> None:
        """Wait until the account's import has recorded so many rows; it may go on."""
        deadline = time.monotonic() + timeout_s
        while (answer := self.ask("GET", f"/accounts/{account_id}/import")).body.get("rows_recorded", 0) < rows:
            assert time.monotonic() < deadline, answer
            time.sleep(0.3)

    def entries(self, query: str) -> Iterator[dict[str, Any]]:
        """Every ledger entry that a query finds, page after page."""
        cursor = ""
        while True:
            page = self.get(f"/ledger?limit=1000&{query}{cursor}")
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"


def request(method: str, url: str, body: object, headers: dict[str, str]) -> Answer:
    """One request; an error status is an answer too."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return _read(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return _read(error.code, dict(error.headers), error.read())


def _read(status: int, headers: dict[str, str], body: bytes) -> Answer:
    known = {name.lower(): text for name, text in headers.items()}
    is_json = "json" in known.get("content-type", "")
    return Answer(status, known, json.loads(body) if is_json and body else body)

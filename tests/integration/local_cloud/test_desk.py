"""A whole desk: closed to other pages, back after every kill, nothing left when it stops, data kept."""

import http.client
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from stacks.local.desk import Desk, Refused, forget
from stacks.local.measuring import VARIABLE
from stacks.local.plan import Choices
from stacks.local.programs import MARKER
from stacks.local.waiting import wait_until

pytestmark = pytest.mark.integration
PROGRAMS = ["cloud", "feed_gateway", "front", "keeper", "paper_exchange", "postgres", "valkey"]
HOSTILE = [{"Origin": "https://hostile.example"}, {"Origin": "null"}, {"Host": "hostile.example"}]


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made: Path = tmp_path_factory.mktemp("desk") / "state"
    yield made
    forget(made)


@pytest.fixture(scope="module")
def desk(state_dir: Path) -> Iterator[Desk]:
    with Desk(state_dir, Choices(port=0, demo=False)) as running:
        yield running


def ask(desk: Desk, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    said = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(f"{desk.url}{path}", data=data, headers=said)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status), json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def sign_in(desk: Desk) -> str:
    email, password = desk.sign_in
    status, session = ask(desk, "/api/v1/session", body={"email": email, "password": password})
    assert status == 200, session
    return str(session["access_token"])


def left_of(state_dir: Path) -> list[psutil.Process]:
    """Processes of the desk; Valkey overwrites its environment, so its folder tells."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(state_dir) or process.cwd().startswith(str(state_dir)):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def is_healthy(desk: Desk) -> bool:
    try:
        return ask(desk, "/api/v1/health")[0] == 200
    except OSError:
        return False


def test_the_demo_user_signs_in_and_sees_an_empty_desk(desk: Desk) -> None:
    token = sign_in(desk)
    status, accounts = ask(desk, "/api/v1/accounts", headers={"Authorization": f"Bearer {token}"})
    assert (status, accounts["items"]) == (200, [])


def test_every_socket_listens_on_this_machine_only(desk: Desk) -> None:
    listening = [
        connection.laddr
        for process in left_of(desk.state_dir)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 6
    assert {address.ip for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("headers", HOSTILE)
@pytest.mark.parametrize("path", ["/api/v1/session", "/graphql", "/webhooks/v1/trades/x", "/"])
def test_the_front_refuses_a_hostile_page(desk: Desk, path: str, headers: Mapping[str, str]) -> None:
    assert ask(desk, path, headers=headers, body={})[0] == 403


@pytest.mark.parametrize("headers", HOSTILE)
def test_no_port_takes_a_post_of_a_hostile_page(desk: Desk, headers: Mapping[str, str]) -> None:
    refusals = {name: post(port, headers) for name, port in desk.plan.ports.items()}
    assert {name for name, status in refusals.items() if status is not None and status < 400} == set()


def post(port: int, headers: Mapping[str, str]) -> int | None:
    """The status of what a page's form would send; None where no HTTP is spoken."""
    said = {"Content-Type": "text/plain", **headers}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/accounts", data=b"x=1", headers=said)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError, http.client.HTTPException):
        return None


def test_other_sites_may_link_but_not_embed(desk: Desk) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert ask(desk, "/api/v1/health", headers=foreign)[0] == 403
    with urllib.request.urlopen(f"{desk.url}/robots-of-no-file") as page:
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-cache"


def test_a_second_desk_in_the_same_place_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="already running"):
        Desk(desk.state_dir, Choices(port=0)).start()
    assert is_healthy(desk)


def test_a_taken_port_is_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"Port {desk.plan.port} is taken"):
        Desk(tmp_path / "other", Choices(port=desk.plan.port)).start()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_killed_program_comes_back_and_the_desk_with_it(desk: Desk, name: str) -> None:
    token = sign_in(desk)
    before = desk.process_ids()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: desk.process_ids().get(name, before) != before, 30, f"{name} did not come back")
    wait_until(lambda: is_healthy(desk), 180, f"no health after {name} was killed")
    headers = {"Authorization": f"Bearer {token}"}
    wait_until(
        lambda: ask(desk, "/api/v1/me", headers=headers)[0] == 200, 180, f"nobody is known after {name} was killed"
    )
    _, me = ask(desk, "/api/v1/me", headers=headers)
    assert me["email"] == desk.sign_in[0]


def test_a_killed_supervisor_is_replaced(desk: Desk) -> None:
    file = desk.state_dir / "supervisord.pid"
    before = file.read_text()
    os.kill(int(before), signal.SIGKILL)
    wait_until(lambda: file.exists() and file.read_text() not in {"", before}, 30, "no new supervisor came")
    wait_until(lambda: is_healthy(desk), 240, "the desk did not come back")
    assert sign_in(desk)


def test_stopping_leaves_no_process_and_starting_again_keeps_the_user(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in(desk)
    _, me = ask(desk, "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    desk.stop()
    assert left_of(desk.state_dir) == []
    monkeypatch.delenv(VARIABLE, raising=False)  # measured once, the same programs need not be again
    with Desk(desk.state_dir, Choices(port=0, demo=False)) as again:
        _, same = ask(again, "/api/v1/me", headers={"Authorization": f"Bearer {sign_in(again)}"})
    assert same["user_id"] == me["user_id"]
    assert left_of(desk.state_dir) == []

"""Valkey of the local run: closed to strangers and pages, keeps its data over a kill."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from stacks.local.ports import free_port
from stacks.local.valkey import ValkeyServer

pytestmark = pytest.mark.integration


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    made = ValkeyServer(tmp_path / "valkey", port=free_port(), password="s3cret")
    yield made
    made.stop()


def test_it_demands_the_password(server: ValkeyServer) -> None:
    with server:
        assert redis.Redis.from_url(server.url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port).ping()


def test_a_post_of_a_web_page_does_nothing(server: ValkeyServer) -> None:
    with server:
        with socket.create_connection(("127.0.0.1", server.port)) as page:
            page.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET hacked 1\r\n")
            page.recv(1024)
        assert redis.Redis.from_url(server.url).get("hacked") is None


def test_a_kill_loses_nothing_that_the_file_has(server: ValkeyServer) -> None:
    with server:
        redis.Redis.from_url(server.url).set("kept", "1")
        assert server._process is not None
        server._process.send_signal(signal.SIGKILL)
        server._process.wait()
        server.start()
        assert redis.Redis.from_url(server.url).get("kept") == b"1"


def test_a_server_that_outlived_its_run_is_ended(server: ValkeyServer) -> None:
    server.start()
    leftover = server._process
    assert leftover is not None
    with ValkeyServer(server.state_dir, port=server.port, password="another") as successor:
        assert leftover.wait(5) is not None
        assert redis.Redis.from_url(successor.url).ping()

"""What a hostile receiver can do to the sender: nothing that outlasts its limits."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fargate.paper_exchange.certificates import Certificates
from nightdesk.adapters.notify.outbound import ANSWER_BYTES_MAX, Limits, Outbound, OutboundRoute, Request
from nightdesk.adapters.notify.refusals import accept
from nightdesk.kernel.errors import InvalidInput, NotFound, OutcomeUnknown, RateLimited, Unavailable
from tests.builders.alerts import notify_route
from tests.servers import Paper

pytestmark = pytest.mark.integration
HOST = "hooks.nightdesk.test"
URL = f"https://{HOST}/in"
Serve = Callable[[Callable[[ssl.SSLSocket], None]], Outbound]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """A receiver that behaves as told, for one connection."""
    certificates = Certificates(tmp_path, [HOST])
    certificates.ensure(datetime.now(UTC))
    listener = socket.create_server(("127.0.0.1", 0))

    def start(behave: Callable[[ssl.SSLSocket], None]) -> Outbound:
        def run() -> None:
            with suppress(OSError):  # the sender hangs up as it likes
                raw, _ = listener.accept()
                with certificates.context().wrap_socket(raw, server_side=True) as connected:
                    connected.recv(65536)
                    behave(connected)

        threading.Thread(target=run, daemon=True).start()
        route = OutboundRoute(frozenset({HOST}), "127.0.0.1", listener.getsockname()[1], str(certificates.ca_file))
        return Outbound(route, Limits(connect_s=2, total_s=1))

    yield start
    listener.close()


def drip(connected: ssl.SSLSocket) -> None:
    """Send a byte now and then, for longer than anybody should wait."""
    connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    try:
        for _ in range(100):
            connected.sendall(b"x")
            time.sleep(0.1)
    except OSError:
        pass


def test_a_receiver_that_drips_is_cut_off(serve: Serve) -> None:
    started = time.monotonic()
    answer = serve(drip).send(Request(url=URL))
    assert time.monotonic() - started < 8
    assert (answer.status, len(answer.body) < 100) == (200, True)


def test_a_receiver_that_never_answers_is_cut_off(serve: Serve) -> None:
    with pytest.raises(OutcomeUnknown):
        serve(lambda _connected: time.sleep(8)).send(Request(url=URL))


def test_of_a_long_answer_only_so_much_is_read(serve: Serve) -> None:
    def pour(connected: ssl.SSLSocket) -> None:
        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100_000)

    assert len(serve(pour).send(Request(url=URL)).body) == ANSWER_BYTES_MAX


def test_a_redirect_is_never_followed(serve: Serve) -> None:
    def redirect(connected: ssl.SSLSocket) -> None:
        connected.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")

    answer = serve(redirect).send(Request(url=URL))
    assert answer.status == 302
    with pytest.raises(InvalidInput, match="redirects are not followed"):
        accept(answer)


def test_a_receiver_that_hangs_up_leaves_the_outcome_unknown(serve: Serve) -> None:
    with pytest.raises(OutcomeUnknown):
        serve(lambda _connected: None).send(Request(url=URL))


def test_a_certificate_for_another_name_is_not_talked_to(paper: Paper) -> None:
    route = OutboundRoute.parse(notify_route(paper))
    wrong = OutboundRoute(frozenset({"other.nightdesk.test"}), route.host, route.port, route.ca_file)
    with pytest.raises(Unavailable):
        Outbound(wrong).send(Request(url="https://other.nightdesk.test/"))


@pytest.mark.parametrize(
    ("status", "error"), [(400, InvalidInput), (404, NotFound), (410, NotFound), (429, RateLimited), (503, Unavailable)]
)
def test_what_an_answer_means(serve: Serve, status: int, error: type[Exception]) -> None:
    def answer(connected: ssl.SSLSocket) -> None:
        connected.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    outbound = serve(answer)
    with pytest.raises(error):
        accept(outbound.send(Request(url=URL)))

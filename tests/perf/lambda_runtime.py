"""A Lambda Runtime API of one's own, and AWS's runtime interface client run against it.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API" (2018-06-01).
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

from tests.servers import ROOT

_NEXT = "/2018-06-01/runtime/invocation/next"
_DEADLINE_MS = "4102444800000"


class RuntimeApi(ThreadingHTTPServer):
    """Hands events to one function's process and takes its answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.ready = threading.Event()


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        api = cast("RuntimeApi", self.server)
        api.ready.set()
        request_id, event = api.events.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": _DEADLINE_MS,
            "Content-Type": "application/json",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:000000000000:function:measured",
        }
        self._answer(200, event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202, b"{}", {})
        cast("RuntimeApi", self.server).answers.put((self.path.rpartition("/")[2], body))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class LambdaFunction:
    """A handler in a process of its own, as Lambda runs it."""

    def __init__(self, handler: str, environment: dict[str, str]) -> None:
        self._handler = handler
        self._environment = environment
        self._number = 0

    def __enter__(self) -> Self:
        self._api = RuntimeApi()
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "measured",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/measured",
            "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "LAMBDA_TASK_ROOT": str(ROOT),
            "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
            **self._environment,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", self._handler],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if not self._api.ready.wait(30):
            raise TimeoutError(self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._api.shutdown()
        self._api.server_close()

    def invoke(self, event: dict[str, Any]) -> Any:
        """The handler's answer; an error of its raises."""
        self._number += 1
        self._api.events.put((f"request-{self._number}", json.dumps(event).encode()))
        outcome, body = self._api.answers.get(timeout=30)
        if outcome == "error":
            raise RuntimeError(body.decode())
        return json.loads(body)

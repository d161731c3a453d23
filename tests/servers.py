"""The servers of a test run: one PostgreSQL, one Valkey, one paper exchange, each started when first asked for.

A run of several workers starts them once in `tests.run` and hands their addresses down in `NIGHTDESK_TEST_SERVERS`;
a single `pytest` starts its own.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psycopg

from nightdesk.adapters.postgres.migrate import ROLES, migrate
from stacks.local.measuring import VARIABLE
from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer
from stacks.local.valkey import ValkeyServer

ROOT = Path(__file__).parents[1]
HANDED_DOWN = "NIGHTDESK_TEST_SERVERS"
DATA = ROOT.parent / "shared" / "data"

_MIGRATED = "migrated"
_ONE_AT_A_TIME = 4711


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A migrated database; every role of the product may be connected as."""

    port: int
    superuser_password: str
    passwords: dict[str, str]
    database: str = "postgres"

    def url(self, role: str = "app") -> str:
        """The connection string of `owner`, `app`, `gateway`, `outbox` …, or of `superuser`."""
        user, password = f"nightdesk_{role}", self.passwords.get(role, "")
        if role == "superuser":
            user, password = "postgres", self.superuser_password
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{self.database}"

    def another(self, name: str) -> "Postgres":
        """A migrated database that nobody else uses, on the same server: a copy, for migrating takes seconds."""
        made = replace(self, database=f"{name}_{secrets.token_hex(6)}")
        with psycopg.connect(self.url("superuser"), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_ONE_AT_A_TIME,))  # roles are the whole server's
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_MIGRATED,)).fetchone():
                connection.execute(f"CREATE DATABASE {_MIGRATED}".encode())
                migrate(replace(self, database=_MIGRATED).url("superuser"), self.passwords)
            connection.execute(f"CREATE DATABASE {made.database} TEMPLATE {_MIGRATED}".encode())
            migrate(made.url("superuser"), self.passwords)  # who may connect is not copied
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A running paper exchange; `route` is what `venues_route` must say to reach it."""

    port: int
    admin_port: int
    state_dir: str

    @property
    def ca_file(self) -> str:
        return f"{self.state_dir}/ca.pem"

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def admin_token(self) -> str:
        return Path(self.state_dir, "admin.token").read_text().strip()

    @property
    def route(self) -> str:
        return f"local:127.0.0.1:{self.port}:{self.ca_file}"

    def admin(self, method: str, path: str, body: object = None) -> object:
        """Call the administrator's interface and return its JSON."""
        request = urllib.request.Request(
            f"{self.admin_url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.admin_token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@dataclass(slots=True)
class Servers:
    """Starts what is asked for, once, and stops it all at the end."""

    state_dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="nightdesk-tests-")))
    stack: ExitStack = field(default_factory=ExitStack)
    known: dict[str, object] = field(default_factory=dict)

    def postgres(self) -> Postgres:
        """The shared database."""
        known = self.known.get("postgres") or self._handed_down("postgres")
        if known is None:
            known = asdict(self._start_postgres())
        self.known["postgres"] = known
        return Postgres(**known)  # type: ignore[arg-type]

    def valkey_url(self) -> str:
        """The shared Valkey's address with its password; each worker of a run has its own database there."""
        known = self.known.get("valkey") or self._handed_down("valkey")
        if known is None:
            server = ValkeyServer(self.state_dir / "valkey", port=free_port(), password=secrets.token_hex(12))
            known = self.stack.enter_context(server).url
        self.known["valkey"] = known
        return f"{str(known).rsplit('/', 1)[0]}/{_worker()}"

    def paper(self) -> Paper:
        """The shared paper exchange; all tests speak from one address, so its minutes of weight last a second."""
        known = self.known.get("paper") or self._handed_down("paper")
        if known is None:
            started = self.start_paper(self.state_dir / "paper")
            started.admin("POST", "/limits", {"calendar_speed": 60})
            known = asdict(started)
        self.known["paper"] = known
        return Paper(**known)  # type: ignore[arg-type]

    def start_paper(self, state_dir: Path, *options: str) -> Paper:
        """Another paper exchange, which runs as long as these servers."""
        return self.stack.enter_context(paper_exchange(state_dir, *options))

    def hand_down(self) -> str:
        """What workers need to find the servers that run."""
        return json.dumps(self.known)

    def stop(self) -> None:
        """Stop everything that this object started."""
        self.stack.close()

    def _start_postgres(self) -> Postgres:
        password = secrets.token_hex(12)
        server = PostgresServer(self.state_dir / "postgres", port=free_port(), password=password, durable=False)
        self.stack.callback(server.forget)
        self.stack.enter_context(server)
        passwords = {role: secrets.token_hex(12) for role in ROLES}
        made = Postgres(port=server.port, superuser_password=password, passwords=passwords)
        migrate(made.url("superuser"), passwords)
        return made

    @staticmethod
    def _handed_down(name: str) -> object:
        return json.loads(os.environ.get(HANDED_DOWN, "{}")).get(name)


def _worker() -> int:
    """The number of this process among the workers of a test run."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@contextmanager
def paper_exchange(state_dir: Path, *options: str, measured: bool = False) -> Iterator[Paper]:
    """A paper exchange of one's own inside the block, for tests that switch faults on.

    Its coverage is measured by its own contract's tests alone: the tracer makes it half as fast for all others.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    paper = Paper(port=free_port(), admin_port=free_port(), state_dir=str(state_dir))
    command = [sys.executable, "-m", "fargate.paper_exchange", "--port", str(paper.port)]
    command += ["--admin-port", str(paper.admin_port), "--state-dir", str(state_dir), *options]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    if not measured:
        environment.pop(VARIABLE, None)
    with (state_dir / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
    try:
        _wait_for(f"{paper.admin_url}/health", process)
        yield paper
    finally:
        end_process(process)


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to stop, and kill it when it does not: what was measured in it is written at its end."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer") from None
            time.sleep(0.05)
        else:
            return
